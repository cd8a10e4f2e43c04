"""NN8: reproducibility and the hygiene of evaluation."""
