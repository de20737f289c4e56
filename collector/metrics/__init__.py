"""The arithmetic of work: pure functions from events to numbers."""
