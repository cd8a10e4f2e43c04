"""The recipe as pages and data: the six steps and their moves."""
