"""The ways by which events reach the agent."""
