"""NN1: the training step."""
