"""NN2: loss, targets and outputs."""
