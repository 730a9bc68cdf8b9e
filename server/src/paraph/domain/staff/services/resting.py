# SPDX-License-Identifier: Apache-2.0
"""An account that rests while two people decide about it, and devices of the staff that end, at the service and at the signer."""

from collections.abc import Iterable
from uuid import NAMESPACE_OID, uuid5

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.lifecycle import State as DeviceState
from paraph.domain.devices.policy import Reason
from paraph.domain.staff.events import Event
from paraph.domain.staff.models import EndedDevice, Member, StaffRequest
from paraph.kernel.caller import Caller
from paraph.signer import client


def rest(member: Member, lost: Iterable[str], caller: Caller) -> None:
    """Nothing that he holds logs in, and every session of his ends."""
    for device in devices.for_identity(member.identity_id):
        if device.state == DeviceState.ACTIVE:
            device_services.disable(device_id=device.id, caller=caller,
                                    reason=Reason.LOST if device.serial in lost else Reason.HOLDER)
    authentication.end_identity(identity_id=member.identity_id, reason="staff_rests", caller=caller)
    audit.record(Event.MEMBER_RESTS, about=("member", member.id), caller=caller, facts={"lost": sorted(lost)})


def wake(request: StaffRequest, caller: Caller) -> None:
    """What rested for a request for new access logs in again."""
    if request.kind == StaffRequest.Kind.RENEW:
        wake_member(request.member, caller)


def wake_member(member: Member, caller: Caller) -> None:
    """What rests and has not ended logs in again."""
    woken = [device for device in devices.for_identity(member.identity_id) if device.state == DeviceState.DISABLED]
    for device in woken:
        device_services.enable(device_id=device.id, caller=caller)
    if woken:
        audit.record(Event.MEMBER_WOKEN, about=("member", member.id), caller=caller,
                     facts={"devices": [device.serial for device in woken]})


def end_devices(member: Member, serials: Iterable[str], caller: Caller) -> None:
    """The signer shall refuse them: it is told by `tell_signer`."""
    for serial in serials:
        EndedDevice.objects.get_or_create(serial=serial, defaults={"member": member, "asked_at": caller.at})


def lose(member: Member, serials: Iterable[str], caller: Caller) -> None:
    """Lost devices of his open nothing any more, for ever."""
    gone = [device for device in devices.for_identity(member.identity_id) if device.serial in set(serials)]
    for device in gone:
        device_services.retire(device_id=device.id, reason=Reason.LOST, caller=caller)
    end_devices(member, [device.serial for device in gone], caller)


def tell_signer(*, member: Member | None = None, caller: Caller) -> int:
    """The signer refuses the devices that ended; asked twice, it changes nothing. Returns how many. Refuses:
    SignerUnavailable."""
    ended = EndedDevice.objects.filter(told_at=None)
    told = list(ended.filter(member=member) if member else ended)
    for device in told:
        client.bound().retire_device(attempt=str(uuid5(NAMESPACE_OID, f"paraph staff {device.serial}")),
                                     device_serial=device.serial)
        with transaction.atomic():
            EndedDevice.objects.filter(pk=device.pk).update(told_at=caller.at)
            audit.record(Event.DEVICE_ENDED, about=("member", device.member_id), caller=caller,
                         facts={"device": device.serial})
    return len(told)
