"""Judgements of the edge agent, as tables."""
