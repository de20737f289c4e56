"""The files of the dashboard, served as they are."""
