"""The real edge agent, started and ended as an operator would."""
