# SPDX-License-Identifier: Apache-2.0
"""Which limits there are, and whom a try is counted for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Limit:
    """So many tries at once; used up, they come back one by one, all of them within `seconds`. 0 tries: no limit."""

    tries: int
    seconds: int

    @property
    def share(self) -> int:
        """Microseconds after which one try is back."""
        return self.seconds * MICROSECONDS // self.tries

    @property
    def window(self) -> int:
        return self.seconds * MICROSECONDS


QUARTER, HOUR = 900, 3600

# By address, but those that say otherwise: a UserID as it was typed, together with the address, so that nobody can use
# up what another has elsewhere.
DEFAULTS = {
    "door": Limit(60, QUARTER),  # passwords, and security codes of the helpdesk
    "door_name": Limit(20, QUARTER),  # the same for one UserID
    "image": Limit(60, QUARTER),  # a Scan's image asked for anew
    "recovery": Limit(30, HOUR),  # forgotten password, unblocking
    "recovery_name": Limit(20, HOUR),  # the same for one UserID
    "message": Limit(20, HOUR),  # codes by SMS
    "message_name": Limit(10, HOUR),  # the same for one UserID
    "activation": Limit(60, HOUR),
    "activation_name": Limit(20, HOUR),  # initial codes for one UserID
    "suspension": Limit(20, HOUR),  # suspending with initial codes, and reports with them
    "fraud": Limit(20, HOUR),
    "place": Limit(60, HOUR),  # orders
    "follow": Limit(30, HOUR),  # wrong links of orders
    "voucher": Limit(30, HOUR),
    "authorize": Limit(300, QUARTER),  # requests of partners that a browser brings
    "push": Limit(6000, QUARTER),  # requests that one partner's program pushes
    "client": Limit(60, QUARTER),  # wrong secrets and wrong codes of partners' programs
    "timestamp": Limit(600, 60),
}

_limits: dict[str, Limit] = dict(DEFAULTS)


def use(numbers: Mapping[str, Mapping[str, int]]) -> None:
    """An operator's own numbers, by limit: `tries`, `seconds`, or both. Raises ValueError for what can't be meant."""
    unknown = set(numbers) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"unknown limits: {', '.join(sorted(unknown))}")
    chosen = dict(DEFAULTS)
    for kind, given in numbers.items():
        try:
            limit = replace(chosen[kind], **given)
        except TypeError as error:
            raise ValueError(f"the limit {kind} has tries and seconds, nothing else") from error
        # Rounding down a share must not let one try more through.
        if limit.tries < 0 or limit.seconds < 1 or limit.tries * (limit.tries + 1) > limit.window:
            raise ValueError(f"the limit {kind} is out of bounds")
        chosen[kind] = limit
    _limits.update(chosen)


def limit(kind: str) -> Limit:
    """The operator's numbers, else those of this file."""
    return _limits[kind]


def source_of(address: str) -> str:
    """Whom an address stands for: itself, or with IPv6 its network of 64 bits, which one customer has whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)
