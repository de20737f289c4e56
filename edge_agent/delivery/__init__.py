"""What to send next and what an answer means: pure decisions without a socket, a file or a clock."""
