"""How little a sender looks like a person who needs help."""
