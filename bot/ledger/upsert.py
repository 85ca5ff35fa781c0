"""INSERT ... ON CONFLICT, one statement for both databases.

PostgreSQL's construct is compiled by SQLAlchemy for SQLite too, whose own is not for PostgreSQL:
the clause was SQLite's copy of it (https://sqlite.org/lang_upsert.html). A test compiles both.
"""

from sqlalchemy.dialects.postgresql import insert as upsert

__all__ = ["upsert"]
