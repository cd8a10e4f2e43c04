"""NN7: numerics."""
