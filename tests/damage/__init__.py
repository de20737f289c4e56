"""Damage: what a broken disk, a cut and a stranger do to the files of the agent, and what it makes of that."""
