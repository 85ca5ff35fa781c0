"""What people do, as it is posted to the sender's webhook."""

from __future__ import annotations

from collections import Counter

import pytest
from aiohttp import web
from twilio.rest import Client

from tests.twilio_api import Person, StandIn
from tests.twilio_api.endpoint import Endpoint, Posted
from tests.twilio_api.sdk import quick_reply, send


@pytest.fixture(autouse=True)
def hook(api: StandIn, endpoint: Endpoint) -> None:
    api.deliver_to(endpoint.url)


async def last(api: StandIn, endpoint: Endpoint) -> Posted:
    await api.wait_delivered()
    return endpoint.messages[-1]


async def test_a_text(api: StandIn, ana: Person, endpoint: Endpoint):
    said = await ana.says("Olá & tudo = 100% + 👍\nok")
    posted = await last(api, endpoint)
    assert posted.genuine
    assert posted.form == {
        "SmsMessageSid": said.sid,
        "NumMedia": "0",
        "ProfileName": "Ana",
        "MessageType": "text",
        "SmsSid": said.sid,
        "WaId": "5511990000001",
        "SmsStatus": "received",
        "Body": "Olá & tudo = 100% + 👍\nok",
        "To": f"whatsapp:{api.number}",
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": said.sid,
        "AccountSid": api.account_sid,
        "ChannelMetadata": '{"type": "whatsapp", "data": {"context": {}}}',
        "From": "whatsapp:+5511990000001",
        "ExternalUserId": ana.user_id,
        "ApiVersion": "2010-04-01",
    }
    assert said.sid.startswith("SM")
    assert len(said.sid) == 34
    assert api.violations == []


async def test_a_name_and_text_may_be_blank(api: StandIn, endpoint: Endpoint):
    await api.person("+5511990000002", "").says("", more={"Body": "", "Strange": "new"})
    posted = await last(api, endpoint)
    assert posted.genuine
    assert (posted.form["ProfileName"], posted.form["Strange"]) == ("", "new")


async def test_a_press_and_a_quote(api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint):
    await ana.says("oi")
    made = await twilio.content.v1.contents.create_async(quick_reply("Sim", "Não"))
    await send(twilio, api, ana, "", content_sid=made.sid, content_variables='{"1": "Certo?"}')
    [shown] = api.shown(ana)
    await ana.presses(shown, "Não")
    form = (await last(api, endpoint)).form
    assert (form["ButtonText"], form["ButtonPayload"], form["Body"]) == ("Não", "1", "Não")
    assert (form["ButtonType"], form["MessageType"]) == ("REPLY", "interactive")
    assert form["OriginalRepliedMessageSid"] == shown.sid
    assert form["OriginalRepliedMessageSender"] == f"whatsapp:{api.number}"
    with pytest.raises(AssertionError, match="no button says 'Talvez'"):
        await ana.presses(shown, "Talvez")
    await ana.presses_payload(shown, "Antigo", "99")
    assert (await last(api, endpoint)).form["ButtonPayload"] == "99"
    await ana.replies(shown, "como assim?")
    form = (await last(api, endpoint)).form
    assert form["OriginalRepliedMessageSid"] == shown.sid
    assert "ButtonText" not in form
    told = api.template("Voltamos?", buttons=("Sim",))
    await send(twilio, api, ana, "", content_sid=told.sid)
    await ana.presses(api.shown(ana)[-1], "Sim")
    assert (await last(api, endpoint)).form["MessageType"] == "button"


@pytest.mark.parametrize(
    ("kind", "media_type", "message_type"),
    [
        ("photo", "image/jpeg", "image"),
        ("voice", "audio/ogg", "audio"),
        ("audio", "audio/mpeg", "audio"),
        ("video", "video/mp4", "video"),
        ("sticker", "image/webp", "sticker"),
        ("document", "application/pdf", "document"),
        ("contact", "text/vcard", "contacts"),
    ],
)
async def test_media(
    api: StandIn, ana: Person, endpoint: Endpoint, kind: str, media_type: str, message_type: str
):
    sent = await ana.sends_media(kind, "legenda")
    form = (await last(api, endpoint)).form
    assert (form["NumMedia"], form["MediaContentType0"]) == ("1", media_type)
    assert (form["MessageType"], form["Body"]) == (message_type, "legenda")
    assert form["MediaUrl0"].startswith(
        f"https://api.twilio.com/2010-04-01/Accounts/{api.account_sid}/Messages/{sent.sid}/Media/ME"
    )
    assert sent.sid.startswith("MM")


