"""Work that is done once for a version of the book and then reused on every message."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from bot.book import Book

Built = TypeVar("Built")
KEPT = 8  # versions; a turn may still see an older one while a new one is live


def once_per_book(build: Callable[[Book], Built]) -> Callable[[Book], Built]:
    """Remember what was built for a book. The book is kept too, so its id stays its own."""
    kept: OrderedDict[int, tuple[Book, Built]] = OrderedDict()

    @wraps(build)
    def built(book: Book) -> Built:
        found = kept.get(id(book))
        if found is None:
            found = kept[id(book)] = (book, build(book))
            while len(kept) > KEPT:
                kept.popitem(last=False)
        return found[1]

    return built
