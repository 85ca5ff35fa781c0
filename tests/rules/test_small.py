"""Yes and no, noise, and the steps of a form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.book import Book, FormSpec, Sentence, Slot
from bot.rules import forms
from bot.rules.consent import consent
from bot.rules.noise import is_noise
from bot.words.load import load_book
from bot.words.per_book import KEPT, once_per_book
from tests.words.books import TEMPLATES, book

BOOK = load_book(TEMPLATES, ("pt", "en", "es"), "pt", "America/Sao_Paulo")


@pytest.mark.parametrize(
    "text",
    [
        "sim",
        "Sim!",
        "SIM, por favor",
        "yes please",
        "yeah",
        "sí",
        "claro",
        "👍🏽",
        "👍",
        "ok",
        "sim sim",
    ],
)
def test_yes(text: str) -> None:
    assert consent(text, BOOK) is True


@pytest.mark.parametrize("text", ["não", "nao", "no", "no thanks", "agora não", "n", "nope", "👎"])
def test_no(text: str) -> None:
    assert consent(text, BOOK) is False


@pytest.mark.parametrize(
    "text", ["", "talvez", "cadê meu pedido", "sim não", "yes but " + "x" * 60, "¿?", "yes order"]
)
def test_neither(text: str) -> None:
    assert consent(text, BOOK) is None


@pytest.mark.parametrize(
    "text",
    ["ok", "OK!!", "thanks", "thank you so much", "obrigada", "gracias", "👍", "😂😂", "kkkk",
     "haha",
     "hahahaha", "rsrs", "jajaja", "lol", "ok obrigado kkkk", "", "...", "vlw",
     "tá bom, obrigada!"],
)  # fmt: skip
def test_noise_needs_no_answer(text: str) -> None:
    assert is_noise(text, BOOK)


@pytest.mark.parametrize(
    "text",
    ["oi", "hi", "alô", "?", "ok?", "ok mas cadê meu pedido", "12345", "no", "quero", "ok " * 40],
)
def test_what_may_want_an_answer_is_no_noise(text: str) -> None:
    assert not is_noise(text, BOOK)


@given(st.text(max_size=80))
def test_small_rules_never_raise(text: str) -> None:
    consent(text, BOOK)
    is_noise(text, BOOK)


def say(text: str) -> Sentence:
    return Sentence("x", {"pt": (text,)})


ORDER = Slot("order", "[0-9]{4,10}", say("?"), say("!"))
COLOUR = Slot("colour", r"\bcor (azul|verde)\b", say("?"), say("!"))
FORM = FormSpec("f", (ORDER, COLOUR), None)


def test_a_form_asks_what_is_missing_and_ends() -> None:
    assert forms.next_slot(FORM, {}) is ORDER
    assert forms.next_slot(FORM, {"order": "1"}) is COLOUR
    assert forms.find(Slot("s", " +", say(""), say("")), "a  b") is None


def test_work_is_done_once_per_book_and_old_books_are_let_go() -> None:
    built: list[int] = []

    @once_per_book
    def work(of: Book) -> int:
        built.append(id(of))
        return len(built)

    first = book()
    assert work(first) == work(first) == 1
    others = [book() for _ in range(KEPT)]
    assert [work(other) for other in others] == list(range(2, KEPT + 2))
    assert work(first) == KEPT + 2
