# SPDX-License-Identifier: Apache-2.0
"""A Token whose clock or counter ran away is found again by two codes in a row (RFC 4226 section 7.4, RFC 6238 section 6)."""

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.devices.events import Event
from paraph.domain.devices.lifecycle import State
from paraph.domain.devices.methods import TOKEN
from paraph.domain.devices.models import Device
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound
from paraph.signer import client
from paraph.signer.client import Outcome


def resynchronise(*, device_id: object, codes: tuple[str, str], caller: Caller) -> Outcome:
    """The Token's codes are accepted again from the next one on. `codes` are two that it showed one after the other, the
    second just now; the signer uses both up, and they open nothing. Wrong ones are a result and count towards the
    device's limit, as every wrong code does. Who may ask is registration's decision.

    Refuses: NotFound (no Token, or not an active one), SignerUnavailable.
    """
    device = Device.objects.filter(pk=device_id, type=TOKEN.type, state=State.ACTIVE).first()
    if device is None:
        raise NotFound()
    first, second = ("".join(code.split()) for code in codes)
    outcome = client.bound().resynchronise(attempt=str(tokens.uuid7()), device_serial=device.serial,
                                           codes=(first, second), holder=str(device.identity_id))
    event = Event.DEVICE_RESYNCHRONISED if outcome is Outcome.ACCEPTED else Event.RESYNCHRONISATION_REFUSED
    # About the identity: the holder reads it among what happened to him.
    with transaction.atomic():
        audit.record(event, about=("identity", device.identity_id), caller=caller,
                     facts={"device": device.id, "serial": device.serial, "outcome": outcome.value})
    return outcome
