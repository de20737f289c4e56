"""What `edge-agent check` looks at, and what it makes of it."""
