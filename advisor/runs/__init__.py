"""Training runs, in fact: readers, roles, curves and facts."""
