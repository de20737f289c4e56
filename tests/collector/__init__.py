"""The collector: its arithmetic, its store, its addresses and its commands."""
