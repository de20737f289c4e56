"""The durable log of events between the camera and the collector."""
