"""What both programs must agree on, judged by tables and properties."""
