"""What a desk could start with, and what its operator would rather know beforehand."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.book import Book
from bot.environment import Environment
from bot.errors import Flaw
from bot.facts.sources import without_words
from bot.plan import Plan
from bot.rules.commands import recognise
from bot.rules.noise import is_noise
from bot.settings import Settings
from bot.yaml_source import Document

BASES = ("telegram_api_base", "twilio_api_base", "openai_base_url", "anthropic_base_url")


def remarks(plan: Plan, document: Document | None) -> list[Flaw]:
    """Everything that does not stop a start; `document` is config.yaml, for the lines in it."""
    place = _Places(document)
    environment, settings, book = plan.environment, plan.settings, plan.book
    return [
        *_addresses(environment, settings, place),
        *_staff(environment, settings, place),
        *_templates(environment, settings, book, place),
        *_facts(settings, book, place),
        *_unreachable(book),
        *_hours(book),
    ]


class _Places:
    """Where things stand in config.yaml."""

    def __init__(self, document: Document | None) -> None:
        self._document = document

    def remark(self, path: tuple[str | int, ...], message: str, advice: str) -> Flaw:
        if self._document is None:
            return Flaw("config.yaml", message, advice=advice)
        return self._document.flaw(path, message, advice)


def _addresses(environment: Environment, settings: Settings, place: _Places) -> Iterator[Flaw]:
    for name in BASES:
        if _is_open_to_all(url := getattr(environment, name)):
            message = "is plain http: keys and messages travel readable to everybody on the way"
            yield Flaw(name.upper(), message, url, "use https, or a server on this machine")
    for number, entry in enumerate(settings.providers):
        if _is_open_to_all(entry.base_url):
            message = f"the model '{entry.name}' is called over plain http: what people write, and "
            yield place.remark(
                ("providers", number, "base_url"),
                message + "its key, travel readable to everybody on the way",
                "use https, or a server on this machine",
            )
    url = environment.public_url
    if _is_open_to_all(url):
        message = "is plain http: what customers write travels readable to everybody on the way"
        yield Flaw("PUBLIC_URL", message, url, "put a proxy with a certificate before the desk")
    platform = not environment.twilio_api_base and environment.whatsapp_is_on
    if platform and url and _is_private(url):
        message = "is an address of this machine or network: Twilio cannot deliver there"
        yield Flaw("PUBLIC_URL", message, url, "write the address at which the internet reaches it")


def _is_open_to_all(url: str) -> bool:
    return urlsplit(url).scheme == "http" and not _is_loopback(urlsplit(url).hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_private(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return _is_loopback(host) or "." not in host


def _staff(environment: Environment, settings: Settings, place: _Places) -> Iterator[Flaw]:
    if environment.telegram_staff_chat is not None and not settings.desk.staff:
        yield place.remark(
            ("desk", "staff"),
            "there is a staff chat (TELEGRAM_STAFF_CHAT), but nobody may answer from it",
            "write /help there: the bot says who you are; list that number under desk.staff",
        )
    if environment.telegram_staff_chat is not None and environment.telegram_staff_chat > 0:
        yield Flaw(
            "TELEGRAM_STAFF_CHAT",
            "is the number of a person, not of a group: those begin with a minus",
            str(environment.telegram_staff_chat),
            "copy the number from the log line telegram_in_group",
        )


def _templates(
    environment: Environment, settings: Settings, book: Book, place: _Places
) -> Iterator[Flaw]:
    approved = settings.channels.whatsapp.templates
    path = ("channels", "whatsapp", "templates")
    if environment.whatsapp_is_on and (
        lacking := [code for code in book.languages if code not in approved]
    ):
        yield place.remark(
            path,
            f"no approved WhatsApp message in {', '.join(lacking)}: after 24 hours without a word "
            "of theirs, such customers cannot be asked to write again",
            "let WhatsApp approve one in each language and list its Content SID here",
        )
    for code in approved:
        if code not in book.languages:
            message = f"an approved message in '{code}', which the desk does not speak, is not used"
            yield place.remark(
                (*path, code), message, f"add '{code}' to business.languages, or remove it"
            )


def _facts(settings: Settings, book: Book, place: _Places) -> Iterator[Flaw]:
    for name, languages in without_words(settings.facts, book.languages).items():
        number = next(n for n, each in enumerate(settings.facts) if name in each.facts)
        yield place.remark(
            ("facts", number, "facts", name),
            f"'{name}' has no words (labels) in {', '.join(languages)}: there an answer about it "
            "is held against less",
            f"add them, for example labels: {{{languages[0]}: [...]}}",
        )


def _unreachable(book: Book) -> Iterator[Flaw]:
    opened = {intent.form for intent in book.intents}
    for name, form in book.forms.items():
        if name not in opened:
            message = f"no topic opens the form '{name}'"
            yield Flaw(form.where, message, advice=f"write form: {name} in an intent, or remove it")
    for intent in book.intents:
        if not intent.decides:
            message = f"the topic '{intent.name}' is recognised, and nothing follows from it"
            yield Flaw(intent.where, message, advice="give it a reply, a form or hand_off: true")
        for example in (text for texts in intent.examples.values() for text in texts):
            if taken := _taken(example, book):
                message = f"'{example}', an example of '{intent.name}', {taken}"
                advice = "remove it here, or there in commands.yaml"
                yield Flaw(intent.where, message, example, advice)


def _taken(example: str, book: Book) -> str:
    if command := recognise(example, book):
        return f"is understood as the command /{command.name} before any rule"
    return "counts as needing no answer (noise)" if is_noise(example, book) else ""


def _hours(book: Book) -> Iterator[Flaw]:
    if not any(book.hours.week.values()):
        message = "says no hours on any day: customers are never told when people are there"
        yield Flaw("house.yaml", message, advice='write them, for example monday: ["09:00-18:00"]')
