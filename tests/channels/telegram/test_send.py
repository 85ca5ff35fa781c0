"""Out to Telegram: what is asked of the Bot API, and what each of its answers means for us."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from telegram import Bot
from telegram.error import RetryAfter

from bot.channels.telegram import CHANNEL, STAFF
from bot.channels.telegram.send import TelegramSender, keyboard, seconds_of
from bot.channels.telegram.transport import bot_of
from bot.clock import Clock
from bot.delivery.ports import Parcel, Rate
from bot.errors import DeliveryDelayed, DeliveryRefused, DeliveryUnknown
from bot.model import ConversationKey
from bot.outcome import Button
from tests.channels.telegram.tiny_api import BOT_ID, DROP, TOKEN, refused

ANA = ConversationKey(CHANNEL, BOT_ID, "5")
GROUP = ConversationKey(CHANNEL, BOT_ID, "-100200", "7")
DESK = ConversationKey(STAFF, BOT_ID, "-100300")
LINKS_OFF = '{"is_disabled": true}'


class Hands:
    """A clock to be moved, and a note of chats that moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.moves: list[tuple[ConversationKey, ConversationKey]] = []

    async def moved(self, before: ConversationKey, after: ConversationKey) -> None:
        self.moves.append((before, after))


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def sender(bot: Bot, hands: Hands) -> TelegramSender:
    return TelegramSender(bot, BOT_ID, Clock(now=lambda: hands.now), hands.moved)


def parcel(text: str = "Olá", to: ConversationKey = ANA, **more: object) -> Parcel:
    return replace(Parcel(12, to, text, "rule", ()), **more)


async def test_a_plain_answer_is_sent_as_it_is_written(api, sender):
    assert await sender.send(parcel("5 < 6 & *não*")) == "101"
    assert api.asked == [
        (
            "sendMessage",
            {"chat_id": "5", "text": "5 < 6 & *não*", "link_preview_options": LINKS_OFF},
        )
    ]


async def test_a_marked_answer_is_sent_as_html(api, sender):
    await sender.send(parcel("5 < 6 & **sim**", marked=True))
    (form,) = api.calls("sendMessage")
    assert (form["text"], form["parse_mode"]) == ("5 &lt; 6 &amp; <b>sim</b>", "HTML")


async def test_markup_without_anything_to_read_is_sent_as_text(api, sender):
    await sender.send(parcel("[a]: http://x.y", marked=True))
    (form,) = api.calls("sendMessage")
    assert form["text"] == "[a]: http://x.y"
    assert "parse_mode" not in form


async def test_a_group_answer_stays_in_its_topic_and_quotes(api, sender):
    buttons = (Button("Sim", "yes"), Button("Não", "no"))
    await sender.send(parcel("Ok?", GROUP, quote="44", buttons=buttons))
    (form,) = api.calls("sendMessage")
    assert {name: _read(value) for name, value in form.items()} == {
        "chat_id": -100200,
        "text": "Ok?",
        "message_thread_id": 7,
        "link_preview_options": {"is_disabled": True},
        "reply_parameters": {"message_id": 44, "allow_sending_without_reply": True},
        "reply_markup": {
            "inline_keyboard": [
                [{"text": "Sim", "callback_data": "12.0"}, {"text": "Não", "callback_data": "12.1"}]
            ]
        },
    }


def _read(value: str) -> object:
    return json.loads(value) if value[0] in "{-0123456789" else value


async def test_a_quote_that_is_no_message_of_telegram_is_left_out(api, sender):
    await sender.send(parcel(quote="cb123"))
    assert "reply_parameters" not in api.calls("sendMessage")[0]


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        ((), []),
        (("A", "B", "C", "D"), [3, 1]),
        (("Horários", "Endereço de nós", "Pessoa"), [2, 1]),
        (("Onde está o meu pedido?", "Não"), [1, 1]),
    ],
)
def test_short_buttons_stand_side_by_side(labels, rows):
    made = keyboard(3, [Button(label, label) for label in labels])
    assert [len(row) for row in (made.inline_keyboard if made else ())] == rows


def test_the_longest_key_fits_into_64_bytes():
    made = keyboard(2**63 - 1, [Button("x", "v" * 5000)] * 100)
    assert made is not None
    assert max(len(k.callback_data.encode()) for row in made.inline_keyboard for k in row) <= 64


async def test_rows_for_staff_name_their_case_and_others_do_not(api, sender):
    await sender.send(parcel("Nova mensagem", DESK, case=9))
    await sender.send(parcel("1 < 2 **!**", DESK, case=9, marked=True))
    await sender.send(parcel("Ajuda", DESK))
    await sender.send(parcel("Olá", ANA, case=9))
    assert [form["text"] for form in api.calls("sendMessage")] == [
        "#c9 Nova mensagem",
        "#c9 1 &lt; 2 <b>!</b>",
        "Ajuda",
        "Olá",
    ]


