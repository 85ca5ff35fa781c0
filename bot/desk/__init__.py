"""The human side: who is there, when the desk opens, what a case looks like."""
