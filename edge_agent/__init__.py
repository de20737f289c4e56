"""The edge agent: takes a camera's events, keeps them on disk, and delivers each one to the collector."""
