"""What models did, summed from the trails of turns: JSON, which each database reads its own way.

https://sqlite.org/json1.html and https://www.postgresql.org/docs/current/functions-json.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, TextClause, text

_PERIOD = "turns.opened_at >= :since AND turns.opened_at < :until"
_SQLITE, _POSTGRES = "sqlite", "postgresql"

# A trail that another version has written in another shape counts for nothing.
_ATTEMPTS = """
    json_array_elements(
        CASE json_typeof(turns.trail -> 'attempts') WHEN 'array' THEN turns.trail -> 'attempts' END
    )
"""
_DRAFTS = """
    json_array_elements(
        CASE json_typeof(turns.trail -> 'drafts') WHEN 'array' THEN turns.trail -> 'drafts' END
    )
"""
_ASKED: Mapping[str, TextClause] = {
    _SQLITE: text(f"""
        SELECT json_extract(call.value, '$.model') AS model,
               json_extract(call.value, '$.result') AS result,
               COALESCE(json_extract(call.value, '$.called'), 1) AS called,
               COUNT(*) AS n,
               SUM(COALESCE(json_extract(call.value, '$.read'), 0)) AS read,
               SUM(COALESCE(json_extract(call.value, '$.cached'), 0)) AS cached,
               SUM(COALESCE(json_extract(call.value, '$.written'), 0)) AS written,
               SUM(COALESCE(json_extract(call.value, '$.cost'), 0)) AS cost,
               SUM(json_extract(call.value, '$.cost') IS NULL) AS unpriced
        FROM turns, json_each(turns.trail, '$.attempts') AS call
        WHERE {_PERIOD}
        GROUP BY 1, 2, 3
    """),  # noqa: S608  # of constants
    _POSTGRES: text(f"""
        SELECT call ->> 'model' AS model,
               call ->> 'result' AS result,
               COALESCE(CAST(call ->> 'called' AS boolean), true) AS called,
               COUNT(*) AS n,
               CAST(SUM(COALESCE(CAST(call ->> 'read' AS bigint), 0)) AS bigint) AS read,
               CAST(SUM(COALESCE(CAST(call ->> 'cached' AS bigint), 0)) AS bigint) AS cached,
               CAST(SUM(COALESCE(CAST(call ->> 'written' AS bigint), 0)) AS bigint) AS written,
               CAST(SUM(COALESCE(CAST(call ->> 'cost' AS bigint), 0)) AS bigint) AS cost,
               COUNT(*) FILTER (WHERE call ->> 'cost' IS NULL) AS unpriced
        FROM turns, {_ATTEMPTS} AS call
        WHERE {_PERIOD}
        GROUP BY 1, 2, 3
    """),  # noqa: S608  # of constants
}
_CHECKS: Mapping[str, TextClause] = {
    _SQLITE: text(f"""
        SELECT refusal.value AS name, COUNT(*) AS n
        FROM turns, json_each(turns.trail, '$.drafts') AS draft, json_each(draft.value) AS refusal
        WHERE {_PERIOD}
        GROUP BY 1
    """),  # noqa: S608  # of constants
    _POSTGRES: text(f"""
        SELECT refusal AS name, COUNT(*) AS n
        FROM turns, {_DRAFTS} AS draft, json_array_elements_text(draft) AS refusal
        WHERE {_PERIOD}
        GROUP BY 1
    """),  # noqa: S608  # of constants
}
_MODELS_TOOK: Mapping[str, TextClause] = {
    _SQLITE: text(f"""
        SELECT (SELECT SUM(json_extract(call.value, '$.seconds'))
                FROM json_each(turns.trail, '$.attempts') AS call
                WHERE COALESCE(json_extract(call.value, '$.called'), 1)) AS seconds
        FROM turns
        WHERE {_PERIOD} AND turns.state = 'settled' AND turns.calls > 0
    """),  # noqa: S608  # of constants
    _POSTGRES: text(f"""
        SELECT (SELECT SUM(CAST(call ->> 'seconds' AS double precision))
                FROM {_ATTEMPTS} AS call
                WHERE COALESCE(CAST(call ->> 'called' AS boolean), true)) AS seconds
        FROM turns
        WHERE {_PERIOD} AND turns.state = 'settled' AND turns.calls > 0
    """),  # noqa: S608  # of constants
}


def asked(connection: Connection, since: float, until: float) -> Iterable[Any]:
    """Calls and attempts without one, by model, result and whether it was called.

    Each row has n, read, cached, written (tokens), cost (billionths of a US dollar), unpriced.
    """
    return connection.execute(_of(_ASKED, connection), {"since": since, "until": until})


def checks(connection: Connection, since: float, until: float) -> Iterable[Any]:
    """How many drafts each check refused: rows of a name and a number."""
    return connection.execute(_of(_CHECKS, connection), {"since": since, "until": until})


def models_took(connection: Connection, since: float, until: float) -> Iterable[float | None]:
    """Seconds that models took, turn by turn; None where none was called."""
    found = connection.execute(_of(_MODELS_TOOK, connection), {"since": since, "until": until})
    return found.scalars()


def _of(statements: Mapping[str, TextClause], connection: Connection) -> TextClause:
    return statements[connection.dialect.name]