async def test_refused_markup_goes_once_more_as_reading_text(api, sender):
    api.answers = [refused(400, "Bad Request: can't parse entities: Unsupported start tag")]
    assert await sender.send(parcel("**oi** [a](https://b.c)", marked=True)) == "101"
    first, second = api.calls("sendMessage")
    assert first["parse_mode"] == "HTML"
    assert "parse_mode" not in second
    assert second["text"] == "oi a (https://b.c)"


async def test_plain_text_is_never_sent_twice(api, sender):
    api.answers = [refused(400, "Bad Request: can't parse entities")]
    with pytest.raises(DeliveryRefused):
        await sender.send(parcel())
    assert len(api.asked) == 1


REFUSED = [
    (refused(403, "Forbidden: bot was blocked by the user"), "blocked"),
    (refused(403, "Forbidden: user is deactivated"), "blocked"),
    (refused(403, "Forbidden: bot was kicked from the supergroup chat"), "blocked"),
    (refused(400, "Bad Request: chat not found"), "gone"),
    (refused(400, "Bad Request: PEER_ID_INVALID"), "gone"),
    (refused(400, "Bad Request: user is deactivated"), "gone"),
    (refused(400, "Bad Request: message thread not found"), "gone"),
    (refused(400, "Bad Request: TOPIC_CLOSED"), "gone"),
    (refused(400, "Bad Request: message is too long"), "too_long"),
    (refused(400, "Bad Request: message text is empty"), "refused"),
    (refused(413, "Request Entity Too Large"), "refused"),
]
DELAYED = [
    (refused(429, "Too Many Requests: retry after 17", retry_after=17), 17.0),
    (refused(401, "Unauthorized"), 30.0),
    (refused(404, "Not Found"), 30.0),
    (refused(409, "Conflict: terminated by other getUpdates request"), 30.0),
    (refused(500, "Internal Server Error"), 2.0),
    (refused(503, "Service Unavailable"), 2.0),
    ((403, "<html>the office firewall</html>"), 2.0),
]
UNKNOWN = [
    DROP,
    5.0,
    (502, "<html>Bad Gateway</html>"),
    (200, "<html>Welcome to our Wi-Fi</html>"),
    (200, {"ok": False}),
    (200, {"ok": True, "result": True}),
    (200, {"ok": True, "result": {"message_id": 3, "date": 0, "chat": {"id": 6, "type": "x"}}}),
    (200, []),
]


@pytest.mark.parametrize(("answer", "reason"), REFUSED)
async def test_what_telegram_never_takes_is_refused(api, sender, answer, reason):
    api.answers = [answer]
    with pytest.raises(DeliveryRefused) as caught:
        await sender.send(parcel())
    assert caught.value.reason == reason
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("answer", "seconds"), DELAYED)
async def test_what_was_not_carried_out_is_delayed(api, sender, answer, seconds):
    api.answers = [answer]
    with pytest.raises(DeliveryDelayed) as caught:
        await sender.send(parcel())
    assert caught.value.retry_after == seconds
    assert caught.value.__context__ is None


@pytest.mark.parametrize("answer", UNKNOWN)
async def test_what_may_have_arrived_is_unknown(api, sender, answer):
    api.answers = [answer]
    with pytest.raises(DeliveryUnknown) as caught:
        await sender.send(parcel())
    assert caught.value.__context__ is None
    assert len(api.asked) == 1


async def test_out_of_reach_is_delayed_ever_longer_until_something_answers(api, sender, hands):
    await api.close()
    pauses = []
    for seconds in (0, 1, 4, 10, 100):
        hands.now += seconds
        with pytest.raises(DeliveryDelayed) as caught:
            await sender.send(parcel())
        pauses.append(caught.value.retry_after)
    assert pauses == [1.0, 1.0, 2.5, 7.5, 15.0]
    hands.now -= 1_000  # a clock that goes back begins anew
    with pytest.raises(DeliveryDelayed) as caught:
        await sender.send(parcel())
    assert caught.value.retry_after == 1.0


async def test_any_answer_ends_the_outage(api, bot, sender, hands):
    pauses = []
    for out_of_reach in (True, True, False, True):
        api.answers = [refused(500, "Internal Server Error")]
        sender._bot = bot_of(TOKEN, "http://[", send_seconds=1) if out_of_reach else bot
        with pytest.raises(DeliveryDelayed) as caught:
            await sender.send(parcel())
        pauses.append(caught.value.retry_after)
        hands.now += 10
    assert pauses == [1.0, 5.0, 2.0, 1.0]


@pytest.mark.parametrize(
    "said",
    [
        "Bad Request: not enough rights to send text messages to the chat",
        "Bad Request: have no rights to send a message",
        "Bad Request: CHAT_WRITE_FORBIDDEN",
    ],
)
async def test_a_staff_chat_in_which_we_may_only_read_is_waited_for(api, sender, said):
    reached = []
    sender._staff_reached = reached.append
    api.answers = [refused(400, said)]
    with pytest.raises(DeliveryDelayed):
        await sender.send(parcel(to=DESK))
    await sender.send(parcel(to=DESK))
    assert reached == [False, True]


