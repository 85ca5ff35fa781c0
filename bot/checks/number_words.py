"""Numbers in words, in Portuguese, English and Spanish: "cento e vinte e sete mil".

One vocabulary for all three: a run of number words is read whatever language it is in. What is
no number that anybody would write ("twenty fifty") has no value, which makes it no safer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_UNITS: dict[str, int] = {
    word: value
    for value, words in enumerate((
        "zero cero", "one um uma un una uno", "two dois duas dos", "three tres",
        "four quatro cuatro", "five cinco", "six seis", "seven sete siete", "eight oito ocho",
        "nine nove nueve", "ten dez diez", "eleven onze once", "twelve doze doce",
        "thirteen treze trece", "fourteen quatorze catorze catorce", "fifteen quinze quince",
        "sixteen dezesseis dezasseis dieciseis", "seventeen dezessete dezassete diecisiete",
        "eighteen dezoito dieciocho", "nineteen dezenove dezanove diecinueve",
        "twenty vinte veinte", "veintiun veintiuno veintiuna", "veintidos", "veintitres",
        "veinticuatro", "veinticinco", "veintiseis", "veintisiete", "veintiocho", "veintinueve",
    ))
    for word in words.split()
}  # fmt: skip
_UNITS |= {
    word: value
    for value, words in {
        30: "thirty trinta treinta",
        40: "forty quarenta cuarenta",
        50: "fifty cinquenta cincuenta",
        60: "sixty sessenta sesenta",
        70: "seventy setenta",
        80: "eighty oitenta ochenta",
        90: "ninety noventa",
    }.items()
    for word in words.split()
}
_HUNDREDS: dict[str, int] = {
    word: value
    for value, words in {
        100: "cem cento cien ciento",
        200: "duzentos duzentas doscientos doscientas",
        300: "trezentos trezentas trescientos trescientas",
        400: "quatrocentos quatrocentas cuatrocientos cuatrocientas",
        500: "quinhentos quinhentas quinientos quinientas",
        600: "seiscentos seiscentas seiscientos seiscientas",
        700: "setecentos setecentas setecientos setecientas",
        800: "oitocentos oitocentas ochocientos ochocientas",
        900: "novecentos novecentas novecientos novecientas",
    }.items()
    for word in words.split()
}
_SCALES: dict[str, int] = {
    "hundred": 100,
    **dict.fromkeys("thousand mil grand".split(), 10**3),
    **dict.fromkeys("million milhao milhoes millon millones".split(), 10**6),
    **dict.fromkeys("billion bilhao bilhoes billon billones".split(), 10**9),
    **dict.fromkeys("trillion trilhao trilhoes".split(), 10**12),
}
_ACCENTED = {
    "três": "tres", "milhão": "milhao", "milhões": "milhoes", "bilhão": "bilhao",
    "bilhões": "bilhoes", "trilhão": "trilhao", "trilhões": "trilhoes", "millón": "millon",
    "billón": "billon", "dieciséis": "dieciseis", "veintiún": "veintiun",
    "veintidós": "veintidos", "veintitrés": "veintitres", "veintiséis": "veintiseis",
}  # fmt: skip
_VAGUE = frozenset(
    "hundreds thousands millions billions dozens centenas milhares dezenas cientos miles "
    "decenas".split()
)
_JOINS = frozenset("e y and".split())
_NUMBERS = _UNITS.keys() | _HUNDREDS.keys() | _SCALES.keys() | _VAGUE
_WORD = re.compile(r"[^\W\d_]+")
_GAPS = frozenset((" ", "-", ", "))


@dataclass(frozen=True, slots=True)
class Spoken:
    """A run of number words."""

    start: int
    end: int
    value: int | None  # None: nobody can tell
    digits: str  # said one by one ("um dois três"), else ""
    high: bool  # a hundred or thousands are in it
    large: bool  # so, and it is more than an exclamation


def spoken(text: str) -> Iterator[Spoken]:
    """Every run of number words, single ones included: "um" may be an article."""
    run: list[tuple[str, int, int]] = []
    end = 0  # of the last word that belongs to the run, a joining one included
    for found in _WORD.finditer(text):
        word = found[0].lower()
        word = word if word.isascii() else _ACCENTED.get(word, "")
        joined = bool(run) and end > run[-1][2]  # the word before was a joining one
        near = bool(run) and text[end : found.start()] in ((" ",) if joined else _GAPS)
        if near and word in _JOINS and not joined:
            end = found.end()
        elif run and not (near and word in _NUMBERS):
            yield _read(run)
            run = []
        if word in _NUMBERS:
            run.append((word, found.start(), found.end()))
            end = found.end()
    if run:
        yield _read(run)


def _read(run: list[tuple[str, int, int]]) -> Spoken:
    words = [word for word, _, _ in run]
    singles = all(_UNITS.get(word, 10) < 10 for word in words)
    digits = "".join(str(_UNITS[word]) for word in words) if singles and len(words) > 2 else ""
    high = any(word in _SCALES or word in _HUNDREDS for word in words)
    large = high and (len(words) > 1 or _HUNDREDS.get(words[0], 0) > 100)  # "mil gracias"
    return Spoken(run[0][1], run[-1][2], None if digits else _value(words), digits, high, large)


def _value(words: list[str]) -> int | None:
    """Sum of what is below a thousand, thousands, and above; None for what cannot be added."""
    whole = thousands = below = 0
    for word in words:
        if word in _VAGUE:
            return None
        if word in _UNITS:
            value = _UNITS[word]
            if below % (10 if value < 10 else 100) or (value < 10 and below % 100 == 10):
                return None
            below += value
        elif word in _HUNDREDS:
            if below:
                return None
            below = _HUNDREDS[word]
        elif _SCALES[word] == 100:
            if below > 99:
                return None
            below = (below or 1) * 100
        elif _SCALES[word] == 1000:
            if thousands:
                return None
            thousands, below = (below or 1) * 1000, 0
        else:
            whole += (thousands + below or 1) * _SCALES[word]
            thousands = below = 0
    return whole + thousands + below
