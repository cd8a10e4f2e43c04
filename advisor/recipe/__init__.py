"""The recipe: steps, evidence and the planner that names the next move."""
