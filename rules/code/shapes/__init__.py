"""NN3: tensors and shapes."""
