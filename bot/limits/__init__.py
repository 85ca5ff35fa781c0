"""How much one sender may ask of the desk."""
