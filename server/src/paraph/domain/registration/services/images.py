# SPDX-License-Identifier: Apache-2.0
"""A Scan's two images on the way to an activation (docs/standards/scan.md): ten digits answer the first, eight the second.

The second answer is services.prove(); what is here comes before it.
"""

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.devices.methods import SCAN
from paraph.domain.registration.events import Event
from paraph.domain.registration.lifecycle import ACTIVATION, State
from paraph.domain.registration.models import Activation
from paraph.domain.registration.services.activating import Answer, current, locked, method_of, permit_order, session_of
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed
from paraph.signer import client
from paraph.signer.client import ScanChallenge
from paraph.signer.values import Outcome


def show_image(*, activation_id: object, partner: str, text: str, caller: Caller) -> Activation:
    """The image that the Scan must be shown now, in place of an earlier one, whose answer is worth nothing any more.

    Refuses: ActivationOver, AlreadyActivated, TooLate, NotAllowed (no Scan, or another step), SignerUnavailable.
    """
    activation = current(activation_id, caller)
    _permit(activation, State.RECOGNISED, State.READ)
    permit_order(activation.order, caller)
    return _show(activation, _image(activation, partner, text, first=activation.state == State.RECOGNISED), caller)


def read_first_image(*, activation_id: object, code: str, partner: str, text: str, caller: Caller) -> Answer:
    """The ten digits of the first image: right, and the second waits, with this partner and text on it.

    Refuses: ActivationOver, AlreadyActivated, NotAllowed, SignerUnavailable.
    """
    activation = current(activation_id, caller)
    _permit(activation, State.RECOGNISED)
    outcome = client.bound().scan_device_code(
        attempt=str(tokens.uuid7()), session_id=session_of(activation).session_id, device_serial=activation.device_serial,
        code="".join(code.split()))
    if outcome is not Outcome.ACCEPTED:
        return Answer.TOO_MANY if outcome is Outcome.TOO_MANY else Answer.WRONG
    shown = _image(activation, partner, text, first=False)
    with transaction.atomic():
        row = locked(activation_id)
        ACTIVATION.advance(row, "read", at=caller.at, image=shown.payload, image_until=shown.expires_at)
        audit.record(Event.ACTIVATION_READ, about=("activation", row.id), caller=caller,
                     facts={"order": row.order_id, "identity": row.identity_id, "device": row.device_serial})
    return Answer.ACCEPTED


def _permit(activation: Activation, *states: State) -> None:
    if activation.state not in states or not method_of(activation).shows_challenge:
        raise NotAllowed(record="activation", state=activation.state, move="show")


def _image(activation: Activation, partner: str, text: str, *, first: bool) -> ScanChallenge:
    signer, session, serial = client.bound(), session_of(activation), activation.device_serial
    if first:
        return signer.scan_activation(attempt=str(tokens.uuid7()), session_id=session.session_id, device_serial=serial)
    return SCAN.image(signer=signer, attempt=str(tokens.uuid7()), session_id=session.session_id, serial=serial,
                      partner=partner, text=text)


def _show(activation: Activation, shown: ScanChallenge, caller: Caller) -> Activation:
    with transaction.atomic():
        row = locked(activation.id)
        if row.state != activation.state:
            raise NotAllowed(record="activation", state=row.state, move="show")
        row.image, row.image_until = shown.payload, shown.expires_at
        row.save(update_fields=("image", "image_until"))
        audit.record(Event.ACTIVATION_SHOWN, about=("activation", row.id), caller=caller,
                     facts={"order": row.order_id, "identity": row.identity_id, "device": row.device_serial})
    return row
