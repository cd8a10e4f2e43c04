"""NR3: learning rate and gradients."""
