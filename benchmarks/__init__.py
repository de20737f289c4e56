"""What we claim about speed, runnable: ratios against a baseline in the same run, never timed tests."""
