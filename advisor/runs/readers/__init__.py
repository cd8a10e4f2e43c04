"""One reader per kind of log."""
