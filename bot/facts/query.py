"""What stands in the query of an admin, and what speaks against it. Pure: nothing is run."""

from __future__ import annotations

import difflib
import re

PARAMETERS = ("sender", "identity", "channel")
TELLING_APART = ("sender", "identity")
_NO_CODE = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|\Z)"
_TOKEN = re.compile(rf"{_NO_CODE}|(?P<name>[:@$]\w+|\?\d*)", re.DOTALL)


def bare(query: str) -> str:
    """The query without comments and without the semicolon at its end."""
    code = _TOKEN.sub(lambda found: " " if found[0][:2] in ("--", "/*") else found[0], query)
    return code.strip().rstrip(";")


def parameters_of(query: str) -> frozenset[str]:
    """The parameters by which a query asks for somebody, without their signs."""
    return frozenset(name[1:] for name in _parameters(query))


def _parameters(query: str) -> list[str]:
    return [found["name"] for found in _TOKEN.finditer(query) if found["name"]]


def wrong_parameters(query: str) -> list[tuple[str, str, str]]:
    named = _parameters(query)
    flaws = []
    for name in dict.fromkeys(named):
        if name[1:] not in PARAMETERS:
            near = difflib.get_close_matches(name[1:], PARAMETERS, n=1, cutoff=0.5)
            known = ", ".join(f":{each}" for each in PARAMETERS)
            advice = f"did you mean ':{near[0]}'?" if near else f"known are {known}"
            flaws.append((f"the parameter '{name}' does not exist", "", advice))
    if not flaws and not any(name[1:] in TELLING_APART for name in named):
        message = "the query asks for nobody: every customer would get the same row"
        flaws.append((message, "", "compare a column with :sender or :identity"))
    return flaws


def explained(said: str) -> tuple[str, str, str]:
    if "one statement" in said:
        return "the query is more than one statement", "", "write a single SELECT"
    if "not authorized" in said or "prohibited" in said:
        return "the query does more than read", "", "write a single SELECT"
    if "locked" in said:
        return "somebody is writing to the database", "", "start again when they have ended"
    if "unable to open" in said:  # in WAL mode even a reader needs the -shm file beside it
        advice = "let this user write to its folder, or switch it from WAL to journal_mode=DELETE"
        return f"the database cannot be read: {said}", "", advice
    return f"the query cannot be run: {said}", "", "try it in the sqlite3 shell"
