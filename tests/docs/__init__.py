"""The documentation is true: its links lead somewhere, its examples run, and what it names exists."""