async def test_a_location_an_advertisement_a_forward(api: StandIn, ana: Person, endpoint: Endpoint):
    await ana.shares_location(-22.9068, -43.1729, "Loja", "Rua A, 1")
    form = (await last(api, endpoint)).form
    assert (form["Latitude"], form["Longitude"]) == ("-22.906800", "-43.172900")
    assert (form["Label"], form["Address"], form["Body"]) == ("Loja", "Rua A, 1", "")
    await ana.comes_from_ad("quanto custa?", "Promoção", "Só hoje")
    form = (await last(api, endpoint)).form
    assert (form["ReferralHeadline"], form["ReferralBody"]) == ("Promoção", "Só hoje")
    assert (form["ReferralSourceType"], form["Body"]) == ("ad", "quanto custa?")
    await ana.forwards("olha isso")
    assert (await last(api, endpoint)).form["Forwarded"] == "true"


async def test_a_number_can_be_hidden(
    api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint
):
    await ana.says("oi")
    await send(twilio, api, ana, "um")
    ana.hides_number()
    await ana.says("de novo")
    form = (await last(api, endpoint)).form
    assert form["From"] == f"whatsapp:{ana.user_id}" == ana.address
    assert form["ExternalUserId"] == ana.user_id
    assert ana.user_id.startswith("BR.")
    assert "WaId" not in form
    await send(twilio, api, ana, "dois")
    await send(twilio, api, f"whatsapp:{ana.number}", "três")
    assert api.texts(ana) == ["um", "dois", "três"]
    shy = api.person("+5511990000009", "Téo", "BR.ENT.77")
    api.tells_user_ids = False
    await shy.says("oi")
    form = (await last(api, endpoint)).form
    assert form["From"] == "whatsapp:BR.ENT.77"
    assert form["ExternalUserId"] == "BR.ENT.77"
    ana.shows_number()
    await ana.says("voltei")
    form = (await last(api, endpoint)).form
    assert form["From"] == "whatsapp:+5511990000001"
    assert "ExternalUserId" not in form


async def test_what_one_person_does_arrives_in_order(api: StandIn, ana: Person, endpoint: Endpoint):
    endpoint.seconds = 0.02
    bia = api.person("+5511990000002", "Bia")
    for text in "abc":
        await ana.says(text)
        await bia.says(text)
    await api.wait_delivered()
    bodies = [p.form["Body"] for p in endpoint.got if p.form["From"] == ana.address]
    assert bodies == ["a", "b", "c"]
    assert endpoint.most_inside == 2
    api.webhook.ordered = False
    for text in "def":
        await ana.says(text)
    await api.wait_delivered()
    assert endpoint.most_inside == 3


async def test_a_5xx_is_not_repeated_and_the_message_is_lost(
    api: StandIn, twilio: Client, ana: Person, endpoint: Endpoint
):
    endpoint.answers = [web.Response(status=503), None]
    lost = [(await ana.says("um")).sid, (await ana.says("dois")).sid]
    await ana.says("três")
    await api.wait_delivered()
    assert [delivery.statuses for delivery in api.webhook.deliveries] == [[503], [0], [200]]
    assert [delivery.form["MessageSid"] for delivery in api.webhook.lost] == lost
    listed = await twilio.messages.list_async(to=f"whatsapp:{api.number}")
    assert [message.body for message in listed] == ["três", "dois", "um"]


