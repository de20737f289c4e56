"""What the checks of the collector look at, and what they make of it."""
