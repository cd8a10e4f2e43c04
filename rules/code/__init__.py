"""Rules about training code."""