async def test_a_fragment_asks_for_repeats(api: StandIn, ana: Person, endpoint: Endpoint):
    api.deliver_to(endpoint.url + "#rc=3&rp=all")
    endpoint.answers = [web.Response(status=503), None, web.Response(status=404)]
    await ana.says("um")
    await api.wait_delivered()
    assert api.webhook.deliveries[0].statuses == [503, 0, 404, 200]
    assert len({posted.token for posted in endpoint.got}) == 1
    assert endpoint.got[0].token
    assert all(posted.genuine for posted in endpoint.got)
    api.deliver_to(endpoint.url + "#rc=1&rp=5xx")
    endpoint.answers = [web.Response(status=404)]
    await ana.says("dois")
    await api.wait_delivered()
    assert api.webhook.deliveries[1].statuses == [404]


async def test_all_tries_together_end_in_time(api: StandIn, ana: Person, endpoint: Endpoint):
    api.deliver_to(endpoint.url + "#rc=5&rp=all&rt=200&tt=300")
    endpoint.seconds = 60.0
    await ana.says("um")
    await api.wait_for(lambda: api.webhook.lost, 10)
    assert api.webhook.deliveries[0].statuses in ([0], [0, 0])
    api.deliver_to(endpoint.url + "#tt=200")
    await ana.says("dois")
    await api.wait_for(lambda: len(api.webhook.lost) == 2, 10)


async def test_only_where_nobody_answers_it_comes_again(api: StandIn, ana: Person):
    api.deliver_to("http://127.0.0.1:9/hooks/whatsapp")
    await ana.says("um")
    await api.wait_delivered()
    assert api.webhook.deliveries[0].statuses == [0, 0]


async def test_copies_at_once_and_after_each_other(api: StandIn, ana: Person, endpoint: Endpoint):
    api.webhook.copies, api.webhook.together, endpoint.seconds = 5, 2, 0.02
    await ana.says("a")
    await ana.says("b")
    await api.wait_delivered()
    assert set(Counter(posted.form["MessageSid"] for posted in endpoint.got).values()) == {5}
    assert endpoint.most_inside == 2
    assert await api.again(api.webhook.deliveries[0]) == 200
    assert len(endpoint.got) == 11


@pytest.mark.parametrize(
    ("answer", "flaw"),
    [
        ({"text": "<Response></Response>", "content_type": "application/xml"}, ""),
        ({"text": '<?xml version="1.0"?>\n<Response />', "content_type": "text/xml"}, ""),
        ({"text": "<Response/>", "content_type": "text/html"}, "not told to be XML (12300)"),
        ({"text": "", "content_type": "text/xml"}, "no XML (12100)"),
        ({"status": 204}, "not told to be XML (12300)"),
        (
            {"text": "<Response><Message>oi</Message></Response>", "content_type": "text/xml"},
            "more than <Response/> (12200)",
        ),
        (
            {"text": "<p>oops</p>", "content_type": "text/html", "status": 500},
            "an error page (11200)",
        ),
        ({"text": "busy", "status": 503}, ""),
        ({"status": 307, "headers": {"Location": "/x"}}, "a redirect, which drops the form"),
    ],
)
async def test_the_answer_is_looked_at(
    api: StandIn, ana: Person, endpoint: Endpoint, answer: dict[str, object], flaw: str
):
    endpoint.answers = [web.Response(**answer)]  # type: ignore[arg-type]
    await ana.says("oi")
    await api.wait_delivered()
    assert [violation.detail for violation in api.violations] == ([flaw] if flaw else [])


async def test_any_form_can_be_posted(api: StandIn, ana: Person, endpoint: Endpoint):
    assert await api.webhook.post({"MessageSid": "x", "Body": ""}) == 200
    assert await api.webhook.post({"Body": "oi"}, {"X-Twilio-Signature": "forged"}) == 200
    assert [posted.genuine for posted in endpoint.got] == [True, False]
    api.auth_token = "rotated"
    await ana.says("oi")
    assert not (await last(api, endpoint)).genuine


async def test_a_shared_key_signs_in_place_of_the_token(
    api: StandIn, ana: Person, endpoint: Endpoint
):
    api.shared_key = ("webhooks_sharedkey_1", "s3cret")
    await ana.says("oi")
    assert not (await last(api, endpoint)).genuine
    endpoint.auth_token = "s3cret"
    await ana.says("oi")
    posted = await last(api, endpoint)
    assert posted.genuine
    assert posted.settings == "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
