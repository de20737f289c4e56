"""The collector: stores the events of every camera once and computes the metrics from them."""
