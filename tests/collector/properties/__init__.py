"""What holds for every history of events, drawn by chance."""
