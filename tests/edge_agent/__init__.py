"""The edge agent, from its pure rooms to the running program."""
