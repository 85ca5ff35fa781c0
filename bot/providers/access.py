"""Which of the models in config.yaml may be asked: those whose key is there, or that need none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from bot.model_settings import ProviderEntry
from bot.providers.ports import Access

# For a server of one's own that wants none. Never the key of somebody else's: without api_key_env
# no variable is read for an entry with an address of its own.
NO_KEY = SecretStr("none")


def configured(
    entries: Sequence[ProviderEntry],
    environ: Mapping[str, str],
    openai_base_url: str,
    anthropic_base_url: str,
) -> tuple[Access, ...]:
    """The models that are switched on, in the order of config.yaml.

    The two addresses are those of the environment; they hold for entries without one of their own.
    """
    addresses = {"openai": openai_base_url, "anthropic": anthropic_base_url}
    return tuple(
        Access(
            name=entry.name,
            kind=entry.kind,
            model=entry.model,
            key=key,
            base_url=entry.base_url or addresses[entry.kind],
            effort=entry.effort,
            omit=entry.omit,
            price=entry.price,
        )
        for entry in entries
        if (key := _key(entry, environ)) is not None
    )


def _key(entry: ProviderEntry, environ: Mapping[str, str]) -> SecretStr | None:
    if not entry.needs_key:
        return NO_KEY
    key = environ.get(entry.key_variable, "").strip()
    return SecretStr(key) if key else None
