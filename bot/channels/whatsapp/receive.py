"""Receive: from the form of one delivery to something stored. After `take`, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from bot.channels.whatsapp import CHANNEL
from bot.channels.whatsapp.form import Form
from bot.channels.whatsapp.heard import Came, Nothing, Parsed
from bot.channels.whatsapp.parse import conversation_of, identity_of, parse
from bot.channels.whatsapp.presses import by_label, by_number, by_press, by_press_of_some, number_in
from bot.channels.whatsapp.statuses import AfterFailure
from bot.clock import Clock
from bot.delivery.ports import Parcel
from bot.delivery.receipts import Heard, Receipt, Receipts, Report
from bot.delivery.transcript import Transcripts
from bot.errors import LedgerError, Unreadable
from bot.intake.accept import Intake
from bot.intake.ports import Admission, Contacts, Poison, Quarantine
from bot.model import ConversationKey, Incoming, Kind
from bot.outcome import Button, Outgoing
from bot.record import Responded

log = structlog.get_logger()


def _no_notice(parcel: Parcel, reason: str) -> Outgoing | None:
    return None


def _never(parcel: Parcel, reason: str) -> float | None:
    return None


def _nobody(*_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Receiver:
    """The one way in from WhatsApp."""

    intake: Intake
    contacts: Contacts
    transcripts: Transcripts
    receipts: Receipts
    quarantine: Quarantine
    clock: Clock
    after_failure: AfterFailure
    # Seconds after which a message that failed may be sent without what it failed for.
    bare_after: Callable[[Parcel, str], float | None] = _never
    notice: Callable[[Parcel, str], Outgoing | None] = _no_notice  # to staff: it did not arrive
    heard: Callable[[ConversationKey, str], None] = _nobody  # the newest message of a chat
    observe: Callable[[Responded], None] = _nobody
    wake_courier: Callable[[], None] = _nobody

    async def take(self, form: Form, query: str) -> None:
        """Take one delivery of Twilio's. Raises LedgerError: nothing was stored, take it again.

        Whatever else goes wrong with it would go wrong again: it is put out of the way.
        """
        try:
            await self._take(parse(form, query, self.clock.now(), self.after_failure), form)
        except LedgerError:
            raise
        except Unreadable as unreadable:
            await self._keep(unreadable.code, form)
        except Exception as error:  # noqa: BLE001  # Twilio drops what is refused: keep it
            log.error("whatsapp_delivery_failed", error=type(error).__name__)
            await self._keep("failed", form)

    async def has(self, form: Form) -> bool:
        """Whether what this form tells was taken before, by a webhook or from the list.

        What cannot be read is not known. Raises LedgerError.
        """
        try:
            parsed = parse(form, "", self.clock.now(), self.after_failure)
            if not isinstance(parsed, Came):
                return True
            return await self.intake.inbox.knows(await self._from_person(parsed))
        except LedgerError:
            raise
        except Exception:  # noqa: BLE001  # whoever takes it tells what is wrong with it
            return False

    async def take_listed(self, form: Form, sent_at: float) -> bool:
        """Take what no webhook has brought, and say whether it was new. Raises LedgerError.

        `sent_at` is Unix time. The list does not say that a button was pressed, nor which: what
        reads like one that was offered last counts as a press of it.
        """
        now = self.clock.now()
        try:
            parsed = parse(form, "", now, self.after_failure)
            if not isinstance(parsed, Came):
                return False
            message = replace(await self._from_person(parsed), sent_at=min(sent_at, now))
            chosen, _ = await self._chosen(parsed, message)
            if chosen:
                text = _shown(parsed, chosen, message.text)
                message = replace(message, kind=Kind.BUTTON, text=text, button=chosen.value)
            elif message.kind is Kind.TEXT and (said := await self._label(message)):
                message = replace(message, kind=Kind.BUTTON, button=said.value)
            accepted = await self.intake.accept(message)
        except LedgerError:
            raise
        except Unreadable as unreadable:
            await self._keep(unreadable.code, form)
            return False
        except Exception as error:  # noqa: BLE001  # what comes behind it must not wait for it
            log.error("whatsapp_listed_failed", error=type(error).__name__)
            await self._keep("failed", form)
            return False
        # Where a webhook was quicker, it told more: another text under the same id is no conflict.
        is_new = accepted.admission is Admission.NEW
        if is_new:
            self.heard(message.conversation, message.id)
        return is_new

    async def _label(self, message: Incoming) -> Button | None:
        return by_label(message.text, await self.transcripts.offered(message.conversation))

    async def _take(self, parsed: Parsed, form: Form) -> None:
        match parsed:
            case Came():
                await self._accept(parsed, form)
            case Report():
                await self._note(parsed)
            case Nothing(reason):
                log.debug("whatsapp_ignored", reason=reason)

    async def _accept(self, came: Came, form: Form) -> None:
        message = await self._from_person(came)
        if came.replied:
            quoted = await self.transcripts.said(message.conversation, came.replied)
            parts = (part for part in (quoted, message.quoted) if part.strip())
            message = replace(message, quoted="\n".join(parts))
        chosen, looked_up = await self._chosen(came, message)
        if chosen:
            text = _shown(came, chosen, message.text)
            message = replace(message, kind=Kind.BUTTON, text=text, button=chosen.value)
        accepted = await self.intake.accept(message)
        if accepted.admission is Admission.NEW:
            self.heard(message.conversation, message.id)
        elif accepted.admission is Admission.CONFLICT and not looked_up:
            # One id, two texts: Twilio never does that. The first one counts. (What a press or a
            # number stands for may have changed since it first came: that is a mere repeat.)
            await self._keep("conflict", form)

    async def _from_person(self, came: Came) -> Incoming:
        """The message in the chat where this person is served, whatever name they write under."""
        message = came.message
        here = message.conversation
        person = await self.contacts.met(here, came.names, message.received_at)
        return replace(
            message,
            conversation=person.chat,
            identity=identity_of(person.name),
            address=here.chat if here.chat != person.chat.chat else "",
        )

    async def _chosen(self, came: Came, message: Incoming) -> tuple[Button | None, bool]:
        """What was chosen of what this very chat was offered, and whether that was looked up."""
        chat = message.conversation
        if came.pressed:
            # Of the message that was pressed under, if it is known, else of the last one.
            if came.replied and (under := await self.transcripts.offered(chat, came.replied)):
                return by_press(came.pressed, under), True
            return by_press_of_some(came.pressed, await self.transcripts.offered(chat)), True
        number = number_in(message.text) if message.kind is Kind.TEXT else None
        if number is None:
            return None, False
        return by_number(number, await self.transcripts.offered(chat, came.replied)), True

    async def _note(self, report: Report) -> None:
        notice = None
        if report.receipt is Receipt.FAILED:
            parcel = await self.receipts.parcel_of(report)
            if parcel and report.again_after is None:
                report = replace(report, again_after=self.bare_after(parcel, report.reason))
            notice = self.notice(parcel, report.reason) if parcel else None
            log.warning("whatsapp_failed", reason=report.reason, known=parcel is not None)
        noted = await self.receipts.note(report, self.clock.now(), notice)
        if noted.heard is Heard.STRANGE:
            log.info("whatsapp_strange_report", receipt=report.receipt.value)
        if noted.to_send:
            self.wake_courier()
        if noted.responded:
            self.observe(noted.responded)

    async def _keep(self, reason: str, form: Form) -> None:
        """Put a delivery out of the way. Raises LedgerError."""
        where = conversation_of(form)
        poison = Poison(
            channel=CHANNEL,
            account=where.account if where else "",
            reason=reason,
            body=form.raw,
            at=self.clock.now(),
            conversation=where,
            size=len(form.raw),
        )
        await self.quarantine.keep(poison)
        log.warning("whatsapp_quarantined", reason=reason, size=poison.size)


def _shown(came: Came, chosen: Button, text: str) -> str:
    """What somebody chose, for whoever reads it later: a number alone would tell them nothing."""
    if came.pressed is None:
        return f"{text.strip()} ({chosen.label})"
    return text if came.pressed.label else chosen.label
