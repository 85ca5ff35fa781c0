"""One way of writing for what people type in many ways."""

from hypothesis import example, given
from hypothesis import strategies as st

from bot.words.normalise import SHORTHAND, normalise


def test_case_accents_punctuation_and_drawn_out_letters_do_not_matter() -> None:
    assert normalise("  CADÊ meu pedidooooo?!!! ") == "cade meu pedido"
    assert normalise("don't") == normalise("dont")


def test_chat_shorthand_is_written_out_in_three_languages() -> None:
    assert normalise("vc tb n sabe pq?") == "voce tambem nao sabe porque"
    assert normalise("can u help pls") == "can you help please"
    assert normalise("xq no llega, tmb") == "porque no llega tambien"


def test_no_shorthand_stands_for_another_one() -> None:
    for written in SHORTHAND.values():
        assert not set(written.split()) & set(SHORTHAND)


@given(st.text(max_size=60))
@example("ﬁ İ ǅ ſ")
@example("aaab'b'b")
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
