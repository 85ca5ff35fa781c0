"""Secrets and personal data out of any text: the last net under logs and error reports.

The first net is that nobody puts a customer's words or a key there. This one knows how keys of the
platforms in use look, and e-mail addresses, phone numbers, cards and the numbers of people's
papers; it takes eight digits or more out wherever they stand, for an order number is somebody's.
Instants, names of models and our own ids are what a log is read for: they stay. So do long
hexadecimal ids (of a trace, of a request, of a visitor's chat): they name nobody by themselves.

Every repetition has a bound, so the time taken grows with the length of the text and no faster.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

TOKEN, SECRET, EMAIL, NUMBER = "[token]", "[secret]", "[email]", "[number]"
DEEPEST = 20  # containers inside containers; what lies deeper is left out
LONGEST_INTEGER = 10**9  # whole numbers from here on look like a phone or a card

# Between the digits of one number people write one of these, or two: ") " and " -".
_BETWEEN = r"[ \t\u00a0\u2009\u202f.()/\u2010-\u2015\u200b\u2060-]{0,2}"
_WORDS_FOR_SECRETS = r"(?:api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|authorization|dsn)"

# Tried in this order at each place. What begins with `keep` stays as it is; `head` of a match
# stays, the rest gives way to the sign of its kind.
_RULES = (
    # Secrets. https://core.telegram.org/bots/api#authorizing-your-bot
    (TOKEN, r"(?:bot)?\d{5,20}:[A-Za-z0-9_-]{20,200}"),
    (TOKEN, r"(?P<head0>bot)\d{1,20}:[A-Za-z0-9_-]{1,200}"),
    (SECRET, r"\bsk-[A-Za-z0-9_-]{6,300}"),
    (SECRET, r"\b(?:gh[pousr]_[A-Za-z0-9]{16,100}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,60})"),
    (SECRET, r"\beyJ[\w-]{8,2000}\.[\w-]{8,4000}(?:\.[\w-]{0,2000})?"),  # a JSON web token
    (SECRET, r"(?P<head1>\b(?i:bearer|basic)[ \t]{1,3})[^\s\"',;]{6,2000}"),
    # Whatever stands before the "@" of an address, a Sentry DSN's key among them.
    (SECRET, r"(?P<head2>\b[A-Za-z][A-Za-z0-9+.-]{1,20}://)[^\s/@\"']{1,300}(?=@)"),
    (SECRET, r"(?P<head3>[?&](?i:key|sig|signature|auth|code|password|secret)=)[^\s&#\"']{1,2000}"),
    (SECRET, rf"(?P<head4>(?i:{_WORDS_FOR_SECRETS})[\"']?[ ]?[=:][ ]?[\"']?"
     r"(?:(?i:bearer|basic)[ ]{1,3})?)[^\s\"',;&#]{4,2000}"),
    (EMAIL, r"[\w.+%'-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"),
    # What is kept although it has many digits.
    ("", r"(?P<keep0>(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)(?:[T ][0-2]\d:[0-5]\d(?::[0-6]\d"
         r"(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?![\w-]))"),
    ("", r"(?P<keep1>\b[a-z]{1,15}\d{0,3}(?:[.-][a-z]{0,12}\d{0,3}){0,6}-20\d\d-?[01]\d-?[0-3]\d\b"
         r"(?![-.]))"),  # a model: claude-haiku-5-5-20260801, gpt-6-luna-2026-08-01
    ("", r"(?P<keep2>\bnd_\d{1,18}\b)"),
    ("", r"(?P<keep3>\b(?:req|msg|resp|chatcmpl)[_-][A-Za-z0-9]{8,64}\b)"),
    ("", r"(?P<keep4>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"),
    ("", r"(?P<keep5>\b(?=(?:\d{0,30}[a-f]){3})[0-9a-f]{16,64}\b)"),
    # People and their papers: phones, CPF, CNPJ, cards, accounts, order numbers. A CNPJ has had
    # letters since July 2026 (Instrução Normativa RFB 2.229/2024).
    (NUMBER, r"\b[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-\d{2}\b"),
    (NUMBER, rf"[+(]?\d(?:{_BETWEEN}\d){{7,60}}"),
    (NUMBER, r"(?<![\d.-])\d{3}-\d{4}(?![\d.-])"),
)  # fmt: skip
_SIGNS = tuple(sign for sign, _ in _RULES)
_PATTERN = re.compile("|".join(f"(?P<r{n}>{pattern})" for n, (_, pattern) in enumerate(_RULES)))
_HEADS = tuple(name for name in _PATTERN.groupindex if name.startswith("head"))
# Most of what a log says is one plain word, in which there is nothing to find. A negative number
# alone is a group's at Telegram: an admin reads it in the log, to name the staff chat.
_PLAIN = re.compile(r"[a-z_]{0,40}|-[0-9]{1,20}")
_NAMES_A_SECRET = re.compile(rf"(?i)(?:.{{0,40}}[_-])?{_WORDS_FOR_SECRETS}")


def redact(text: str) -> str:
    """The text with a sign such as "[email]" in the place of each secret and personal datum."""
    return text if _PLAIN.fullmatch(text) else _PATTERN.sub(_sign, text)


def redacted(value: object, depth: int = DEEPEST) -> object:
    """The same for everything inside a value.

    Mappings, lists, tuples and sets are walked, their keys too. What is no plain value is named by
    its type, for its `repr` may say anything.
    """
    match value:
        case str():
            return redact(value)
        case bool() | float() | None:
            return value
        case int():
            return value if value < LONGEST_INTEGER else NUMBER
    if depth <= 0:
        return "[deep]"
    match value:
        case Mapping():
            return {redact(str(k)): _entry(str(k), v, depth - 1) for k, v in value.items()}
        case list():
            return [redacted(each, depth - 1) for each in value]
        case tuple():
            return tuple(redacted(each, depth - 1) for each in value)
        case set() | frozenset():
            return [redacted(each, depth - 1) for each in value]
    return f"[{type(value).__name__}]"


def _entry(name: str, value: object, depth: int) -> object:
    """A value under its name: what is called a token is one, whatever it looks like."""
    secret = isinstance(value, str | bytes) and value and _NAMES_A_SECRET.fullmatch(name)
    return SECRET if secret else redacted(value, depth)


def _sign(found: re.Match[str]) -> str:
    rule = found.lastgroup or ""
    sign = _SIGNS[int(rule[1:])] if rule.startswith("r") else ""
    if not sign:
        return found[0]
    head = next((found[name] for name in _HEADS if found[name] is not None), "")
    return head + sign
