# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import INVITED
from paraph.domain.devices import policy
from paraph.domain.devices.lifecycle import ReplacementState, State
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.methods import passkey as methods
from paraph.domain.devices.methods.attestation import Kind
from paraph.domain.devices.methods.passkey import Grade
from paraph.domain.devices.models import Device, Enrolment, Joining, Passkey, Replacement
from paraph.domain.devices.policy import Incompatible
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.prepared import Prepared

DESK_ROLES = ("registration_officer", "registration_manager")
WAITING = (ReplacementState.ASKED, ReplacementState.ALLOWED, ReplacementState.SENT)
HANDED_OVER = (ReplacementState.ALLOWED, ReplacementState.SENT)

_ACTIVE = Prepared(lambda identity_id, since: Device.objects.filter(
    identity_id=identity_id, state=State.ACTIVE, state_since__lte=since).order_by("id"))


def for_identity(identity_id: object) -> list[Device]:
    """The devices that this identity has now, ended ones left out, oldest first."""
    return list(Device.objects.filter(identity_id=identity_id).exclude(state=State.RETIRED).order_by("id"))


def active_for(identity_id: object, at: datetime) -> list[Device]:
    """The devices that may open a login or a signature at an instant."""
    return _ACTIVE.all(identity_id=identity_id, since=at)


def assigned_for(identity_id: object) -> Device | None:
    """The device that waits for its activation; one that was reported lost or stolen does not."""
    gone = Replacement.objects.filter(state__in=WAITING, reason__in=policy.GONE).values("old_id")
    return Device.objects.filter(identity_id=identity_id, state=State.ASSIGNED).exclude(pk__in=gone).order_by("id").first()


def by_serial(serial: str) -> Device | None:
    return Device.objects.filter(serial=serial.strip().upper()).first()


def types_of(serials: Iterable[str]) -> dict[str, str]:
    """Which kind of device each serial number is, ended ones too."""
    return dict(Device.objects.filter(serial__in=set(serials)).values_list("serial", "type"))


def in_stock(device_type: str, organisations: frozenset[str]) -> QuerySet[Device]:
    """What these desks may hand out, in the order of the serial numbers."""
    return Device.objects.filter(
        Q(organisation_id__in=organisations) | Q(organisation_id=None), type=device_type, state=State.IN_STOCK
    ).order_by("serial")


def may_take(device: Device, caller: Caller) -> bool:
    """Desks hand out what they keep and what nobody keeps; the operator's machine hands out everything, and what two
    operators promised to new staff is his."""
    if caller.channel.startswith("cli:") or caller.scope == INVITED or device.organisation_id is None:
        return True
    return any(str(device.organisation_id) in caller.organisations(role) for role in DESK_ROLES)


def replacements(identity_id: object) -> list[Replacement]:
    """Those under way, oldest first."""
    return list(Replacement.objects.filter(identity_id=identity_id, state__in=WAITING).select_related("old", "new")
                .order_by("id"))


def replaceable(identity_id: object) -> list[Device]:
    """What an agent may replace: devices that work, rest or were never activated, and those whose new one never
    arrived."""
    waiting = replacements(identity_id)
    coming = {row.new_id for row in waiting}
    held = [device for device in for_identity(identity_id) if device.id not in coming and device.type in METHODS]
    return held + [row.old for row in waiting if row.old not in held]


def replacement_by(device_id: object, at: datetime) -> Replacement | None:
    """The replacement that this device may finish: it was handed over, and not too long ago."""
    return Replacement.objects.filter(new_id=device_id, state__in=HANDED_OVER, allowed_until__gt=at) \
        .select_related("old", "new").first()


def replacement_to_deny(secret: str) -> Replacement | None:
    """The replacement whose address holds this secret, whatever became of it."""
    return Replacement.objects.filter(denial_digest=policy.denial_digest(secret)).select_related("old", "new").first()


def to_send(identity_id: object) -> Replacement | None:
    """The replacement whose new device its holder wants sent."""
    return Replacement.objects.filter(identity_id=identity_id, state__in=(ReplacementState.ASKED, ReplacementState.SENT)) \
        .exclude(asked_with="").select_related("old", "new").order_by("id").first()


def was_sent_in_vain(identity_id: object, at: datetime) -> bool:
    """Whether this holder had a device sent within the last weeks that he then gave up: the next one is an agent's matter."""
    since = at - timedelta(days=rules.current().device_grant_days)
    return Replacement.objects.filter(
        identity_id=identity_id, state__in=(ReplacementState.CANCELLED, ReplacementState.DENIED), state_since__gt=since,
        new__isnull=False).exclude(asked_with="").exists()


def other_proof(identity_id: object, instead_of: Device, at: datetime) -> Device | None:
    """The holder's other device that can allow a new one in place of this one: it is active, and opens keys."""
    return next((device for device in active_for(identity_id, at)
                 if device.type in METHODS and device.type != instead_of.type), None)


def awaits_activation(identity_id: object, at: datetime) -> bool:
    """Whether a new device of this identity takes the place of another as soon as it answers."""
    return Replacement.objects.filter(identity_id=identity_id, state=ReplacementState.ALLOWED,
                                      allowed_until__gt=at).exists()


def joining(joining_id: object, identity_id: object) -> Joining | None:
    """A Scan on its way to this identity."""
    return Joining.objects.select_related("device", "identity").filter(pk=joining_id, identity_id=identity_id).first()


def first_joining(joining_id: object) -> Joining | None:
    """A Scan of the staff that is set up at the door: nobody's device had to allow it."""
    return Joining.objects.select_related("device__identity").filter(pk=joining_id, allowed_by="").first()


def obstacle_for_holder(device_type: str, identity: Identity) -> Incompatible | None:
    """Why the holder can't add a device of this type himself, or None."""
    present = [device.type for device in for_identity(identity.id)]
    return policy.obstacle(device_type, family=identity.device_family, present=present, by_holder=True)


def passkeys(identity_id: object) -> list[Passkey]:
    """Those that were not removed, oldest first."""
    return list(Passkey.objects.filter(device__identity_id=identity_id).exclude(device__state=State.RETIRED)
                .select_related("device").order_by("device_id"))


def passkeys_for_login(identity_id: object, minimum: str) -> list[Passkey]:
    """The active ones that reach a level of assurance together with the password; none where the operator has none."""
    relying_party = methods.current()
    if relying_party is None:
        return []
    return [passkey for passkey in passkeys(identity_id)
            if passkey.device.state == State.ACTIVE and relying_party.reaches(grade(passkey), minimum)]


def passkeys_reach(minimum: str) -> bool:
    """Whether some passkey can reach a level here."""
    relying_party = methods.current()
    return relying_party is not None and any(relying_party.reaches(grade, minimum) for grade in relying_party.grades)


def grade(passkey: Passkey) -> Grade:
    """What is known of where its private key is."""
    if passkey.backup_eligible:
        return Grade.SYNCED
    return Grade.ATTESTED if passkey.attestation == Kind.MAKER else Grade.BOUND


def enrolment(enrolment_id: object, caller: Caller, at: datetime) -> Enrolment | None:
    """The caller's passkey that is being made, in this session and in time."""
    life = timedelta(seconds=rules.current().otp_life_seconds)
    return Enrolment.objects.filter(pk=enrolment_id, identity_id=caller.identity, session=caller.session, used_at=None,
                                    opened_at__gt=at - life).first()
