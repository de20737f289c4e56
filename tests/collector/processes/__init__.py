"""The command `collector`, started as people start it."""
