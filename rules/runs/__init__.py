"""Diagnoses of training runs."""
