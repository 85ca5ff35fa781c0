"""The tables. Every one carries the conversation key or an identity, so that it can be sharded."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

metadata = MetaData()

# SQLite numbers rows by itself only where the column is called INTEGER; it holds 64 bits there.
BigKey = BigInteger().with_variant(Integer, "sqlite")

# Keys of everything that was accepted, for dropping repeats. Kept 8 days; survives erasure.
deliveries = Table(
    "deliveries",
    metadata,
    Column("channel", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("digest", String, nullable=False),  # keyed hash of the text, never the text
    Column("at", Float, nullable=False),
    Index("deliveries_at", "at"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("key", String, primary_key=True),
    Column("last_in_at", Float, nullable=False),
    Column("language", String),
    Column("pinned_language", Boolean, nullable=False, server_default=false()),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("form", JSON(none_as_null=True)),
    Column("facts", JSON, nullable=False, server_default=text("'{}'")),
    Column("ownership", String, nullable=False, server_default="bot"),
    Column("holder", String, nullable=False, server_default=""),
    Column("epoch", Integer, nullable=False, server_default=text("0")),  # rises with each claim
    Column("lease_owner", String, nullable=False, server_default=""),
    Column("lease_until", Float, nullable=False, server_default=text("0")),
    Column("fence", Integer, nullable=False, server_default=text("0")),  # rises with each lease
    Column("retry_at", Float, nullable=False, server_default=text("0")),
    Column("name", String, nullable=False, server_default=""),  # as the customer calls themselves
    Column("public", Boolean, nullable=False, server_default=false()),  # others read along
    Column("blocked_at", Float),  # the customer has shut us out since then
    Column("drafts", JSON(none_as_null=True)),  # what a model was not let say lately
    Column("address", String, nullable=False, server_default=""),  # where to answer, if not at key
    Column("held", Boolean, nullable=False, server_default=false()),  # answers wait for a word
    Column("rhythm", JSON(none_as_null=True)),  # how this person writes; see intake/joining.py
    Column("slow_told_at", Float, nullable=False, server_default=text("0")),  # "we are slow"
    # The queue was full and the customer was told; until half of it is answered.
    Column("queue_full", Boolean, nullable=False, server_default=false()),
)

# direction: in (customer), out (to a customer or an agent), act (staff; never shown to customers).
# state of in and act: waiting, in_turn, done, limited, dead.
# state of out: pending, sending, sent, failed, unknown, superseded.
messages = Table(
    "messages",
    metadata,
    Column("seq", BigKey, primary_key=True, autoincrement=True),
    Column("conversation", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("state", String, nullable=False),
    Column("external_id", String, nullable=False, server_default=""),
    Column("identity", String, nullable=False, server_default=""),
    Column("author", String, nullable=False),
    Column("kind", String, nullable=False, server_default="text"),
    Column("text", Text, nullable=False),
    Column("button", String, nullable=False, server_default=""),
    Column("quoted", Text, nullable=False, server_default=""),
    Column("media", JSON(none_as_null=True)),
    Column("buttons", JSON(none_as_null=True)),
    Column("limit_verdict", String, nullable=False, server_default="pass"),
    Column("retry_after", Float, nullable=False, server_default=text("0")),  # seconds, if limited
    Column("verdict", String, nullable=False, server_default=""),  # how its turn ended
    Column("turn_id", BigKey),
    Column("part", Integer, nullable=False, server_default=text("0")),
    Column("answers", JSON(none_as_null=True)),  # of out: seq of the messages it answers
    Column("answered_by", BigKey),  # of in: seq of the one valid answer
    Column("epoch", Integer, nullable=False, server_default=text("0")),
    Column("receipt", String, nullable=False, server_default=""),  # see delivery/receipts.py
    Column("attempt", Integer, nullable=False, server_default=text("0")),  # at sending it
    Column("template", JSON(none_as_null=True)),  # of out: sent in place of the text
    Column("owner", String, nullable=False, server_default=""),  # of a row being sent
    Column("until", Float, nullable=False, server_default=text("0")),
    Column("act", JSON(none_as_null=True)),
    Column("at", Float, nullable=False),
    Column("marked", Boolean, nullable=False, server_default=false()),  # the text is Markdown
    Column("quote", String, nullable=False, server_default=""),  # of out: external id to quote
    Column("failure", String, nullable=False, server_default=""),  # why a send failed
    Column("case_id", BigKey),  # of out to staff: the case that a reply to it means
    Column("inside", Boolean, nullable=False, server_default=false()),  # for staff, goes last
    Column(
        "can_wait", Boolean, nullable=False, server_default=false()
    ),  # behind others of its kind
    Column("edits", JSON(none_as_null=True)),  # of in: later texts, [{text, at}]
    Column("reruns", Integer, nullable=False, server_default=text("0")),  # answers thrown away
    Index("messages_conversation", "conversation", "seq"),
    Index("messages_external", "conversation", "external_id"),
    # What staff were shown, for an erasure.
    Index(
        "messages_case",
        "case_id",
        sqlite_where=text("case_id IS NOT NULL"),
        postgresql_where=text("case_id IS NOT NULL"),
    ),
    Index(
        "messages_inside",
        "turn_id",
        sqlite_where=text("inside = 1"),
        postgresql_where=text("inside"),
    ),
    Index(
        "messages_open",
        "conversation",
        "seq",
        sqlite_where=text("state IN ('waiting', 'in_turn')"),
        postgresql_where=text("state IN ('waiting', 'in_turn')"),
    ),
    Index(
        "messages_outbox",
        "conversation",
        "seq",
        "state",
        "inside",
        "can_wait",
        "at",
        sqlite_where=text("state IN ('pending', 'sending')"),
        postgresql_where=text("state IN ('pending', 'sending')"),
    ),
    # Sends that their platform can still be asked about.
    Index(
        "messages_adrift",
        "seq",
        sqlite_where=text("state = 'unknown' AND failure = 'looking'"),
        postgresql_where=text("state = 'unknown' AND failure = 'looking'"),
    ),
    # What nobody could decide, for `nightdesk dead`.
    Index(
        "messages_dead",
        "seq",
        sqlite_where=text("state = 'dead'"),
        postgresql_where=text("state = 'dead'"),
    ),
    # What did not arrive, or may not have.
    Index(
        "messages_undelivered",
        "seq",
        sqlite_where=text("state IN ('failed', 'unknown')"),
        postgresql_where=text("state IN ('failed', 'unknown')"),
    ),
    sqlite_autoincrement=True,  # a number is never used twice, even after an erasure
)

# The record: one row a turn. Numbers and stable words only, so it survives an erasure.
# Times are Unix times; money is in billionths of a US dollar, so that sums are exact.
turns = Table(
    "turns",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("conversation", String, nullable=False),
    Column("state", String, nullable=False),  # open, settled, superseded
    Column("attempts", Integer, nullable=False),
    Column("opened_at", Float, nullable=False),
    Column("settled_at", Float),
    Column("verdict", String, nullable=False, server_default=""),
    Column("reason", String, nullable=False, server_default=""),
    Column("trail", JSON(none_as_null=True)),
    Column("messages", Integer, nullable=False, server_default=text("0")),  # joined in this turn
    Column("accepted_at", Float),  # the last of them; NULL for a staff act
    Column("responded_at", Float),  # the first part of the answer had left
    Column("answered_by", String, nullable=False, server_default=""),  # rule, model, system, staff
    Column("model", String, nullable=False, server_default=""),  # whose answer went out
    Column("fallback", Boolean, nullable=False, server_default=false()),  # not the first model's
    Column("calls", Integer, nullable=False, server_default=text("0")),  # to models
    Column("tokens_read", Integer, nullable=False, server_default=text("0")),
    Column("tokens_cached", Integer, nullable=False, server_default=text("0")),  # of those read
    Column("tokens_written", Integer, nullable=False, server_default=text("0")),
    Column("cost", BigInteger, nullable=False, server_default=text("0")),  # as far as it is known
    Column("unpriced", Integer, nullable=False, server_default=text("0")),  # calls of unknown price
    Column("error_kind", String, nullable=False, server_default=""),  # why the first attempt failed
    Column(
        "refused", Integer, nullable=False, server_default=text("0")
    ),  # drafts that the facts spoke against
    # Nothing but its answer was written: a correction may take it back while that still waits.
    Column("reopenable", Boolean, nullable=False, server_default=false()),
    Index("turns_conversation", "conversation", "id"),
    Index("turns_opened", "opened_at"),
    sqlite_autoincrement=True,
)

cases = Table(
    "cases",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("conversation", String, nullable=False),
    Column("status", String, nullable=False),  # waiting, claimed, resolved
    Column("reason", String, nullable=False),
    Column("details", JSON, nullable=False),
    Column("drafts", JSON(none_as_null=True)),  # what a model was not let say before it
    Column("agent", String, nullable=False, server_default=""),
    Column("opened_at", Float, nullable=False),
    Column("claimed_at", Float),
    Column("resolved_at", Float),
    Index("cases_conversation", "conversation"),
    Index(
        "cases_one_open",
        "conversation",
        unique=True,
        sqlite_where=text("status <> 'resolved'"),
        postgresql_where=text("status <> 'resolved'"),
    ),
    sqlite_autoincrement=True,
)

# What a person has used of the budget. Outlives /forget: forgetting is no way around the limit.
charges = Table(
    "charges",
    metadata,
    Column("identity", String, primary_key=True),
    Column("state", JSON, nullable=False),
    Column("at", Float, nullable=False),
    Index("charges_at", "at"),
)

counters = Table(
    "counters",
    metadata,
    Column("day", String, primary_key=True),  # UTC date
    Column("name", String, primary_key=True),
    Column("n", Integer, nullable=False),
)

# Authentic deliveries that nobody could read. Kept as long as delivery keys.
quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    Column("channel", String, nullable=False),
    Column("account", String, nullable=False),
    Column("conversation", String, nullable=False, server_default=""),  # "" where it was not told
    Column("reason", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Index("quarantine_at", "at"),
    sqlite_autoincrement=True,
)

# Chats that go on under another id: a group that became a supergroup.
moved_chats = Table(
    "moved_chats",
    metadata,
    Column("channel", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("before", String, primary_key=True),
    Column("after", String, nullable=False),
    Column("at", Float, nullable=False),
)

# All names under which a platform knows a person, and the chat in which that person is served.
identities = Table(
    "identities",
    metadata,
    Column("channel", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("name", String, primary_key=True),  # a telephone number, or an id that hides it
    Column("chat", String, nullable=False),
    Column("at", Float, nullable=False),
    Index("identities_chat", "channel", "account", "chat"),
)

# When a staff surface was last connected: a promise of a person needs somebody to see it.
staff_seen = Table(
    "staff_seen",
    metadata,
    Column("agent", String, primary_key=True),
    Column("at", Float, nullable=False),
)

# What models have cost or may still cost, by day of the business. Raised before a call by the most
# that it can cost, and lowered after it to what it did cost: a kill in between counts as spent.
spending = Table(
    "spending",
    metadata,
    Column("day", String, primary_key=True),  # date in the business's time zone
    Column("spent", BigInteger, nullable=False),  # billionths of a US dollar
)

# A row for each minute in which the desk was open.
heartbeats = Table(
    "heartbeats",
    metadata,
    Column("minute", Integer, primary_key=True, autoincrement=False),  # Unix time / 60
)

# What only one process of a fleet may do at a time, and which processes there are.
leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("until", Float, nullable=False),  # Unix time of the database's clock
)

# How far something outside has been read: what came in at a platform while nobody was here.
marks = Table(
    "marks",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", Float, nullable=False),  # Unix time
)
