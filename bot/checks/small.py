"""Small numbers: most say nothing ("in 2 days"), some are what their sentence is about."""

from __future__ import annotations

import re

from bot.checks.claim import AMOUNT, Claim

_LOOK_BACK = 24  # signs
# Before a number that says when, where or which, and no sum.
_WHICH = re.compile(
    r"(?<!\w)(?:d[ií]as?|days?|on|the|by|at|from|to|until|till|between|up|in|about in|after|every"
    r"|at[eé]|hasta|[aà]s?|las|los|das|desde|entre|em|en|no|na|nos|nas|ap[oó]s|cada|o|el|or|ou|u"
    r"|and|y|step|passo|paso|page|p[aá]gina|items?|ite[mn]s|op(?:tion|[cç][aã]o|ci[oó]n)|vers(?:ion"
    r"|[aã]o|i[oó]n)|number|n[uú]mero|n[º°]|level|n[ií]vel|nivel|fase|parte?|for|para|por|per"
    r"|choose|escolha|elige|press|digite|pulsa|reply|responda) ?\Z",
    re.IGNORECASE,
)
_COPULA = re.compile(
    r"(?:[:=|)-]|\b(?:is|are|was|now|of|at|é|e|são|sao|era|de|agora|es|son|ahora"
    r"|(?:comes?|grown?|grows|grew|rose|went|raised|changed|increased) to"
    r"|(?:passou|subiu|mudou) (?:a|para)|(?:pas|subi|cambi)[oó] a)) ?\Z",
    re.IGNORECASE,
)
_PRICE = re.compile(
    r"(?<!\w)(?:costs?|pric(?:es?|ing)|total|shipping|fee|discount|refund|owe|owes"
    r"|cust(?:a|am|ou|ava)|pre[cç]os?|frete|taxa|tarifa|desconto|reembolso|deve|devem|devo"
    r"|cuestan?|precios?|env[ií]o|descuento|debes?|deben)"
    r"(?: ?(?:[:=]|is|was|of|an?|just|only|é|e|s[aã]o|era|fica|de|em|um|uma|s[oó]|apenas|us|nos"
    r"|es|son|queda|en|un|una|solo)(?!\w))* ?\Z",
    re.IGNORECASE,
)
# Nothing that is counted follows.
_ENDS = re.compile(
    r" ?(?:[.,;!?)|\n+*×=]|k\b|\Z)"
    r"| (?:today|now|currently|left|available|right now|as of|in|on|exactly|hoje|agora|atualmente"
    r"|dispon[ií]ve(?:l|is)|exatos?|sobrando|em|na|no|hoy|ahora|actualmente|disponibles?|en)(?!\w)",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:\A|\n) *\Z")


def concludes(text: str, claim: Claim) -> bool:
    """Whether its sentence, which names a sum, says that it is this: "your balance is 75"."""
    if claim.check != AMOUNT or not _ENDS.match(text, claim.end) or _numbers_a_list(text, claim):
        return False
    before = max(0, claim.start - _LOOK_BACK)
    return states(text, claim) or not _WHICH.search(text, before, claim.start)


def states(text: str, claim: Claim) -> bool:
    """Whether its sentence ends in "... is 218": of a number of any size, and in so many words."""
    before = max(0, claim.start - _LOOK_BACK)
    return bool(_COPULA.search(text, before, claim.start) and _ENDS.match(text, claim.end))


def prices(text: str, claim: Claim) -> bool:
    """Whether it is a price, whatever else is said: "it costs 75"."""
    if claim.check != AMOUNT or not _ENDS.match(text, claim.end):
        return False
    return bool(_PRICE.search(text, max(0, claim.start - _LOOK_BACK), claim.start))


def _numbers_a_list(text: str, claim: Claim) -> bool:
    """Whether it is the 1 of "1) ..." or of "1. ..." on a line of its own."""
    after = text[claim.end : claim.end + 1]
    if after == ")":
        return text[max(0, claim.start - 1) : claim.start] != "("
    return after == "." and bool(_NUMBERED.search(text, 0, claim.start))
