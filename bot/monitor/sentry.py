"""Sentry: what went wrong and where in the code, never what anybody said.

Out of the box the SDK sends the variables of stack frames, the lines of source around them, log
messages, URLs and, once its integrations for model SDKs switch themselves on, prompts. Customers'
words and keys are among all of these, and prompts travel in items that pass no `before_send` at
all. So nothing switches itself on here, nothing is traced, and what does leave is built anew from
a list of what may: names, types, places in the code, numbers.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

from bot.monitor.error_reports import ErrorReport, ErrorReports
from bot.redact import redact, redacted

if TYPE_CHECKING:
    from sentry_sdk.transport import Transport

log = structlog.get_logger()

TEXT = "[text]"
LONGEST_TEXT = 1_000  # signs of a text that are looked at
CLOSE_SECONDS = 2.0  # for what is still to be sent when the program stops
# What a field of a log event may say: a name, a path, a type. Whatever has a space in it or
# letters beyond ASCII may be a sentence of somebody's.
_STABLE = re.compile(r"[A-Za-z0-9_.:/\[\]+-]{0,100}")
# The shape of events: https://develop.sentry.dev/sdk/foundations/transport/event-payloads/
_KEPT = ("event_id", "timestamp", "level", "platform", "release", "environment", "type")
_FRAME = ("function", "module", "lineno", "in_app")
_MECHANISM = ("type", "handled", "exception_id", "parent_id", "is_exception_group", "source")


class Sentry:
    """Where error reports go. Its client is the process's, so there is one at the most."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def report(self, report: ErrorReport) -> None:
        """Queue it; a thread of the SDK sends it. Never raises: it is called while logging."""
        import sentry_sdk
        from sentry_sdk.utils import event_from_exception

        with suppress(Exception):
            event: Any = {"level": "error"}
            if report.error is not None:
                event, _ = event_from_exception(
                    report.error,
                    client_options=self._client.options,
                    mechanism={"type": "log", "handled": True},
                )
            # Where no exception is, the message is what Sentry groups by.
            event["message"] = report.name
            words = {k: v for k, v in report.fields.items() if isinstance(v, str)}
            event["tags"] = {"event": report.name, **words}
            event["extra"] = {k: v for k, v in report.fields.items() if k not in words}
            if report.unreported:
                event["extra"]["unreported"] = report.unreported
            sentry_sdk.capture_event(event)

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Send what is queued, for so many seconds at the most, and stop. Blocks meanwhile."""
        self._client.close(timeout=seconds)


async def report_to_sentry(dsn: str, release: str, reports: ErrorReports) -> Sentry | None:
    """Load the SDK in a thread, start it and hand it the reports; None without a DSN.

    To be called once the doors are open: the SDK takes a while to load. A DSN that is none is
    said in the log, and the desk goes on without.
    """
    sentry = None
    if dsn:
        try:
            sentry = await asyncio.to_thread(start, dsn, release)
        except Exception as error:  # noqa: BLE001  # whatever the SDK minds, the desk is open
            # Nothing of the DSN: it is a key.
            log.warning("sentry_not_started", error=type(error).__name__)
    if sentry is None:
        reports.close()
    else:
        reports.hand_to(sentry.report)
    return sentry


def start(dsn: str, release: str, transport: Transport | type[Transport] | None = None) -> Sentry:
    """Start the SDK with everything off that could see a customer's words.

    What is kept: crashes of the program and of its threads (`excepthook`, `threading`), no report
    twice (`dedupe`), a last flush (`atexit`). Raises sentry_sdk.utils.BadDsn for what is no DSN.
    """
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.threading import ThreadingIntegration

    sentry_sdk.init(
        dsn=dsn,
        transport=transport,
        release=release,
        server_name="",
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=_say_nothing),
            DedupeIntegration(),
            ExcepthookIntegration(),
            ThreadingIntegration(propagate_scope=False),
        ],
        in_app_include=["bot", "handlers"],
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_breadcrumb=_nothing,
        before_send=_clean,
        before_send_transaction=_nothing,
        before_send_log=_nothing,
        before_send_metric=_nothing,
        enable_logs=False,
        enable_metrics=False,
        traces_sample_rate=None,
        stream_gen_ai_spans=False,
        propagate_traces=False,  # no headers of Sentry's on calls to other people's servers
        auto_session_tracking=False,
        send_client_reports=False,
        debug=False,  # nor by SENTRY_DEBUG: it prints whole events
        spotlight=False,  # nor by SENTRY_SPOTLIGHT: it sends every event to a second place
    )
    return Sentry(sentry_sdk.get_client())


def _nothing(_thing: Any, _hint: Any) -> None:
    """Breadcrumbs, transactions, logs, metrics: none leave."""


def _say_nothing(_pending: int, _seconds: float) -> None:
    """Instead of a notice on standard error when the program ends."""


def _clean(event: Any, _hint: Any) -> Any:
    """The event built anew from what may leave, each text of it redacted."""
    kept = {name: event[name] for name in _KEPT if name in event}
    cleaned = {
        "message": _word(event.get("message")),
        "logger": "nightdesk",
        "tags": _entries(event.get("tags")),
        "extra": _entries(event.get("extra")),
        "sdk": {name: (event.get("sdk") or {}).get(name) for name in ("name", "version")},
    }
    if values := (event.get("exception") or {}).get("values"):
        cleaned["exception"] = {"values": [_exception(each) for each in values]}
    return {**kept, **cleaned}


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    """An exception's type and its stack, not what it says."""
    frames = (value.get("stacktrace") or {}).get("frames") or ()
    mechanism = value.get("mechanism") or {}
    return {
        "type": _word(value.get("type")),
        "module": _word(value.get("module")),
        "mechanism": {name: mechanism[name] for name in _MECHANISM if name in mechanism},
        "stacktrace": {"frames": [_frame(frame) for frame in frames]},
    }


def _frame(frame: Mapping[str, Any]) -> dict[str, Any]:
    """A place in the code; of the path only its end, for the rest names somebody's machine."""
    path = str(frame.get("filename") or "").replace("\\", "/")
    short = "/".join(path.split("/")[-3:])
    return {"filename": short, **{name: frame[name] for name in _FRAME if name in frame}}


def _entries(given: object) -> dict[str, object]:
    """Fields of a log event: numbers and stable words."""
    clean = redacted(given)  # first as a whole: what is called a token is one
    pairs = clean.items() if isinstance(clean, Mapping) else ()
    return {str(_word(name)): _numbers(_word(value)) for name, value in pairs}


def _word(value: object) -> object:
    """A stable word as it is; another text gives way to a sign."""
    if not isinstance(value, str):
        return value
    clean = redact(value[:LONGEST_TEXT])
    return clean if _STABLE.fullmatch(clean) else TEXT


def _numbers(value: object) -> object:
    """Of what has parts, the numbers in it: words there are nobody's stable ones."""
    match value:
        case Mapping():
            return {str(_word(name)): _number(each) for name, each in value.items()}
        case list() | tuple():
            return [_number(each) for each in value]
    return value


def _number(value: object) -> object:
    return TEXT if isinstance(value, str) else _numbers(value)
