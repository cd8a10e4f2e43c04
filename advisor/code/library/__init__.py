"""What the libraries of the field do to abstract values, one module per library."""
