"""What the agent tells Prometheus: counters that live as long as the process, and gauges made when they are asked for."""
