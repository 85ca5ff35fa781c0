"""Doors that speak HTTP. Plain Starlette routes: they sit on the path of every message."""
