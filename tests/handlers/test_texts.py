"""The sentences that the road says are those that every texts.yaml must hold.

The book of these tests holds what the handlers were seen to say, and nothing more.
"""

from __future__ import annotations

from bot.words.names import TEXTS as REQUIRED
from bot.words.render import variables
from tests.handlers.conftest import TEXTS


def test_every_sentence_of_the_road_is_required_of_texts_yaml():
    assert set(TEXTS) <= set(REQUIRED)


def test_every_value_that_the_road_hands_over_may_be_used_in_texts_yaml():
    for name, templates in TEXTS.items():
        for template in templates:
            assert variables(template).values <= REQUIRED[name], name
