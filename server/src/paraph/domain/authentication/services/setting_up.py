# SPDX-License-Identifier: Apache-2.0
"""The first login of somebody of the staff with a Scan: his password was right, and two images come before the login's own."""

from uuid import UUID

from paraph.domain.accounts.models import Identity
from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.lifecycle import State
from paraph.domain.devices.methods import SCAN
from paraph.kernel.caller import Caller
from paraph.signer.errors import SignerRefusal


def as_owner(identity: Identity, caller: Caller) -> Caller:
    """Whoever gave this identity's password a moment ago: he may set up the Scan that waits for him, and nothing else."""
    return Caller(at=caller.at, channel=caller.channel, address=caller.address, trace=caller.trace, language=caller.language,
                  person=str(identity.person_id), identity=str(identity.id), scope=device_services.SETTING_UP)


def begin_scan(identity: Identity, device: str, caller: Caller, *, proven: bool) -> UUID | None:
    """The first image waits, where a Scan was assigned to somebody of the staff and has never answered; none for a Scan beside
    a Token that nobody brought in on the signer's host yet. What it asks the database is the same whether the password was
    right (`proven`) or not, and for everybody. Refuses: SignerUnavailable."""
    if device != SCAN.type:
        return None
    waiting = [row for row in devices.for_identity(identity.id) if row.type == SCAN.type and row.state == State.ASSIGNED]
    if not waiting or not proven or identity.kind != Identity.Kind.STAFF:
        return None
    try:
        return device_services.begin_setting_up(device_id=waiting[-1].id, caller=as_owner(identity, caller)).id
    except SignerRefusal:
        return None
