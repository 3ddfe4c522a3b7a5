"""Online changes: looked at, tried out, run, and undone if need be."""
