"""Figures: numbers with the words and signs around them that say what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from bot.checks.amounts import MONEY, NUMBER, UNSAID, Amount, read_number
from bot.checks.claim import AMOUNT, IDENTIFIER, Claim
from bot.checks.currencies import (
    CENTS,
    CODE,
    NATION,
    ONLY_AFTER_ONE,
    PERCENT,
    SIGN,
    SMALL_CODES,
    WORD,
    Units,
    of_code,
    of_sign,
    of_word,
)
from bot.checks.identifiers import FEWEST_DIGITS, named_before, normal
from bot.words.normalise import plain

FEWEST_BARE = 3  # digits from which a number claims something without saying of what
CLASH: Units = frozenset({"?"})  # "R$ 5 USD" is an amount of nothing

_SCALES = {
    "k": 10**3, "mil": 10**3, "thousand": 10**3, "grand": 10**3, "hundred": 10**2,
    "m": 10**6, "mi": 10**6, "mm": 10**6, "mn": 10**6, "million": 10**6, "millions": 10**6,
    "millon": 10**6, "millones": 10**6, "milhao": 10**6, "milhoes": 10**6,
    "b": 10**9, "bi": 10**9, "bn": 10**9, "billion": 10**9, "billions": 10**9, "bilhao": 10**9,
    "bilhoes": 10**9, "billon": 10**12, "billones": 10**12, "tri": 10**12, "tn": 10**12,
    "trillion": 10**12, "trilhao": 10**12, "trilhoes": 10**12, "lakh": 10**5, "lakhs": 10**5,
    "crore": 10**7, "crores": 10**7,
}  # fmt: skip
_ONLY_OF_MONEY = frozenset("m mi mm mn b bi bn tri tn".split())  # metres, miles, bytes else
_RESOLUTIONS = frozenset("2458")  # of screens: 4K
_SCALE = (
    r"(?i:k|mil|thousand|grand|hundred|millions?|mill[oó]n(?:es)?|milh(?:[aã]o|[oõ]es)|mi|mm|mn|m"
    r"|billions?|bill[oó]n(?:es)?|bilh(?:[aã]o|[oõ]es)|bi|bn|b|trillion|trilh(?:[aã]o|[oõ]es)"
    r"|tri|tn|lakhs?|crores?)(?!\w)"
)
_PERCENT = r"(?i:%|per ?cent(?!\w)|por ?cento(?!\w)|por ?ciento(?!\w)|pct(?!\w))"
_RUN = re.compile(
    r"(?<!\d)(?:(?:\+?\d{1,3} ?)?\(\d{1,5}\) ?\d++(?:[ .-]\d++){0,6}+"
    r"|\+?\d++(?:[ ./,'-]\d++){0,16}+)"
)
_NUMBER = re.compile(NUMBER)
_BEFORE = re.compile(
    r"(?P<minus>(?<![\w)%\]])-|(?<!\w)(?:minus|menos|negative) )?(?P<open>\()?"
    rf"(?:(?P<first>{SIGN}|{CODE}) ?)?(?:(?P<second>{SIGN}|{CODE}) ?)?"
    r"(?P<inner>- ?)?(?P<inside>\()?(?P<point>[.,])?\Z"
)
_UNIT = (
    rf"(?:[ -]?(?i:(?:de|of|em|in|en) )?(?:(?P<nation>{NATION}) )?"
    rf"(?P<unit>{SIGN}(?! ?-?\d)|{CODE}(?! ?\d)|{WORD})(?: (?P<which>{NATION}))?)"
)
_AFTER = re.compile(
    rf"(?:,-{{1,2}})?(?P<close>\))?(?: ?(?P<percent>{_PERCENT})"
    rf"|(?:[ -]?(?P<scale>{_SCALE})(?: (?P<more>{_SCALE}))?)?{_UNIT}?)"
)
_BELOW_NOTHING = re.compile(
    r"(?<!\w)(?:negativ[eoa]s?|overdrawn)(?!\w)[^.!?\n\d]{0,30}\Z", re.IGNORECASE
)
_OWED = re.compile(
    r"(?<!\w)(?:ow(?:e|es|ed|ing)|dev(?:e|es|em|ido|endo)|deb(?:e|es|en)|adeudas?)(?!\w)"
    r"[^.!?\n\d]{0,30}\Z",
    re.IGNORECASE,
)
_LOOK_BACK = 20
_NEAR = 3
_NO_LEAD = frozenset(["", *"0123456789)]%:;"])
_LEADS = frozenset(("minus", "menos", "negative", *SMALL_CODES))
_LOOK_FAR_BACK = 45
_ONE_BY_ONE = re.compile(r"\d(?: \d){2,}")
_APART = re.compile(r"[ ,]")
_PIECES = re.compile(r"[^\d.,']+")


def figures(text: str) -> Iterator[Claim]:
    """Numbers that say of what they are."""
    place = 0
    while run := _RUN.search(text, place):
        place = run.end()
        before, after = _before(text, run.start()), _after(text, run.end())
        if before["first"]:
            number = _NUMBER.match(run[0])
            if number is not None:
                place = run.start() + number.end()
                yield _valued(text, before, number[0], place, _after(text, place))
        elif after["percent"] or after["unit"] or after["scale"]:
            start = _last_number(run[0]) + run.start()
            number_said = text[start : run.end()]
            if not _in_a_code(text, start) and _says(after, number_said):
                yield _valued(text, _before(text, start), number_said, run.end(), after)


def numbers(text: str) -> Iterator[Claim]:
    """Numbers that do not say of what they are."""
    for run in _RUN.finditer(text):
        if not _in_a_code(text, run.start()):
            yield from _bare(text, run)


def _in_a_code(text: str, start: int) -> bool:
    """Whether a letter stands right before, of those that codes are made of: not in "é900"."""
    sign = text[max(0, start - 1) : start]
    return sign.isascii() and sign.isalpha()


def _before(text: str, start: int) -> re.Match[str]:
    """The signs in front of a number. There may be none, but there is always a match."""
    look = text[max(0, start - _LOOK_BACK) : start].rstrip(" (-.,")
    near = start - _NEAR  # behind an ordinary word there is at most a bracket or a minus
    last = look[-1:]
    if last not in _NO_LEAD and (not last.islower() or look.rpartition(" ")[2].lower() in _LEADS):
        near = start - _LOOK_BACK
    return cast("re.Match[str]", _BEFORE.search(text, max(0, near), start))


def _after(text: str, end: int) -> re.Match[str]:
    """The words behind a number. There may be none, but there is always a match."""
    return cast("re.Match[str]", _AFTER.match(text, end))


def _last_number(run: str) -> int:
    """Where the last number of a run begins: "10-20" holds two."""
    starts = [0, *(i + 1 for i, sign in enumerate(run) if not sign.isdigit())]
    return next(i for i in starts if _NUMBER.fullmatch(run, i) or i == starts[-1])


def _says(after: re.Match[str], number: str) -> bool:
    """Whether the words behind a number make it an amount: "5 m" and "4K" do not."""
    if after["percent"]:
        return True
    if after["unit"]:
        return plain(after["unit"]) not in ONLY_AFTER_ONE or number == "1"
    scale = plain(after["scale"])
    if scale in _ONLY_OF_MONEY:
        return False
    return scale != "k" or number not in _RESOLUTIONS


def _valued(
    text: str,
    before: re.Match[str],
    number: str,
    end: int,
    after: re.Match[str],
) -> Claim:
    read = read_number(f"0.{number}" if before["point"] and before["first"] else number)
    start = before.start() if before["first"] or before["minus"] else end - len(number)
    stop = after.end() if after["percent"] or after["unit"] or after["scale"] else end
    said = text[start:stop]
    if read is None:
        return Claim(AMOUNT, said, start, stop)
    units, scale, value = _units(before, after), 1, read
    word = plain(after["unit"] or "")
    if word in CENTS and not before["first"]:
        value = Amount(read.number / 100)
        units = units or MONEY
    if after["scale"] and (units or plain(after["scale"]) not in _ONLY_OF_MONEY):
        scale = _SCALES[plain(after["scale"])] * _SCALES.get(plain(after["more"] or ""), 1)
    return Claim(AMOUNT, said, start, stop, amounts=_signed(value, before, after, units, scale))


def _units(before: re.Match[str], after: re.Match[str]) -> Units:
    said = [_unit(sign) for sign in (before["first"], before["second"]) if sign]
    if after["percent"]:
        said.append(PERCENT)
    elif after["unit"]:
        said.append(_unit(after["unit"], after["nation"] or "", after["which"] or ""))
    said = [units for units in said if units]
    return frozenset.intersection(*said) or CLASH if said else UNSAID


def _unit(written: str, *nations: str) -> Units:
    if not written[0].isalpha() or "$" in written or plain(written) in ("rs", "rs."):
        return of_sign(written)
    units = of_word(written, *nations)
    return units if units or plain(written) in CENTS else of_code(written)


def _signed(
    read: Amount, before: re.Match[str], after: re.Match[str], units: Units, scale: int
) -> tuple[Amount, ...]:
    """Which side of nothing it is on.

    Both where brackets stand around it, which mean less to accountants and nothing to others, and
    where it is owed: a debt of 20 and a balance of -20 are the same.
    """
    plus = Amount(read.number, units, scale, read.thirds)
    minus = Amount(-read.number, units, scale, read.thirds)
    if before["minus"] or before["inner"] or (before["first"] and before["inside"]):
        return (minus,)
    start = before.start()
    if _BELOW_NOTHING.search(before.string, max(0, start - _LOOK_FAR_BACK), start):
        return (minus,)
    if _OWED.search(before.string, max(0, start - _LOOK_FAR_BACK), start):
        return plus, minus
    if (before["open"] or before["inside"]) and after["close"]:
        return plus, minus
    return (plus,)


def _bare(text: str, run: re.Match[str]) -> Iterator[Claim]:
    said, digits = run[0], _digits(run[0])
    start, end = run.span()
    read = read_number(said) if _NUMBER.fullmatch(said) else None
    if named_before(text, start, digits) and not (read and _decimals(said, read)):
        yield Claim(IDENTIFIER, said, start, end, token=normal(said), parts=_parts(said, start))
    elif read:
        before = _before(text, start)
        amounts = _signed(read, before, _after(text, end), UNSAID, 1)
        start -= 1 if before["minus"] == "-" else 0
        token, small = _token(said, read), digits < FEWEST_BARE
        yield Claim(AMOUNT, text[start:end], start, end, amounts, token, small=small)
    elif (
        digits >= FEWEST_DIGITS and ("," not in said or said.startswith("+"))
    ) or _ONE_BY_ONE.fullmatch(said):
        yield Claim(IDENTIFIER, said, start, end, token=normal(said), parts=_parts(said, start))
    else:
        yield from _apart(said, start)


def _parts(said: str, start: int) -> tuple[Claim, ...]:
    """What else a run may be: "order 12345 2 items". A telephone number and an amount are one."""
    if " " not in said or "(" in said or "+" in said or _NUMBER.fullmatch(said):
        return ()
    return tuple(part for part in _apart(said, start) if not part.small)


def _apart(said: str, start: int) -> Iterator[Claim]:
    """The numbers of a run that is none as a whole, each by itself."""
    pieces = _APART.split(said)
    if len(pieces) == 1:
        pieces = [piece for piece in _PIECES.split(said) if piece]
    place = 0
    for piece in pieces:
        place = said.index(piece, place)
        at = start + place, start + place + len(piece)
        place += len(piece)
        read = read_number(piece) if _NUMBER.fullmatch(piece) else None
        if read:
            token, small = _token(piece, read), _digits(piece) < FEWEST_BARE
            yield Claim(AMOUNT, piece, *at, (read,), token, small=small)
        else:
            small = _digits(piece) < FEWEST_DIGITS
            yield Claim(IDENTIFIER, piece, *at, token=normal(piece), small=small)


def _token(said: str, read: Amount) -> str:
    """Whole numbers may be somebody's number; 47.15 is nobody's 4715."""
    return "" if _decimals(said, read) else normal(said)


def _decimals(said: str, read: Amount) -> bool:
    return int(read.number) != int("".join(sign for sign in said if sign.isdigit()))


def _digits(text: str) -> int:
    return sum(sign.isdigit() for sign in text)
