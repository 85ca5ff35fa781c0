"""The sentences that the program asks the book for, and the values that each may show."""

from __future__ import annotations

from collections.abc import Mapping

# Every name must stand in texts.yaml; its values may be used there, and no others.
TEXTS: Mapping[str, frozenset[str]] = {
    name: frozenset(values.split())
    for name, values in {
        "welcome": "",
        "help": "",
        "unknown_command": "",
        "language_ask": "",
        "language_set": "language",
        "language_unknown": "",
        "forget_ask": "",
        "forget_done": "",
        "forget_kept": "",
        "limited": "minutes",
        "unknown_offer": "",
        "human_declined": "",
        "human_coming": "",
        "human_kept_closed": "opens",
        "human_kept_open": "",
        "human_kept": "",
        "human_already": "",
        "resolved": "",
        "released": "",
        "dead": "",
        "form_expired": "",
        "form_given_up": "",
        "media_unsupported": "kind",
        "group_private": "",
        "button_gone": "",
        "staff_no_case": "case",
        "staff_done": "",
        "staff_empty_reply": "case",
        "staff_failed": "",
        "staff_help": "",
        "staff_not_a_reply": "",
        "staff_anonymous": "",
        "staff_stranger": "id",
        "staff_media": "",
        "staff_edited": "",
        "staff_unknown_command": "",
        "staff_claimed": "case",
        "staff_released": "case",
        "staff_resolved": "case",
        "staff_noted": "case",
        "staff_blocked": "case",
        "staff_refused": "case",
        "staff_unknown": "case",
        "staff_customer_edited": "",
        "staff_customer_erased": "",
        "card_bot": "",
        "card_team": "",
        "card_note": "",
        "card_public": "",
        "card_collected": "",
        "card_hint": "",
        "card_asked": "",
        "card_no_answer": "",
        "card_form": "",
        "card_form_given_up": "",
        "card_topic": "",
        "card_model": "",
        "card_dead": "",
        "card_draft": "",
        "card_voice": "",
        "card_audio": "",
        "card_photo": "",
        "card_video": "",
        "card_document": "",
        "card_sticker": "",
        "card_location": "",
        "card_contact": "",
        "card_other": "",
        "kind_voice": "",
        "kind_audio": "",
        "kind_photo": "",
        "kind_video": "",
        "kind_document": "",
        "kind_sticker": "",
        "kind_location": "",
        "kind_contact": "",
        "kind_other": "",
        "page_tagline": "",
        "page_hint": "",
        "page_suggestions": "",
        "button_human": "",
        "button_yes": "",
        "button_no": "",
    }.items()
}
BUTTON_TEXTS = frozenset({"button_human", "button_yes", "button_no"})
LONGEST_LABEL = 20  # signs: what WhatsApp shows of a reply button
COMMANDS = ("start", "help", "human", "language", "forget")
# Known so that a slip such as "ptt" is told apart from a language that is not configured.
_CODES = """am ar az be bg bn ca cs da de el en es et eu fa fi fr ga gl gu he hi hr hu hy
    id is it ja ka kk km kn ko ku ky lo lt lv mk ml mn mr ms my ne nl no pa pl ps
    pt ro ru si sk sl sq sr sv sw ta te th tl tr uk ur uz vi yo zh zu"""
LANGUAGE_CODES = frozenset(_CODES.split())
