"""NN5: data, splits and leakage."""
