"""torch_data."""
