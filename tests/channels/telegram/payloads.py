"""Updates as Telegram writes them, with the parts that a test does not care about filled in."""

from __future__ import annotations

import json
from typing import Any

from bot.channels.telegram.heard import Me

BOT = 7000000001
STAFF_CHAT = -1001999888777
GROUP = -1002222333444
RITA, PAUL, STRANGER = 501, 502, 999
ANA = {
    "id": 812345678,
    "is_bot": False,
    "first_name": "Ana",
    "last_name": "Souza",
    "username": "anasouza",
    "language_code": "pt-br",
}
US = {"id": BOT, "is_bot": True, "first_name": "Casa", "username": "CasaDeskBot"}
OTHER_BOT = {"id": 4242, "is_bot": True, "first_name": "Quiz", "username": "QuizBot"}
ANONYMOUS = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
ME = Me(
    str(BOT),
    "CasaDeskBot",
    frozenset({str(STAFF_CHAT)}),
    {str(RITA): "Rita", str(PAUL): "Paul"},
)
NAMELESS = Me(str(BOT), "", ME.staff_chats, ME.agents)
NOW = 1_795_000_000.5

PRIVATE_CHAT = {
    "id": ANA["id"],
    "first_name": "Ana",
    "last_name": "Souza",
    "username": "anasouza",
    "type": "private",
}
GROUP_CHAT = {"id": GROUP, "title": "Vizinhos", "type": "supergroup"}
STAFF_GROUP = {"id": STAFF_CHAT, "title": "Equipe", "type": "supergroup", "is_forum": True}


def body(update: object) -> bytes:
    """As it comes over the wire."""
    return json.dumps(update, ensure_ascii=False).encode()


def update(number: int = 100, **parts: Any) -> bytes:
    return body({"update_id": number, **parts})


def message(text: str | None = None, *, id: int = 11, **fields: Any) -> dict[str, Any]:
    """A message of Ana's in her private chat, unless `fields` say otherwise."""
    built: dict[str, Any] = {
        "message_id": id,
        "from": ANA,
        "chat": PRIVATE_CHAT,
        "date": 1_795_000_000,
    }
    if text is not None:
        built["text"] = text
    built.update(fields)
    return {key: value for key, value in built.items() if value is not None}


def said(text: str | None = None, *, number: int = 100, **fields: Any) -> bytes:
    return update(number, message=message(text, **fields))


def in_group(text: str | None = None, **fields: Any) -> bytes:
    return said(text, **{"chat": GROUP_CHAT, **fields})


def mark(text: str, part: str, kind: str, **more: Any) -> dict[str, Any]:
    """An entity over the first `part` of `text`, counted as Telegram does."""
    before = text[: text.index(part)].encode("utf-16-le")
    length = len(part.encode("utf-16-le")) // 2
    return {"type": kind, "offset": len(before) // 2, "length": length, **more}


def mention(text: str, name: str = "@CasaDeskBot") -> list[dict[str, Any]]:
    return [mark(text, name, "mention")]


def command(text: str) -> list[dict[str, Any]]:
    return [mark(text, text.split()[0], "bot_command")]


def ours(id: int = 50, text: str = "Posso ajudar?", **fields: Any) -> dict[str, Any]:
    """A message of ours that somebody replies to."""
    return {"message_id": id, "from": US, "date": 1_794_999_990, "text": text, **fields}


def theirs(id: int = 51, sender: Any = ANA, text: str = "já viu?", **fields: Any) -> dict[str, Any]:
    """A message of somebody else's that somebody replies to."""
    return {"message_id": id, "from": sender, "date": 1_794_999_980, "text": text, **fields}


def member(id: int, name: str = "Rita") -> dict[str, Any]:
    return {"id": id, "is_bot": False, "first_name": name}


def at_desk(
    text: str | None = None, *, sender: Any = None, number: int = 300, id: int = 71, **fields: Any
) -> bytes:
    """A message in the staff chat, from Rita unless said otherwise."""
    who = member(RITA) if sender is None else sender
    return said(text, number=number, id=id, **{"chat": STAFF_GROUP, "from": who, **fields})


def press(
    data: str = "42.1",
    *,
    id: str = "4382bfdwdsb323b2d9",
    number: int = 200,
    chat: Any = None,
    sender: Any = None,
    keyboard: Any = None,
    **fields: Any,
) -> bytes:
    """A press on a button of ours."""
    under: dict[str, Any] = {
        "message_id": 50,
        "from": US,
        "chat": chat or PRIVATE_CHAT,
        "date": 1_794_999_990,
        "text": "Posso ajudar?",
        "reply_markup": {
            "inline_keyboard": keyboard
            or [
                [{"text": "Horário", "callback_data": "42.0"}],
                [{"text": "Falar com alguém", "callback_data": "42.1"}],
            ]
        },
    }
    query = {
        "id": id,
        "from": sender or ANA,
        "message": under,
        "chat_instance": "-3911",
        "data": data,
        **fields,
    }
    return update(number, callback_query={k: v for k, v in query.items() if v is not None})


def poison() -> list[bytes]:
    """Two hundred authentic bodies that are no update anybody can read."""
    good = json.loads(said("oi"))
    made: list[bytes] = [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b"42",
        b'"oi"',
        b"true",
        b"{}",
        b"not json",
        b"<xml/>",
        b"\xff\xfe\x00",
        b"\x00" * 50,
        b"\x1f\x8b\x08\x00garbage",
        b'{"update_id": 1, "message": {"text": "\xff"}}',
        b'{"update_id": 1, "message": {"text": "\xc3\x28"}}',
        b"[" * 20_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"update_id": 5, "message": ' + b'{"reply_to_message": ' * 3_000 + b"1" + b"}" * 3_001,
        body(good) + b" trailing",
        body(good)[:-1],
        said("oi").replace(b'"oi"', b'"\\ud800"'),
        said("oi").replace(b'"oi"', b"NaN"),
        update(),
    ]
    wrong: list[object] = [None, True, "x", 1.5, [], {}, -1, 2**70]
    for value in wrong:
        made.append(body({**good, "update_id": value}))
        made.append(body({**good, "message": value}) if value is not None else b"{]")
        for name in ("message_id", "chat", "date", "from", "text", "entities", "photo", "voice"):
            if not _fits(name, value):
                made.append(body({**good, "message": {**good["message"], name: value}}))
    for kind in ("future_thing", "poll", "inline_query", "message_reaction", "business_message"):
        for value in ({}, [], 1, "x", {"chat": PRIVATE_CHAT}):
            made.append(body({"update_id": 7, kind: value}))
    for name in ("chat", "message_id"):
        cut = {key: value for key, value in good["message"].items() if key != name}
        made.append(body({**good, "message": cut}))
    number = 0
    while len(made) < 200:
        number += 1
        made.append(body({"update_id": number, f"unheard_of_{number}": {"chat": PRIVATE_CHAT}}))
    return made[:200]


def _fits(name: str, value: object) -> bool:
    """Whether this would be a message after all."""
    if value is None:
        return name in ("from", "text", "photo", "voice")
    if value == [] and name in ("entities", "photo"):
        return True
    if name == "text":
        return isinstance(value, str)
    return False
