"""What holds of the edge agent for any input."""
