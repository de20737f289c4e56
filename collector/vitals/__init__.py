"""How a running collector is: counted, told to Prometheus, to people and to the service manager."""
