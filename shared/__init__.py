"""What the edge agent and the collector must agree on, and nothing else."""
