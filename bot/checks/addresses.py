"""E-mail addresses and addresses on the web, as they are written and as they are spelled out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.checks.claim import EMAIL, IDENTIFIER, Claim

_AT = r"(?: ?@ ?| ?[\[({] ?(?:at|arroba) ?[\])}] ?| arroba )"
_DOT = r"(?: ?\. ?(?=[\w-]+)|\s?[\[({] ?(?:dot|ponto|punto) ?[\])}]\s?|\s(?:dot|ponto|punto)\s)"
_EMAIL = re.compile(r"[\w.+'*•%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.IGNORECASE)
_SPELLED = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}+{_AT}[\w-]{{1,63}}+(?:{_DOT}[\w-]{{1,63}}+)+"
    r"|(?<![\w.+-])[\w.+-]{1,64}+ at [\w-]{1,63}+(?: dot [\w-]{1,63}+)+",
    re.IGNORECASE,
)
_HINT = re.compile(r"@|arroba|[\[({] ?at|\bdot\b", re.IGNORECASE)
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'()\[\]{}]{1,2000}+"
    r"|(?<![\w@.-])(?:[a-z0-9-]{1,63}+\.)+[a-z]{2,24}/[^\s<>\"'()\[\]{}]{0,2000}+",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?<![\w.-])(?:[a-z0-9-]{1,63}+\.)+[a-z]{2,24}(?![\w-])", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)
_BETWEEN = re.compile(r"[/?&=#:;,]+")
_DOT_WORD = re.compile(r"\s*[\[({]?\s*\b(?:dot|ponto|punto)\b\s*[\])}]?\s*", re.IGNORECASE)
_AT_WORD = re.compile(r"\s*[\[({]?\s*\b(?:at|arroba)\b\s*[\])}]?\s*", re.IGNORECASE)


def emails(text: str) -> Iterator[Claim]:
    """Every address of e-mail; one that is spelled out ("ana arroba x ponto com") as well."""
    if not _HINT.search(text):
        return
    taken: list[range] = []
    for pattern in (_EMAIL, _SPELLED):
        for found in pattern.finditer(text):
            if any(found.start() < each.stop and each.start < found.end() for each in taken):
                continue
            taken.append(range(found.start(), found.end()))
            yield Claim(EMAIL, found[0], found.start(), found.end(), token=_address(found[0]))


def _address(text: str) -> str:
    if "@" not in text:
        text = _AT_WORD.sub("@", text, count=1)
    before, _, after = text.partition("@")
    joined = f"{before}@{_DOT_WORD.sub('.', after)}"
    return "".join(joined.split()).casefold().strip(".'-%")


def links(text: str) -> Iterator[Claim]:
    """Every address on the web.

    It is true as a whole, by the numbers and codes in it, or, where it holds none of three digits
    or more, by its host: whoever made one up leads customers to a stranger.
    """
    if "/" not in text and "www." not in text.lower():
        return
    for found in _LINK.finditer(text):
        said = found[0].rstrip(".,;:!?…*")
        plain = _SCHEME.sub("", said).rstrip("/")
        pieces = [piece for piece in _BETWEEN.split(plain) if _digits(piece) > 2]
        parts = tuple(
            Claim(IDENTIFIER, piece, found.start(), found.start() + len(said), token=piece)
            for piece in pieces
        )
        yield Claim(
            IDENTIFIER,
            said,
            found.start(),
            found.start() + len(said),
            token=plain.casefold(),
            link=True,
            parts=parts,
        )


def host_of(link: str) -> str:
    """Whose address it is: "wa.me" of "wa.me/5531"."""
    return re.split(r"[/?#:]", link.rpartition("@")[2], maxsplit=1)[0]


def hosts(text: str) -> Iterator[str]:
    """Every name of a host, be it in an address, behind an @ or by itself."""
    for found in _HOST.finditer(text):
        yield found[0].casefold().removeprefix("www.")


def _digits(text: str) -> int:
    return sum(sign.isdigit() for sign in text)
