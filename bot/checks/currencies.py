"""Currencies as they are signed, coded and named in Portuguese, English and Spanish.

A sign may stand for several currencies: `$` is that of every dollar and every peso. Codes are
those of ISO 4217, and what shops take besides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.words.normalise import plain

Units = frozenset[str]  # the currencies that are possible; "%" is a unit as well

PERCENT: Units = frozenset({"%"})
DOLLARS: Units = frozenset("USD CAD AUD NZD HKD SGD TWD JMD TTD BSD BBD BZD FJD LRD NAD".split())
PESOS: Units = frozenset("MXN ARS CLP COP UYU DOP CUP PHP".split())

_CODES = sorted(
    {*DOLLARS, *PESOS}
    | set(
        "BRL EUR GBP JPY CNY RMB CHF INR PEN BOB PYG VES CRC GTQ HNL NIO PAB SEK NOK DKK PLN CZK "
        "HUF RON BGN RUB UAH TRY ILS AED SAR QAR EGP MAD NGN KES GHS AOA MZN CVE ZAR KRW THB IDR "
        "MYR VND PKR BDT LKR BTC ETH USDT USDC".split()
    ),
    key=len,
    reverse=True,
)
# In small letters, only those that are no words: "try 5" and "all 12" name no currency.
SMALL_CODES = "usdt usdc usd eur brl gbp mxn ars clp jpy inr btc".split()

_OF_SIGN: Mapping[str, Units] = {
    "r$": frozenset({"BRL"}),
    **dict.fromkeys(("us$", "u.s.$", "u$", "u$s", "u$d"), frozenset({"USD"})),
    **dict.fromkeys(("ca$", "c$"), frozenset({"CAD"})),
    **dict.fromkeys(("au$", "a$"), frozenset({"AUD"})),
    "nz$": frozenset({"NZD"}),
    "hk$": frozenset({"HKD"}),
    "s$": frozenset({"SGD"}),
    "nt$": frozenset({"TWD"}),
    "mx$": frozenset({"MXN"}),
    "ar$": frozenset({"ARS"}),
    "cl$": frozenset({"CLP"}),
    "co$": frozenset({"COP"}),
    "$": DOLLARS | PESOS,
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "¥": frozenset({"JPY", "CNY", "RMB"}),
    "₹": frozenset({"INR"}),
    "rs": frozenset({"INR", "PKR", "LKR"}),
    "rs.": frozenset({"INR", "PKR", "LKR"}),
    "₩": frozenset({"KRW"}),
    "₽": frozenset({"RUB"}),
    "₿": frozenset({"BTC"}),
    "₺": frozenset({"TRY"}),
    "₴": frozenset({"UAH"}),
    "₦": frozenset({"NGN"}),
    "₪": frozenset({"ILS"}),
    "₱": frozenset({"PHP"}),
    "₡": frozenset({"CRC"}),
    "₲": frozenset({"PYG"}),
    "฿": frozenset({"THB"}),
    "¢": frozenset(),
}
_OF_WORD: Mapping[str, Units] = {
    **dict.fromkeys("dollar dollars buck bucks dolar dolares".split(), DOLLARS),
    **dict.fromkeys("peso pesos".split(), PESOS),
    **dict.fromkeys("real reais reales".split(), frozenset({"BRL"})),
    **dict.fromkeys("euro euros".split(), frozenset({"EUR"})),
    **dict.fromkeys(
        "pound pounds quid libra libras pence".split(),
        frozenset({"GBP", "EGP"}),
    ),
    **dict.fromkeys("yen yenes iene ienes".split(), frozenset({"JPY"})),
    **dict.fromkeys("yuan yuans yuanes".split(), frozenset({"CNY", "RMB"})),
    **dict.fromkeys("rupee rupees rupia rupias".split(), frozenset({"INR", "PKR", "LKR", "IDR"})),
    **dict.fromkeys("franc francs franco francos".split(), frozenset({"CHF"})),
    **dict.fromkeys("soles".split(), frozenset({"PEN"})),
    **dict.fromkeys("guarani guaranies guaranis".split(), frozenset({"PYG"})),
    **dict.fromkeys("bolivares".split(), frozenset({"VES"})),
    **dict.fromkeys("boliviano bolivianos".split(), frozenset({"BOB"})),
    **dict.fromkeys("lempira lempiras".split(), frozenset({"HNL"})),
    **dict.fromkeys("cordoba cordobas".split(), frozenset({"NIO"})),
    **dict.fromkeys("quetzal quetzales".split(), frozenset({"GTQ"})),
    **dict.fromkeys("colones".split(), frozenset({"CRC"})),
    **dict.fromkeys("kwanza kwanzas".split(), frozenset({"AOA"})),
    **dict.fromkeys("escudo escudos".split(), frozenset({"CVE"})),
    **dict.fromkeys("metical meticais meticales".split(), frozenset({"MZN"})),
    **dict.fromkeys("rublo rublos ruble rubles rouble roubles".split(), frozenset({"RUB"})),
    **dict.fromkeys("shekel shekels".split(), frozenset({"ILS"})),
    **dict.fromkeys("dirham dirhams".split(), frozenset({"AED", "MAD"})),
    **dict.fromkeys("zloty zlotys".split(), frozenset({"PLN"})),
    **dict.fromkeys("bitcoin bitcoins".split(), frozenset({"BTC"})),
    **dict.fromkeys("cent cents centavo centavos centimo centimos".split(), frozenset()),
}
CENTS = frozenset("cent cents centavo centavos centimo centimos pence ¢".split())
# A word in the singular that means something else as often: money only after a one.
ONLY_AFTER_ONE = frozenset("real peso libra franco escudo quetzal cordoba".split())
_NATIONS: Mapping[str, str] = {
    "us": "USD", "u.s.": "USD", "american": "USD", "americano": "USD",
    "americanos": "USD", "estadounidense": "USD", "estadounidenses": "USD",
    "canadian": "CAD", "canadense": "CAD", "canadenses": "CAD", "canadiense": "CAD",
    "canadienses": "CAD", "australian": "AUD", "australiano": "AUD", "australianos": "AUD",
    "mexican": "MXN", "mexicano": "MXN", "mexicanos": "MXN", "argentine": "ARS",
    "argentinian": "ARS", "argentino": "ARS", "argentinos": "ARS", "chilean": "CLP",
    "chileno": "CLP", "chilenos": "CLP", "colombian": "COP", "colombiano": "COP",
    "colombianos": "COP", "uruguayan": "UYU", "uruguaio": "UYU", "uruguaios": "UYU",
    "uruguayo": "UYU", "uruguayos": "UYU", "brazilian": "BRL", "brasileiro": "BRL",
    "brasileiros": "BRL", "brasileño": "BRL", "brasileños": "BRL",
}  # fmt: skip

# Regular expressions for a folded text; `WORD` wants its accents optional.
SIGN = (
    r"(?:(?<![A-Za-z])(?i:U\.S\. ?\$|US ?\$|(?:CA|AU|NZ|HK|MX|AR|CL|CO|NT)\$|U\$[SD]?|[RCAS]\$)"
    r"|(?<![A-Za-z])Rs\.?(?![a-z])|[$€£¥¢฿\u20a0-\u20cf])"
)
CODE = rf"(?:(?<![A-Za-z])(?:{'|'.join([*_CODES, *SMALL_CODES])})(?![A-Za-z]))"
WORD = (
    r"(?i:dollars?|bucks?|d[oó]lar(?:es)?|pesos?|rea(?:l(?:es)?|is)|euros?|pounds?|quid|libras?"
    r"|pence|yen(?:es)?|ienes?|yuan(?:e?s)?|rupees?|r[uú]pias?|francs?|francos?|soles"
    r"|guaran[ií](?:e?s)?|bol[ií]vares|bitcoins?|bolivianos?|lempiras?|c[oó]rdobas?"
    r"|quetzal(?:es)?|colones|kwanzas?|escudos?|metica(?:l(?:es)?|is)|rou?bles?|rublos?|shekels?"
    r"|dirhams?|zlotys?|cents?|centavos?|c[eé]ntimos?)(?!\w)"
)
NATION = rf"(?i:{'|'.join(map(re.escape, sorted(_NATIONS, key=len, reverse=True)))})(?!\w)"


def of_sign(sign: str) -> Units:
    """What `R$` or `$` may stand for; a sign that nobody listed is a currency of its own."""
    return _OF_SIGN.get(sign.casefold().replace(" ", ""), frozenset({sign}))


def of_code(code: str) -> Units:
    """The currency of an ISO code. The yuan has two."""
    code = code.upper()
    return frozenset({"CNY", "RMB"}) if code in ("CNY", "RMB") else frozenset({code})


def of_word(word: str, *nations: str) -> Units:
    """What "dollars" may mean, or "Canadian dollars"; empty for cents of anything."""
    units = _OF_WORD.get(plain(word), frozenset())
    for nation in nations:
        if code := _NATIONS.get(nation.lower()):
            return frozenset({code})
    return units
