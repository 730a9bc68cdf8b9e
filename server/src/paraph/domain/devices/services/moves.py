# SPDX-License-Identifier: Apache-2.0
"""Moves of devices. Who may ask for them is registration's and support's decision; stock is scoped here."""

from django.db import transaction

from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.devices import policy, queries
from paraph.domain.devices.events import OF_MOVE
from paraph.domain.devices.lifecycle import DEVICE
from paraph.domain.devices.models import Device
from paraph.domain.devices.policy import Incompatible, Reason
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound, Refusal


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


def assign(
    *, identity_id: object, serial: str, by_holder: bool = False, first: bool = False, in_place_of: Device | None = None,
    caller: Caller,
) -> Device:
    """A device from stock is this identity's from now on, not yet usable. `first`: with which it begins. `in_place_of`:
    another of the same type, which ends.

    Refuses: not_in_stock (unknown, another desk's, already handed out: one answer), incompatible_device.
    """
    with transaction.atomic():
        identity = Identity.objects.select_for_update().filter(pk=identity_id).first()
        if identity is None:
            raise NotFound()
        device = assignable(identity, serial, by_holder=by_holder, first=first, in_place_of=in_place_of, caller=caller)
        return move(device, "assign", caller=caller, identity_id=identity.id)


def assignable(
    identity: Identity, serial: str, *, by_holder: bool = False, first: bool = False, in_place_of: Device | None = None,
    caller: Caller,
) -> Device:
    """The device, locked, if it may be assigned to this identity. Refuses: NotInStock, IncompatibleDevice."""
    device = Device.objects.select_for_update(of=("self",)).filter(serial=serial.strip().upper()).first()
    if device is None or not DEVICE.allows(device.state, "assign") or not queries.may_take(device, caller):
        raise NotInStock()
    if in_place_of is not None:
        # What could stand beside the others until now can be exchanged for its like.
        if device.type != in_place_of.type:
            raise IncompatibleDevice(why=Incompatible.OTHER_TYPE)
        return device
    present = [other.type for other in queries.for_identity(identity.id)]
    why = policy.obstacle(device.type, family=identity.device_family, present=present, by_holder=by_holder,
                          first=first)
    if by_holder and why is None:
        # R209: what rests or waits does not let its holder add another; it counts all the same.
        active = [other.type for other in queries.active_for(identity.id, caller.at)]
        why = policy.obstacle(device.type, family=identity.device_family, present=active, by_holder=True)
    if why:
        raise IncompatibleDevice(why=why)
    return device


def activate(*, device_id: object, caller: Caller) -> Device:
    """The holder has proved that he has it; it opens logins and signatures from now on."""
    return _locked_move(device_id, "activate", caller=caller)


def disable(*, device_id: object, reason: Reason, caller: Caller) -> Device:
    """The device rests: it opens nothing until it is enabled. The certificate's state is another matter (Q33)."""
    return _locked_move(device_id, "disable", caller=caller, reason=Reason(reason))


def enable(*, device_id: object, caller: Caller) -> Device:
    """A disabled device opens its holder's keys again."""
    return _locked_move(device_id, "enable", caller=caller, reason="")


def retire(*, device_id: object, reason: Reason, caller: Caller) -> Device:
    """The device never opens anything again."""
    return _locked_move(device_id, "retire", caller=caller, reason=Reason(reason))


def _locked_move(device_id: object, name: str, *, caller: Caller, **facts: object) -> Device:
    with transaction.atomic():
        device = Device.objects.select_for_update().filter(pk=device_id).first()
        if device is None:
            raise NotFound()
        return move(device, name, caller=caller, **facts)


def move(device: Device, name: str, *, caller: Caller, **facts: object) -> Device:
    """One move of a locked device, with its line in the log."""
    DEVICE.advance(device, name, at=caller.at, **facts)
    audit.record(OF_MOVE[name], about=("device", device.id), caller=caller,
                 facts={"type": device.type, "serial": device.serial, "identity": device.identity_id,
                        "reason": device.reason})
    return device
