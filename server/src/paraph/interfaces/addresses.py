# SPDX-License-Identifier: Apache-2.0
"""From which address a request comes, when proxies may stand between (PARAPH_TRUSTED_PROXIES). Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """``10.0.0.0/8, 2001:db8::7``: addresses and networks between commas. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address of whoever asks. `peer` holds the connection, `forwarded` is X-Forwarded-For.

    Read from the right: each entry was written by the one to its right, and counts only as long as that one is trusted.
    What a client wrote there itself stands further left and is never reached. An entry that is no address ends the
    reading: then it is the last one who was trusted that speaks.
    """
    current = _parsed(peer)
    if current is None:
        return peer
    entries = [entry.strip() for entry in forwarded.split(",")] if forwarded.strip() else []
    while entries and any(current in network for network in trusted if network.version == current.version):
        following = _parsed(entries.pop())
        if following is None:
            break
        current = following
    return str(current)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """The address, also with a port; one of IPv4 that came in IPv6's clothes is taken out of them."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
