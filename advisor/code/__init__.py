"""Training code, in the abstract: sources, values, the interpreter, events and facts."""
