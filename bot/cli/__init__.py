"""The programs that a person runs in a terminal."""
