# SPDX-License-Identifier: Apache-2.0
from datetime import datetime

from django.db.models import Q, QuerySet

from paraph.domain.accounts.models import Identity
from paraph.domain.devices import policy
from paraph.domain.devices.lifecycle import ReplacementState, State
from paraph.domain.devices.models import Device, Joining, Replacement
from paraph.domain.devices.policy import Incompatible
from paraph.kernel.caller import Caller

DESK_ROLES = ("registration_officer", "registration_manager")
WAITING = (ReplacementState.ASKED, ReplacementState.ALLOWED)


def for_identity(identity_id: object) -> list[Device]:
    """The devices that this identity has now, ended ones left out, oldest first."""
    return list(Device.objects.filter(identity_id=identity_id).exclude(state=State.RETIRED).order_by("id"))


def active_for(identity_id: object, at: datetime) -> list[Device]:
    """The devices that may open a login or a signature at an instant."""
    return list(Device.objects.filter(identity_id=identity_id, state=State.ACTIVE, state_since__lte=at).order_by("id"))


def assigned_for(identity_id: object) -> Device | None:
    """The device that waits for its activation."""
    return Device.objects.filter(identity_id=identity_id, state=State.ASSIGNED).order_by("id").first()


def by_serial(serial: str) -> Device | None:
    return Device.objects.filter(serial=serial.strip().upper()).first()


def in_stock(device_type: str, organisations: frozenset[str]) -> QuerySet[Device]:
    """What these desks may hand out, in the order of the serial numbers."""
    return Device.objects.filter(
        Q(organisation_id__in=organisations) | Q(organisation_id=None), type=device_type, state=State.IN_STOCK
    ).order_by("serial")


def may_take(device: Device, caller: Caller) -> bool:
    """Desks hand out what they keep and what nobody keeps; the operator's machine hands out everything."""
    if caller.channel.startswith("cli:") or device.organisation_id is None:
        return True
    return any(str(device.organisation_id) in caller.organisations(role) for role in DESK_ROLES)


def replacements(identity_id: object) -> list[Replacement]:
    """Those under way, oldest first."""
    return list(Replacement.objects.filter(identity_id=identity_id, state__in=WAITING).select_related("old", "new")
                .order_by("id"))


def replacement_by(device_id: object, at: datetime) -> Replacement | None:
    """The replacement that this device may finish now: it was allowed, and not too long ago."""
    return Replacement.objects.filter(new_id=device_id, state=ReplacementState.ALLOWED, allowed_until__gt=at) \
        .select_related("old", "new").first()


def awaits_activation(identity_id: object, at: datetime) -> bool:
    """Whether a new device of this identity takes the place of another as soon as it answers."""
    return Replacement.objects.filter(identity_id=identity_id, state=ReplacementState.ALLOWED,
                                      allowed_until__gt=at).exists()


def joining(joining_id: object, identity_id: object) -> Joining | None:
    """A Scan on its way to this identity."""
    return Joining.objects.select_related("device").filter(pk=joining_id, identity_id=identity_id).first()


def obstacle_for_holder(device_type: str, identity: Identity) -> Incompatible | None:
    """Why the holder can't add a device of this type himself, or None."""
    present = [device.type for device in for_identity(identity.id)]
    return policy.obstacle(device_type, family=identity.device_family, present=present, by_holder=True)
