"""Models: one API a file, and around them the order, the patience and the money."""
