"""How fast the tools are, and how much memory they take, beside others that do the like."""
