"""An update as Telegram writes it: the few fields that we read, and their types.

Fields of a message that we do not read are kept by name, for they tell what the message is.
An `update_id` written as text is refused: Telegram never does that.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from bot.channels.body import Body
from bot.errors import Unreadable

# Both are what SQLite and every client of the Bot API can hold.
Number = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Natural = Annotated[int, Field(ge=0, lt=2**63)]

# Kinds of update that may reach us and mean nothing to a desk.
IDLE_KINDS = frozenset({"channel_post", "edited_channel_post", "chat_member"})

Model = TypeVar("Model", bound=Body)


def _storable(value: str) -> str:
    return value.replace("\x00", "\ufffd")  # as long as before: entities count signs


Said = Annotated[str, AfterValidator(_storable)]


class User(Body):
    id: Number
    is_bot: bool
    first_name: Said = ""
    last_name: Said = ""
    username: Said = ""
    language_code: Said = ""


class Chat(Body):
    id: Number
    type: str


class Entity(Body):
    """A stretch of a text; `offset` and `length` count UTF-16 units."""

    type: str
    offset: Number
    length: Number
    user: User | None = None


class File(Body):
    """What all kinds of file have in common."""

    file_id: Said
    file_unique_id: Said = ""
    file_name: Said = ""
    mime_type: Said = ""
    file_size: Natural = 0
    emoji: Said = ""  # of a sticker


class Location(Body):
    latitude: float
    longitude: float


class Venue(Body):
    location: Location
    title: Said
    address: Said


class Contact(Body):
    phone_number: Said
    first_name: Said
    last_name: Said = ""


class Quote(Body):
    text: Said


class Keyboard(Body):
    """The buttons under a message, row by row."""

    class Key(Body):
        text: Said
        callback_data: Said = ""

    inline_keyboard: tuple[tuple[Key, ...], ...] = ()


class Replied(Body):
    """The message that another one replies to."""

    message_id: Number
    sender: User | None = Field(None, alias="from")
    text: Said | None = None
    caption: Said | None = None
    forum_topic_created: dict[str, Any] | None = None  # the reply is the topic's, not a person's


class Message(Body):
    """A message; `model_extra` has the fields that are not read, by name."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    message_id: Natural
    chat: Chat
    date: Natural = 0
    sender: User | None = Field(None, alias="from")
    sender_chat: Chat | None = None
    message_thread_id: Natural | None = None
    is_topic_message: bool = False
    is_automatic_forward: bool = False
    forward_origin: dict[str, Any] | None = None
    via_bot: User | None = None
    media_group_id: Said = ""
    edit_date: Natural = 0
    text: Said | None = None
    entities: tuple[Entity, ...] = ()
    caption: Said | None = None
    caption_entities: tuple[Entity, ...] = ()
    reply_to_message: Replied | None = None
    quote: Quote | None = None
    reply_markup: Keyboard | None = None
    voice: File | None = None
    audio: File | None = None
    photo: tuple[File, ...] | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    document: File | None = None
    sticker: File | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Contact | None = None
    migrate_to_chat_id: Number | None = None
    migrate_from_chat_id: Number | None = None

    @property
    def written(self) -> str | None:
        """The text or the caption; None where there is neither."""
        return self.text if self.text is not None else self.caption

    @property
    def marks(self) -> tuple[Entity, ...]:
        """The entities of what is written."""
        return self.entities if self.text is not None else self.caption_entities


class Callback(Body):
    """A button was pressed; the message may be too old to be shown, or somewhere else."""

    id: Annotated[Said, Field(min_length=1, max_length=64)]
    sender: User = Field(alias="from")
    message: Message | None = None
    data: Said = ""


class Membership(Body):
    status: str


class MemberChange(Body):
    chat: Chat
    new_chat_member: Membership


class Update(Body):
    """One update; `model_extra` names its kind where it is none of ours."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")

    update_id: Natural
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Callback | None = None
    my_chat_member: MemberChange | None = None


def read(body: bytes) -> Update:
    """Check an update. Raises Unreadable with the code "not_json" or "wrong_shape".

    The reason names the kind of mistake and never repeats what was sent.
    """
    try:
        return Update.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        raise Unreadable("the body is not valid JSON in UTF-8", code="not_json")
    raise Unreadable("a field has the wrong type or is missing", code="wrong_shape")
