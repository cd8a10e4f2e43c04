"""NR2: bias, variance and the held-out sets."""
