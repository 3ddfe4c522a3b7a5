"""A column moves between a native ENUM and a VARCHAR online."""
