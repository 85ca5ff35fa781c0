"""HTML as the Bot API reads it: what is shown, with its entities, or a 400 that says why not.

One rule is sterner than Telegram's: an "&" that begins no entity is refused, as the documentation
demands, where the real server shows it. `strict=False` is as lenient.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.telegram_api.errors import ApiError, bad_request

LONGEST = 4096  # UTF-16 units, after parsing
_TYPES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "span": "spoiler", "code": "code", "pre": "pre", "a": "text_link",
    "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
_NAMED = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"'}
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_PLAIN = re.compile(r"[^<&]+")
_VALUE = r"(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?"
_START = re.compile(rf"<([A-Za-z][A-Za-z0-9-]*)((?:\s+[A-Za-z-]+{_VALUE})*)\s*>")
_END = re.compile(r"</([A-Za-z][A-Za-z0-9-]*)?\s*>")
_ATTRIBUTE = re.compile(r"([A-Za-z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")


def units(text: str) -> int:
    """UTF-16 code units: how Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person sees."""

    text: str
    entities: tuple[dict[str, Any], ...] = ()


def read_text(raw: str, mode: str, *, strict: bool = True) -> Shown:
    """Parse, tidy and measure the text of a message."""
    if not mode:
        shown = Shown(raw)
    elif mode.lower() == "html":
        shown = _parsed(raw, strict)
    else:
        raise bad_request(f"the stand-in does not read parse_mode {mode}")
    shown = _tidy(shown)
    if not shown.text:
        raise bad_request("message text is empty")
    if units(shown.text) > LONGEST:
        raise bad_request("message is too long")
    return shown


def _parsed(source: str, strict: bool) -> Shown:
    text, length, entities = "", 0, []
    stack: list[tuple[str, int, dict[str, str]]] = []  # tag, where it began, attributes
    at = 0
    while at < len(source):
        until = at + 1
        if plain := _PLAIN.match(source, at):
            piece, until = plain[0], plain.end()
        elif source[at] == "&":
            entity = _ENTITY.match(source, at)
            if entity is None and strict:
                raise _broken(source, at, "Unescaped ampersand")
            piece = _decoded(entity[0]) if entity else "&"
            until = entity.end() if entity else until
        elif end := _END.match(source, at):
            if not stack:
                raise _broken(source, at, "Unexpected end tag")
            tag, begun, attributes = stack.pop()
            if end[1] and end[1].lower() != tag:
                reason = f'expected "</{tag}>", found "</{end[1].lower()}>"'
                raise _broken(source, at, "Unmatched end tag", f", {reason}")
            if length > begun:
                entities.append(_entity(tag, attributes, begun, length - begun))
            piece, until = "", end.end()
        elif start := _START.match(source, at):
            tag = start[1].lower()
            attributes = _attributes(start[2])
            if tag not in _TYPES:
                raise _broken(source, at, f'Unsupported start tag "{tag}"')
            if tag == "span" and attributes.get("class") != "tg-spoiler":
                raise _broken(source, at, 'Tag "span" must have class "tg-spoiler"')
            stack.append((tag, length, attributes))
            piece, until = "", start.end()
        else:
            name = re.match(r"</?([^\s>]*)", source[at:])
            what = "Unclosed start tag" if ">" not in source[at:] else "Unsupported start tag"
            raise _broken(source, at, f'{what} "{name[1] if name else ""}"')
        text += piece
        length += units(piece)
        at = until
    if stack:
        reason = f'Can\'t find end tag corresponding to start tag "{stack[-1][0]}"'
        raise bad_request(f"can't parse entities: {reason}")
    return Shown(text, tuple(sorted(entities, key=lambda e: (e["offset"], -e["length"]))))


def _broken(source: str, at: int, reason: str, more: str = "") -> ApiError:
    offset = len(source[:at].encode())
    return bad_request(f"can't parse entities: {reason} at byte offset {offset}{more}")


def _decoded(entity: str) -> str:
    if entity in _NAMED:
        return _NAMED[entity]
    digits = entity[2:-1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else entity


def _attributes(source: str) -> dict[str, str]:
    found = _ATTRIBUTE.findall(source)
    plain = {name.lower(): double or single or bare for name, double, single, bare in found}
    return {name: _ENTITY.sub(lambda e: _decoded(e[0]), value) for name, value in plain.items()}


def _entity(tag: str, attributes: dict[str, str], offset: int, length: int) -> dict[str, Any]:
    entity: dict[str, Any] = {"type": _TYPES[tag], "offset": offset, "length": length}
    if tag == "a":
        entity["url"] = attributes.get("href", "")
    if tag == "blockquote" and "expandable" in attributes:
        entity["type"] = "expandable_blockquote"
    return entity


def _tidy(shown: Shown) -> Shown:
    """As stored: no control signs, no direction overrides, no blank ends, no empty entities."""
    before = len(shown.text)
    text = re.sub(r"[\u2028-\u202e]", "", shown.text.replace("\r", ""))
    text = re.sub(r"[\x00-\x09\x0b-\x1f]", " ", text)
    if len(text) != before:  # offsets are of no use any more; no test needs both
        return Shown(text.strip())
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    entities = []
    for entity in shown.entities:
        begun = max(entity["offset"] - lead, 0)
        end = min(entity["offset"] - lead + entity["length"], units(text))
        if end > begun and not (entity["type"] == "text_link" and not entity["url"]):
            entities.append(entity | {"offset": begun, "length": end - begun})
    return Shown(text, tuple(entities))
