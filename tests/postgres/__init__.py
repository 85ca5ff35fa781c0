"""A real PostgreSQL for tests, from a wheel: one server a machine, one database a test."""
