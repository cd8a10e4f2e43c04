"""NR5: what several runs say together."""
