"""Fuzzing: damaged programs and damaged event files, of which none may crash or hang a tool."""
