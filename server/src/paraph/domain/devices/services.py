# SPDX-License-Identifier: Apache-2.0
"""Moves of devices. Who may ask for them is registration's and support's decision; stock is scoped here."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import NAMESPACE_OID, uuid5

from django.db import transaction

from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.devices import policy, queries
from paraph.domain.devices.events import OF_MOVE, Event
from paraph.domain.devices.lifecycle import DEVICE, State
from paraph.domain.devices.models import Device
from paraph.domain.devices.policy import Incompatible, Reason
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound, Refusal
from paraph.signer.client import Signer


class IncompatibleDevice(Refusal):
    """The device can't join this identity. `why` is a policy.Incompatible."""

    code = "incompatible_device"
    sentence = "Ce produit ne peut pas être ajouté à ce certificat. Rien n’a été modifié."
    status = 422

    def __init__(self, *, why: Incompatible) -> None:
        super().__init__(why=why)
        self.why = why


class NotInStock(Refusal):
    code = "not_in_stock"
    sentence = "Ce produit n’est pas en stock dans votre bureau. Vérifiez le numéro de série au dos."
    status = 422


@dataclass(frozen=True, kw_only=True)
class TokenSeed:
    """One Token as its maker delivers it."""

    serial: str
    seed: bytes
    method: str = "totp"
    digits: int = 6
    step_seconds: int = 30


def import_stock(
    *, tokens: Iterable[TokenSeed], organisation_id: object = None, signer: Signer, caller: Caller
) -> list[Device]:
    """The Tokens are in stock and their seeds in the signer. Importing the same again changes nothing.

    The signer takes a seed first, under an attempt that follows from the serial number; a crash before the row is
    written is mended by importing again. Refuses as the signer does: device_exists, seed_in_use, attempt_reused.
    """
    stocked = []
    for token in tokens:
        serial = token.serial.strip().upper()
        attempt = str(uuid5(NAMESPACE_OID, f"paraph devices import {serial}"))
        signer.import_token(attempt=attempt, serial=serial, seed=token.seed, method=token.method,
                            digits=token.digits, step_seconds=token.step_seconds)
        with transaction.atomic():
            device, created = Device.objects.get_or_create(serial=serial, defaults={
                "type": "token", "organisation_id": organisation_id, "state_since": caller.at})
            if created:
                audit.record(Event.DEVICE_STOCKED, about=("device", device.id), caller=caller,
                             facts={"type": device.type, "serial": device.serial, "organisation": organisation_id})
        stocked.append(device)
    return stocked


def assign(*, identity_id: object, serial: str, by_holder: bool = False, caller: Caller) -> Device:
    """A device from stock is this identity's from now on, not yet usable.

    Refuses: not_in_stock (unknown, another desk's, already handed out: one answer), incompatible_device.
    """
    with transaction.atomic():
        identity = Identity.objects.select_for_update().filter(pk=identity_id).first()
        if identity is None:
            raise NotFound()
        device = Device.objects.select_for_update().filter(serial=serial.strip().upper()).first()
        if device is None or not DEVICE.allows(device.state, "assign") or not queries.may_take(device, caller):
            raise NotInStock()
        present = [other.type for other in queries.for_identity(identity.id)]
        why = policy.obstacle(device.type, family=identity.device_family, present=present, by_holder=by_holder)
        if why:
            raise IncompatibleDevice(why=why)
        return _move(device, "assign", caller=caller, identity_id=identity.id)


def activate(*, device_id: object, caller: Caller) -> Device:
    """The holder has proved that he has it; it opens logins and signatures from now on."""
    return _locked_move(device_id, "activate", caller=caller)


def disable(*, device_id: object, reason: Reason, caller: Caller) -> Device:
    """The device rests: it opens nothing until it is enabled. The certificate's state is another matter (Q33)."""
    return _locked_move(device_id, "disable", caller=caller, reason=Reason(reason))


def enable(*, device_id: object, caller: Caller) -> Device:
    return _locked_move(device_id, "enable", caller=caller, reason="")


def retire(*, device_id: object, reason: Reason, caller: Caller) -> Device:
    """The device never opens anything again."""
    return _locked_move(device_id, "retire", caller=caller, reason=Reason(reason))


def retire_all(*, identity_id: object, reason: Reason, caller: Caller) -> int:
    """Every device of an identity ends: its certificates were revoked. Returns how many did."""
    with transaction.atomic():
        held = list(Device.objects.select_for_update().filter(identity_id=identity_id).exclude(state=State.RETIRED))
        for device in held:
            _move(device, "retire", caller=caller, reason=Reason(reason))
    return len(held)


def _locked_move(device_id: object, move: str, *, caller: Caller, **facts: object) -> Device:
    with transaction.atomic():
        device = Device.objects.select_for_update().filter(pk=device_id).first()
        if device is None:
            raise NotFound()
        return _move(device, move, caller=caller, **facts)


def _move(device: Device, move: str, *, caller: Caller, **facts: object) -> Device:
    DEVICE.advance(device, move, at=caller.at, **facts)
    audit.record(OF_MOVE[move], about=("device", device.id), caller=caller,
                 facts={"type": device.type, "serial": device.serial, "identity": device.identity_id,
                        "reason": device.reason})
    return device
