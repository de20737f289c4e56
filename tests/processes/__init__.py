"""Both programs together, as real processes on real input."""
