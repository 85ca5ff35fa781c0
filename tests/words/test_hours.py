"""Opening hours as people live them, and as a sentence."""

from datetime import time

from bot.book import Hours, Opening
from bot.words.hours_text import hours_text

NINE = (Opening(time(9), time(12)), Opening(time(13), time(18)))
HOURS = Hours("UTC", {**dict.fromkeys(range(5), NINE), 5: (Opening(time(9), time(13)),)})


def test_a_lunch_break_and_a_closed_day_are_told_in_each_language() -> None:
    assert hours_text(HOURS, "pt") == (
        "seg a sex 09:00 às 12:00 e 13:00 às 18:00; sáb 09:00 às 13:00; dom fechado"
    )
    assert hours_text(HOURS, "en") == (
        "Mon-Fri 09:00 to 12:00 and 13:00 to 18:00; Sat 09:00 to 13:00; Sun closed"
    )
    assert hours_text(HOURS, "es").endswith("dom cerrado")
    assert hours_text(HOURS, "fr") == hours_text(HOURS, "en")
