"""Agent, network and collector in virtual time: weeks of faults by seed, in seconds, with the product's own code."""
