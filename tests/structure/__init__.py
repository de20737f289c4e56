"""Rules of the house that can be read from the tree, without running the programs."""
