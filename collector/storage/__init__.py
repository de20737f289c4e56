"""Where events are kept: one small interface, and the databases behind it."""
