"""The simulated shift, its truth, and the parts that start, link and stop the programs."""
