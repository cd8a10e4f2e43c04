"""NR4: what was logged, and what was not."""
