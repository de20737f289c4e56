"""What several tests stand on: a clock that obeys, a collector that misbehaves."""
