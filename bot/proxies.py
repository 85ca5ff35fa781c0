"""Addresses and networks of proxies, as an admin writes them. Names are not looked up."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, ip_network

_MAPPED_BITS = 96  # of ::ffff:0:0/96, in which IPv6 writes IPv4 addresses (RFC 4291, 2.5.5.2)
_EXAMPLE = "write an address or a network, such as 127.0.0.1 or 10.0.0.0/8"


def flaw_of(entry: str) -> tuple[str, str] | None:
    """What is wrong with an entry, and what to do; None for a good one."""
    try:
        network = ip_network(entry)
    except ValueError:
        try:
            meant = ip_network(entry, strict=False)
        except ValueError:
            if entry.strip() == "*":
                return "'*' would let anybody say who they are", _EXAMPLE
            return f"'{entry}' is no IP address and no network", _EXAMPLE
        address = entry.partition("/")[0]
        message = f"'{entry}' is neither one address nor a whole network"
        return message, f"did you mean '{meant}', or '{address}' alone?"
    if not network.prefixlen:
        return f"'{entry}' would let anybody say who they are", _EXAMPLE
    return None


def both_ways(entries: Sequence[str]) -> list[str]:
    """The entries and, of IPv4, as a socket that listens on both families shows its peers."""
    networks = [ip_network(entry) for entry in entries]
    mapped = [
        f"::ffff:{each.network_address}/{_MAPPED_BITS + each.prefixlen}"
        for each in networks
        if isinstance(each, IPv4Network)
    ]
    return [*map(str, networks), *mapped]
