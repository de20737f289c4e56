"""The pure rooms of the collector, case by case."""
