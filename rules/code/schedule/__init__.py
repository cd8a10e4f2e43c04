"""NN6: learning rate and schedule."""
