"""Online changes: what is looked at, tried and taken back."""
