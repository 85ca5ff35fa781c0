"""Which of the configured languages a chat line is written in.

Chat lines are short, and statistics fail on short lines; the little words of a language do not.
They are counted first; what they leave open goes to eldc, which is only believed on lines long
enough for it. `None` means that nobody could tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LINK = re.compile(r"\S*(?:://|@|\w_\w)\S*|/\w+")
ENOUGH_WORDS = 4  # below it eldc guesses
ENOUGH_LETTERS = 15


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that tell one language from its neighbours; written as people type them, with and
# without accents. A word that two of these languages share stands in neither list.
TELLTALE: dict[str, frozenset[str]] = {
    "pt": _words("""oi olá ola opa bom boa dia tarde noite obrigado obrigada obg vlw valeu tchau
    até vc vcs você voce vocês voces não nao sim são sao está tá ta estão tô meu
    meus minha minhas seu seus sua suas nosso nossa ele ela eles elas isso isto
    aqui ai aí ali cadê cade onde quando quanto quantos quanta qual quais quem
    porquê com sem em um uma uns umas o os as do dos da das no na nos nas ao aos à
    às pelo pela pra pro pras pros já ainda também tbm mais muito mto agora hoje
    hj amanhã ontem quero queria preciso posso pode podem consigo tem têm fazer
    falar alguém gente pedido pedidos entrega chega chegou chegar comprar compra
    frete boleto cartão troca trocar devolver devolução loja endereço horário
    atendente pessoa pessoas nota fiscal dinheiro volta ajuda pfv eu nós mas foi
    fui vai vou ver tudo bem beleza blz"""),
    "en": _words("""hi hello hey thanks thank you your yours i i'm im my mine me we our us he she
    it it's they them their is are am was were be been do does did don't dont
    doesn't can can't could would should will won't where when what which who how
    why the a an this that these those and or but not to of in on at for from with
    without by about there here have has had get got want need please pls help
    order orders delivery shipping arrive arrived late refund return pay payment
    card store open close hours today tomorrow yesterday yes someone person any
    some just still still been parcel package bye good morning evening night"""),
    "es": _words("""hola buenas buenos días dias tardes noches gracias adiós adios usted ustedes
    sí están estan mi mis tu tus su sus nuestro él ella ellos ellas eso esto esta
    aquí aqui ahí ahi dónde donde cuándo cuando cuánto cuanto cuántos cuál cual
    quién quien cómo como por con sin en un una unos unas el la los las del al y o
    pero ya todavía todavia también tambien más muy mucho ahora hoy mañana manana
    ayer quiero quería queria necesito puedo puede pueden tiene tienen hay hacer
    hablar alguien persona gente pedido pedidos entrega llega llegó llego llegar
    comprar envío envio tarjeta cambio cambiar devolver devolución tienda
    dirección direccion horario horarios asesor factura dinero ayuda yo nosotros
    fue voy va ver todo bien porfa xq dnde aun aún tengo me lo le les"""),
}
_SIGNS = {"pt": "ãõçâêô", "es": "ñ¿¡"}
# Shared between these languages, so they tell nothing when both are configured.
_COMMON = (TELLTALE["pt"] & TELLTALE["es"]) | (TELLTALE["pt"] & TELLTALE["en"])
_COMMON |= TELLTALE["en"] & TELLTALE["es"]
_WEAK = _words("a o as os me no on in do da das dos as an ta to la lo va ver em con com")


def detect(text: str, languages: Sequence[str]) -> str | None:
    """One of `languages`, or None where the line does not tell."""
    if len(languages) < 2:
        return None
    lowered = _LINK.sub(" ", text[:600].casefold())
    words = _WORD.findall(lowered)
    if not words:
        return None
    scores = {language: _score(words, lowered, language) for language in languages}
    ranked = sorted(scores.values(), reverse=True)
    best = max(scores, key=lambda language: scores[language])
    if ranked[0] >= 1 and ranked[0] >= ranked[1] * 1.5:
        return best
    if len(words) < ENOUGH_WORDS or sum(map(len, words)) < ENOUGH_LETTERS:
        return best if ranked[0] > 0.5 and ranked[0] >= 2 * ranked[1] else None
    return _by_statistics(lowered, tuple(languages))


def _score(words: Sequence[str], text: str, language: str) -> float:
    """How strongly the little words and letters of a language show; 1 is one sure word."""
    known = TELLTALE.get(language, frozenset())
    score = 0.0
    for word in words:
        if word in known:
            score += 0.3 if word in _COMMON else 0.5 if word in _WEAK else 1.0
    return score + sum(1.0 for sign in _SIGNS.get(language, "") if sign in text)


@lru_cache(maxsize=8)
def _detector(languages: tuple[str, ...]) -> Any:
    # Imported here: the table is only loaded where somebody writes a line that needs it.
    import eldc

    known = [language for language in languages if language in eldc.LANGUAGES]
    if len(known) < 2:
        return None  # it would answer the only one that it knows
    eldc.init()
    detector = eldc.instance()
    detector.set_languages(known)
    return detector


def prepare(languages: Sequence[str]) -> None:
    """Load what `detect` may need, so that no customer waits for it."""
    _detector(tuple(languages))


def _by_statistics(text: str, languages: tuple[str, ...]) -> str | None:
    detector = _detector(languages)
    if detector is None:
        return None
    result = detector.detect_details(text)
    return str(result.language) if result.reliable and result.language in languages else None
