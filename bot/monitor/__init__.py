"""How the desk does, seen from outside: the record, metrics, error reports."""
