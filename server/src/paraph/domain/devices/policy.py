# SPDX-License-Identifier: Apache-2.0
"""Which devices go together with which identity, and who may add one (R067, R208 to R211)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

SERVER, CHIP = "server", "chip"


class Reason(StrEnum):
    """Why a device ends, or rests."""

    LOST = "lost"
    STOLEN = "stolen"
    DEFECTIVE = "defective"
    REPLACED = "replaced"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    HOLDER = "holder"
    CLONED = "cloned"
    LEFT = "left"
    DENIED = "denied"


# R085: why a device is replaced. A lost or stolen one opens nothing from the report on; a defective one, as far as it
# still works, until the new one is active.
REPLACED_FOR = (Reason.LOST, Reason.STOLEN, Reason.DEFECTIVE)
GONE = (Reason.LOST, Reason.STOLEN)


class AskedBy(StrEnum):
    """How a replacement became known: in My space after a login, there by the initial codes, by telephone, at a desk."""

    SPACE = "space"
    CODES = "codes"
    PHONE = "phone"
    DESK = "desk"


class Delivery(StrEnum):
    """How the new device reaches its holder: by post to his verified address, or from hand to hand."""

    POST = "post"
    HAND = "hand"


def denial_digest(secret: str) -> str:
    """What is kept of the secret in the address under which a holder says that a replacement was not asked by him."""
    return sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class DeviceType:
    """`most` of this type per identity. `first`: an identity can begin with it. `added_by_…`: one of these must be there
    already, by who adds it; empty: none need be; None: this way is closed. `sent`: a holder with another device of his
    may have a new one sent to his verified address (R086: a Scan comes from his bank)."""

    family: str
    most: int
    first: bool = True
    added_by_holder: frozenset[str] | None = None
    added_by_agent: frozenset[str] | None = frozenset()
    in_requirements: bool = True
    sent: bool = False


# R067: exactly six types, two families. A chip device is alone in its identity (R211: no Scan beside a card).
# R208 to R210: a Scan joins a Token or an app; the holder adds it himself only where he has an app.
TYPES = {
    "token": DeviceType(family=SERVER, most=1, sent=True),
    "scan": DeviceType(family=SERVER, most=1, added_by_holder=frozenset({"app"}),
                       added_by_agent=frozenset({"token", "app"})),
    "app": DeviceType(family=SERVER, most=2, added_by_holder=frozenset({"app", "token", "scan"})),
    "smartcard": DeviceType(family=CHIP, most=1),
    "signing_stick": DeviceType(family=CHIP, most=1),
    "eid": DeviceType(family=CHIP, most=1, first=False, added_by_agent=None),
    "passkey": DeviceType(family=SERVER, most=5, first=False, added_by_holder=frozenset({"token", "app", "scan"}),
                          added_by_agent=None, in_requirements=False),
}


class Incompatible(StrEnum):
    FAMILY = "family"
    TOO_MANY = "too_many"
    NEEDS_ANOTHER = "needs_another"
    NOT_THIS_WAY = "not_this_way"
    OTHER_TYPE = "other_type"


def obstacle(
    new: str, *, family: str, present: Iterable[str], by_holder: bool, first: bool = False
) -> Incompatible | None:
    """Why a device of this type can't join the devices already there, or None. `first`: an order of this type made the
    identity, and nothing is added to a certificate that lives."""
    present = list(present)
    rule = TYPES[new]
    if first:
        if rule.family != family:
            return Incompatible.FAMILY
        return Incompatible.TOO_MANY if present else None if rule.first else Incompatible.NOT_THIS_WAY
    if rule.family != family or (family == CHIP and present):
        return Incompatible.FAMILY
    if present.count(new) >= rule.most:
        return Incompatible.TOO_MANY
    partners = rule.added_by_holder if by_holder else rule.added_by_agent
    if partners is None:
        return Incompatible.NOT_THIS_WAY
    if partners and not partners & set(present):
        return Incompatible.NOT_THIS_WAY if by_holder and present else Incompatible.NEEDS_ANOTHER
    return None
