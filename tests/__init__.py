"""What Lineside promises, as tests: one folder a kind of proof."""
