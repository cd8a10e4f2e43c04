"""NN4: the model and its modes."""