async def test_a_moved_group_is_followed(api, sender, hands):
    api.answers = [
        refused(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=-100999,
        )
    ]
    with pytest.raises(DeliveryDelayed) as caught:
        await sender.send(parcel(to=GROUP))
    assert caught.value.retry_after == 0.0
    assert hands.moves == [(GROUP, replace(GROUP, chat="-100999"))]


async def test_a_move_that_cannot_be_stored_is_tried_again(api, sender, hands, monkeypatch):
    async def full(*_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(sender, "_moved", full)
    api.answers = [refused(400, "Bad Request: upgraded", migrate_to_chat_id=-100999)]
    with pytest.raises(DeliveryDelayed) as caught:
        await sender.send(parcel(to=GROUP))
    assert caught.value.retry_after == 2.0


async def test_a_chat_that_asked_for_time_is_not_called_before(api, sender, hands):
    """Neither by sending nor by typing; other chats go on."""
    api.answers = [refused(429, "Too Many Requests: retry after 17", retry_after=17)]
    with pytest.raises(DeliveryDelayed):
        await sender.send(parcel())
    hands.now += 16.5
    with pytest.raises(DeliveryDelayed) as caught:
        await sender.send(parcel())
    assert caught.value.retry_after == pytest.approx(0.5)
    await sender.typing(ANA)
    assert len(api.asked) == 1

    await sender.send(parcel(to=GROUP))
    hands.now += 0.6
    assert await sender.send(parcel()) == "102"


async def test_a_flood_seen_by_typing_holds_sending_back_too(api, sender):
    api.answers = [refused(429, "Too Many Requests: retry after 5", retry_after=5)]
    await sender.typing(ANA)
    with pytest.raises(DeliveryDelayed):
        await sender.send(parcel())
    assert [method for method, _ in api.asked] == ["sendChatAction"]


async def test_a_clock_that_went_back_ends_the_rest(api, sender, hands):
    api.answers = [refused(429, "Too Many Requests: retry after 17", retry_after=17)]
    with pytest.raises(DeliveryDelayed):
        await sender.send(parcel())
    hands.now -= 3_600
    assert await sender.send(parcel()) == "101"


@pytest.mark.parametrize("to", [replace(ANA, account="999"), replace(ANA, chat="ana")])
async def test_rows_of_another_bot_are_not_sent(api, sender, to):
    with pytest.raises(DeliveryRefused) as caught:
        await sender.send(parcel(to=to))
    assert caught.value.reason == "gone"
    await sender.typing(to)
    assert api.asked == []


async def test_typing_is_shown_in_its_topic(api, sender):
    await sender.typing(GROUP)
    assert api.asked == [
        ("sendChatAction", {"chat_id": "-100200", "action": "typing", "message_thread_id": "7"})
    ]


@pytest.mark.parametrize("answer", [DROP, 5.0, refused(403, "Forbidden"), (200, "x"), (500, "x")])
async def test_typing_never_raises_and_never_takes_long(api, sender, answer):
    api.answers = [answer]
    async with asyncio.timeout(2.5):
        await sender.typing(ANA)
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        ([], 1),
        ([DROP], 2),
        ([DROP, DROP], 2),
        ([refused(400, "Bad Request: query is too old")], 1),
        ([refused(429, "Too Many Requests: retry after 5", retry_after=5)], 1),
        ([refused(401, "Unauthorized")], 1),
        ([(500, "x")], 2),
    ],
)
async def test_a_press_is_answered_with_one_more_try(api, sender, answers, calls):
    api.answers = list(answers)
    await sender.answer_press("77", "Já respondido. " * 40)
    asked = api.calls("answerCallbackQuery")
    assert len(asked) == calls
    assert asked[0]["callback_query_id"] == "77"
    assert len(asked[0]["text"]) == 200


async def test_a_press_without_a_word_has_no_toast(api, sender):
    await sender.answer_press("77")
    assert api.asked == [("answerCallbackQuery", {"callback_query_id": "77"})]


def test_budgets_of_a_private_chat_a_group_and_the_bot(sender):
    assert sender.rates(ANA) == {"4711:5": Rate(3, 3.0), "4711": Rate(27, 1.05)}
    assert sender.rates(GROUP) == {
        "4711:-100200": Rate(3, 3.0),
        "4711:-100200:minute": Rate(19, 60.0),
        "4711": Rate(27, 1.05),
    }
    assert sender.rates(DESK).keys() & sender.rates(ANA).keys() == {"4711"}


@pytest.mark.filterwarnings("ignore:.*timedelta")
@pytest.mark.parametrize("setting", ["false", "true"])
def test_the_library_may_say_its_seconds_in_two_ways(setting, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", setting)
    assert seconds_of(RetryAfter(timedelta(seconds=3))) == 3.0
    assert seconds_of(RetryAfter(4)) == 4.0
