"""One way of writing for what people type in many ways.

Case, accents, punctuation, drawn-out letters and chat shorthand carry no meaning for a rule.
The shorthand is that of Portuguese, English and Spanish chats; no entry of it is a common word
of one of the others with another meaning.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHE = re.compile(r"(?<=\w)['’`´](?=\w)")
_NOT_WORD = re.compile(r"[\W_]+")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")

# A value is never a key, so that normalising twice changes nothing.
SHORTHAND = {
    "vc": "voce",
    "vcs": "voces",
    "ce": "voce",
    "oq": "o que",
    "q": "que",
    "pq": "porque",
    "xq": "porque",
    "pk": "porque",
    "tb": "tambem",
    "tbm": "tambem",
    "tmb": "tambien",
    "tbn": "tambien",
    "n": "nao",
    "nn": "nao",
    "hj": "hoje",
    "kd": "cade",
    "kde": "cade",
    "amnh": "amanha",
    "qd": "quando",
    "qdo": "quando",
    "qnd": "quando",
    "qnt": "quanto",
    "qto": "quanto",
    "cmg": "comigo",
    "ctg": "contigo",
    "blz": "beleza",
    "obg": "obrigado",
    "vlw": "valeu",
    "pfv": "por favor",
    "pfvr": "por favor",
    "pf": "por favor",
    "xfa": "por favor",
    "xfavor": "por favor",
    "porfa": "por favor",
    "porfavor": "por favor",
    "plis": "por favor",
    "td": "tudo",
    "mt": "muito",
    "mto": "muito",
    "ta": "esta",
    "pra": "para",
    "pro": "para o",
    "msg": "mensagem",
    "u": "you",
    "ur": "your",
    "r": "are",
    "pls": "please",
    "plz": "please",
    "plzz": "please",
    "thx": "thanks",
    "tks": "thanks",
    "ty": "thanks",
    "wanna": "want to",
    "gonna": "going to",
    "gotta": "got to",
    "gimme": "give me",
    "lemme": "let me",
    "smth": "something",
    "smb": "somebody",
    "sb": "somebody",
    "sm1": "someone",
    "some1": "someone",
    "asap": "now",
    "w": "with",
    "dnde": "donde",
    "dond": "donde",
    "kiero": "quiero",
    "qiero": "quiero",
    "cn": "con",
    "grax": "gracias",
}


def plain(text: str) -> str:
    """The text without case, accents and drawn-out letters; punctuation stays."""
    text = text.casefold()
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text).casefold()
        text = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return _DRAWN_OUT.sub(r"\1", _APOSTROPHE.sub("", text))


def words_of(text: str) -> list[str]:
    """The words of a text that went through `plain`, shorthand written out."""
    words: list[str] = []
    for word in _NOT_WORD.split(text):
        if word:
            words.extend(SHORTHAND.get(word, word).split())
    return words


@lru_cache(maxsize=8192)
def normalise(text: str) -> str:
    """The text as rules see it: plain words with one space between them."""
    return " ".join(words_of(plain(text)))
