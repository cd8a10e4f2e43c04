"""Findings and diagnoses in the formats that people and programs read."""
