"""The published JSON schemas of the reports, one file per tool and version."""
