"""The collector over HTTP: one file a subject, the whole map of addresses in `routes`."""
