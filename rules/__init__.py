"""The built-in rule pack. Nobody imports its rules by name: they are found by entry point."""
