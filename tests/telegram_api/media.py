"""What is not text, as it stands in an update."""

from __future__ import annotations

from copy import deepcopy
from itertools import count
from typing import Any

_files = count(1)
_BODIES: dict[str, dict[str, Any]] = {
    "voice": {"duration": 4, "mime_type": "audio/ogg", "file_size": 16_021},
    "audio": {"duration": 180, "mime_type": "audio/mpeg", "file_name": "a.mp3", "file_size": 9_000},
    "video": {"width": 640, "height": 360, "duration": 7, "mime_type": "video/mp4"},
    "video_note": {"length": 240, "duration": 5, "file_size": 90_000},
    "animation": {"width": 320, "height": 180, "duration": 2, "mime_type": "video/mp4"},
    "document": {"file_name": "boleto.pdf", "mime_type": "application/pdf", "file_size": 81_000},
    "sticker": {
        "width": 512,
        "height": 512,
        "emoji": "👍",
        "is_animated": False,
        "is_video": False,
        "type": "regular",
    },
    "location": {"latitude": -22.9068, "longitude": -43.1729},
    "contact": {"phone_number": "+5521999990000", "first_name": "Ana"},
    "dice": {"emoji": "🎲", "value": 3},
    "venue": {
        "location": {"latitude": -22.9068, "longitude": -43.1729},
        "title": "Loja",
        "address": "Rua A, 1",
    },
}
_NO_FILE = ("location", "contact", "dice", "venue")


def body(kind: str, details: dict[str, Any]) -> dict[str, Any]:
    """The part of a message that holds it; `details` replace or add fields."""
    if kind == "photo":
        sizes = [_file() | {"width": side, "height": side} for side in (90, 320, 1280)]
        sizes[-1] |= {"file_size": 120_000} | details
        return {"photo": sizes}
    made = deepcopy(_BODIES[kind]) | ({} if kind in _NO_FILE else _file()) | details
    also = {"location": made["location"]} if kind == "venue" else {}
    return {kind: made, **also}


def _file() -> dict[str, Any]:
    number = next(_files)
    return {"file_id": f"AwACAgEAAxk-{number}", "file_unique_id": f"AgAD-{number}"}
