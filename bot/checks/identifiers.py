"""Identifiers: numbers and codes that name one order, document, card or telephone.

They are equal when their letters and digits are, whatever stands between; a part of one is
another one. Only what is masked on purpose ("ending in 6789") is held against the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.checks.claim import AMOUNT, IDENTIFIER, Claim

FEWEST_DIGITS = 5  # of a number with separators in it that is no amount
_FEWEST_SIGNS, _FEWEST_IN_CODE = 5, 3  # of a code: "BR123", while COVID-19 and iPhone 15 are names
_SHORTEST_PHONE = 8

_CODE = re.compile(r"(?<![\w])[A-Za-z0-9]++(?:(?:[-_/]|\.(?=\d))[A-Za-z0-9]++)*+(?![\w])")
_SPACED = re.compile(  # an IBAN, and a parcel of the Universal Postal Union (S10)
    r"(?<!\w)[A-Z]{2}"
    r"(?:\d\d(?: [A-Z0-9]{4}){2,8}+(?: [A-Z0-9]{1,4})?|(?: ?\d{3}){3} ?[A-Z]{2})(?!\w)"
)
_POWER = re.compile(r"\d{1,4}[eE]\d{1,2}")  # 1e6: nobody tells a customer a sum like that
_NOT_SIGN = re.compile(r"[\W_]+")
_MASKED = re.compile(r"(?:[*•●]{2}|(?<!\w)[xX]{2})[*•●xX .-]{0,40}+(?P<tail>\d{2,8})(?![\w])")
_ENDING = re.compile(
    r"(?<!\w)(?:ending|ends|terminad[oa]s?|terminan?|finai?s|final|last(?: \w{1,8})? digits?"
    r"|[uú]ltimos(?: \w{1,8})? d[ií]gitos?)(?: (?:in|with|em|en|com|con|are|is|son|s[aã]o))?"
    r"(?: ?:)? (?P<tail>\d{2,8})(?![\w%])",
    re.IGNORECASE,
)

# What has a number. Accounts, cards and invoices are not among them, for they have sums too.
_NOUNS = """order ticket case protocol tracking booking reservation confirmation reference ref
    policy serial receipt transaction coupon voucher passport phone whatsapp ssn iban postcode zip
    pin pedido orden encomenda protocolo chamado caso rastreio rastreamento rastreo seguimiento guia
    guía nota fiscal nf nfe nf-e apólice apolice póliza poliza matrícula matricula reserva cupón
    cupom cupon folio cpf cnpj rg cep pix transação transacao transacción transaccion telefone
    teléfono dni rfc curp nif nie cuit rut""".split()
_NUMBERINGS = """number numbers número numero nº n° nº. n°. no. num num. nro nro. code código codigo
    id key chave clave #""".split()
_NAMING = frozenset([*_NOUNS, *_NUMBERINGS])
_NOUN, _NUMBERING = (
    f"(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"
    for words in (_NOUNS, _NUMBERINGS)
)
_NAMED = re.compile(
    rf"(?P<one>(?:your|the|my|this|that|our|o|a|do|da|no|seu|sua|teu|meu|el|la|del|al|su|tu|mi) )?"
    rf"(?<!\w)(?:(?P<noun>{_NOUN})|(?P<alone>{_NUMBERING}))"
    rf"(?P<link>(?: (?:(?:de|do|da|del|of) )?{_NUMBERING}| no)?"
    rf"(?: ?(?:is|é|es|:|=)(?: (?:the|o|a|el|la)(?= ))?)?"
    rf"(?: ?{_NUMBERING})?)[ ('\"]?\+?\Z",
    re.IGNORECASE,
)
_LOOK_BACK = 48  # signs before a number in which its noun may stand
_FEWEST_UNLINKED = 3  # digits from which "order 123" needs no more words


def normal(token: str) -> str:
    """Letters and digits alone, in capitals; the plus of an international number stays."""
    signs = _NOT_SIGN.sub("", token).upper()
    if token.lstrip("( ").startswith("+"):
        return f"+{signs}"
    # "00" calls abroad from most countries.
    abroad = signs.startswith("00") and signs.isdigit() and len(signs) > 2 + _SHORTEST_PHONE
    return f"+{signs[2:]}" if abroad else signs


def without_country(token: str) -> tuple[str, ...]:
    """An international number as it is dialled at home: country codes have 1 to 3 digits."""
    digits = token.removeprefix("+")
    if not digits.isdigit():
        return ()
    return tuple(digits[n:] for n in (1, 2, 3) if len(digits) - n >= _SHORTEST_PHONE)


def tails(text: str) -> Iterator[Claim]:
    """Numbers of which only the end is shown."""
    for pattern in (_MASKED, _ENDING):
        for found in pattern.finditer(text):
            yield Claim(
                IDENTIFIER, found[0], found.start(), found.end(), token=found["tail"], tail=True
            )


def codes(text: str) -> Iterator[Claim]:
    """Mixtures of letters and digits."""
    spaced = list(_SPACED.finditer(text))
    yield from map(_identifier, spaced)
    for found in _CODE.finditer(text):
        said = found[0]
        if said.isalpha() or any(each.start() <= found.start() < each.end() for each in spaced):
            continue
        if _POWER.fullmatch(said):
            yield Claim(AMOUNT, said, found.start(), found.end())
            continue
        digits = sum(sign.isdigit() for sign in said)
        signs = sum(sign.isalnum() for sign in said)
        if not digits or signs == digits:
            continue  # digits and separators: a number, or several
        large = signs >= _FEWEST_SIGNS and digits >= _FEWEST_IN_CODE
        yield _identifier(found, small=not large and not named_before(text, found.start(), digits))


def _identifier(found: re.Match[str], *, small: bool = False) -> Claim:
    said, token = found[0], normal(found[0])
    return Claim(IDENTIFIER, said, found.start(), found.end(), token=token, small=small)


def named_before(text: str, start: int, digits: int) -> bool:
    """Whether the words before say that a number of so many digits names something."""
    if text[max(0, start - 2) : start].rstrip().endswith("#"):
        return True
    look = text[max(0, start - _LOOK_BACK) : start]
    if _NAMING.isdisjoint(word.strip(":=('\"+") for word in look.lower().split()[-5:]):
        return False  # a cheap look before the pattern's long one
    found = _NAMED.search(text, start - len(look), start)
    if not found:
        return False
    if digits >= _FEWEST_UNLINKED:
        return True
    # "you can order 2 of them" names nothing; "your order 2" and "pedido nº 2" do.
    return bool(found["noun"] and (found["link"].strip() or found["one"]))
