# SPDX-License-Identifier: Apache-2.0
"""A device joins an identity that lives already. A Scan beside another device (R073, R208 to R211): the holder allows
it with the device that he has, then answers two images. A device in place of another (R085): an agent allowed it, and
its own answer is enough: a Scan's to two images, a Token's six digits.

That the device may be his was decided when it was assigned. The signer lets it in only with the grant of a device that
it knows, so a stolen web tier can't add one of its own.
"""

from datetime import timedelta

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.devices import queries
from paraph.domain.devices.events import Event
from paraph.domain.devices.lifecycle import JOINING, JoiningState, State
from paraph.domain.devices.methods import METHODS, SCAN
from paraph.domain.devices.models import Device, Joining
from paraph.domain.devices.services.moves import move
from paraph.domain.devices.services.replacing import finish as finish_replacement
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal
from paraph.signer import client
from paraph.signer.client import Outcome, Signer, grant_statement

UNDER_WAY = (JoiningState.ASKED, JoiningState.ALLOWED, JoiningState.READ)
# Which logins open which joining: beside his devices only a whole one; in place of one also those of who has none.
BESIDE, IN_PLACE = ("full",), ("full", "devices", "replacement")


class CannotJoin(Refusal):
    """No active device of the holder can allow it: the one he has must be enabled first."""

    code = "cannot_join"
    sentence = "Pour ajouter ce produit, il vous faut un Token actif. Appelez le service client."


class JoiningOver(Refusal):
    """The half hour is over, or the adding began anew in another window."""

    code = "joining_over"
    sentence = "Cet ajout est terminé ou trop ancien. Recommencez : rien n’est perdu."


def begin_joining(*, device_id: object, caller: Caller) -> Joining:
    """The holder wants to add the device that was assigned to him. A former beginning is abandoned.

    Refuses: NotFound (not his, or not assigned), Forbidden (a session that is not full), CannotJoin.
    """
    if caller.scope != "full":
        raise Forbidden()
    device = Device.objects.filter(pk=device_id, identity_id=caller.identity, state=State.ASSIGNED, type=SCAN.type).first()
    if device is None:
        raise NotFound()
    proof = next((other for other in queries.active_for(caller.identity, caller.at)
                  if other.type in METHODS and not METHODS[other.type].shows_challenge), None)
    if proof is None:
        raise CannotJoin()
    grant = grant_statement(caller.identity, device.serial, None)
    session = client.bound().open_session(
        attempt=str(tokens.uuid7()), kind="grant", holder=caller.identity, key_id=None, hashes=[grant.digest],
        labels=[grant.label], device_serial=proof.serial)
    with transaction.atomic(durable=True):
        _abandon_former(device, caller)
        joining = Joining.objects.create(
            device=device, identity_id=caller.identity, allowed_by=proof.serial, grant_session=session.session_id,
            opened_at=caller.at, state_since=caller.at)
        _record(Event.JOINING_ASKED, joining, caller, allowed_by=proof.serial)
    return joining


def begin_in_place(*, device_id: object, caller: Caller) -> Joining:
    """The holder has the device that an agent allowed; it answers at once. A former beginning is abandoned.

    Refuses: NotFound (not his, or not allowed any more), Forbidden, SignerUnavailable.
    """
    if caller.scope not in IN_PLACE:
        raise Forbidden()
    replacement = queries.replacement_by(device_id, caller.at)
    if replacement is None or str(replacement.identity_id) != caller.identity or replacement.new.state != State.ASSIGNED:
        raise NotFound()
    signer, device = client.bound(), replacement.new
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="join", holder=caller.identity, key_id=None, hashes=[], labels=[],
        device_serial=device.serial)
    shown = {}
    if METHODS[device.type].shows_challenge:
        image = signer.scan_activation(attempt=str(tokens.uuid7()), session_id=session.session_id,
                                       device_serial=device.serial)
        shown = {"image": image.payload, "image_until": image.expires_at}
    with transaction.atomic(durable=True):
        _abandon_former(device, caller)
        joining = Joining.objects.create(
            device=device, identity_id=caller.identity, replacement=replacement, allowed_by=replacement.allowed_by,
            join_session=session.session_id, opened_at=caller.at, state_since=caller.at)
        _record(Event.JOINING_ASKED, joining, caller, replacement=replacement.id)
        JOINING.advance(joining, "allow", at=caller.at, **shown)
    return joining


def _abandon_former(device: Device, caller: Caller) -> None:
    for former in Joining.objects.select_for_update().filter(device=device, state__in=UNDER_WAY):
        JOINING.advance(former, "abandon", at=caller.at)
        _record(Event.JOINING_ABANDONED, former, caller)


def allow_joining(*, joining_id: object, code: str, caller: Caller) -> Outcome:
    """The code of the device that the holder has: right, and the first image waits for the Scan.

    Refuses: JoiningOver, Forbidden, SignerUnavailable.
    """
    joining, signer = _own(joining_id, JoiningState.ASKED, caller), client.bound()
    proof = queries.by_serial(joining.allowed_by)
    if proof.state != State.ACTIVE:
        raise CannotJoin()
    outcome = METHODS[proof.type].authorise(
        signer=signer, attempt=str(tokens.uuid7()), session_id=joining.grant_session, serial=proof.serial, answer=code,
        shown_at=joining.state_since)
    if outcome is not Outcome.ACCEPTED:
        return _refused(joining, outcome, caller)
    signer.grant_device(attempt=str(tokens.uuid7()), session_id=joining.grant_session, holder=str(joining.identity_id),
                        device_serial=joining.device.serial)
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="join", holder=str(joining.identity_id), key_id=None, hashes=[], labels=[],
        device_serial=joining.device.serial)
    image = signer.scan_activation(attempt=str(tokens.uuid7()), session_id=session.session_id,
                                   device_serial=joining.device.serial)
    _advance(joining, "allow", Event.JOINING_ALLOWED, caller, join_session=session.session_id, image=image.payload,
             image_until=image.expires_at)
    return outcome


def read_first_image(*, joining_id: object, code: str, partner: str, text: str, caller: Caller) -> Outcome:
    """The ten digits of the first image: right, and the second image waits, with this partner and text on it.

    Refuses: JoiningOver, Forbidden, SignerUnavailable.
    """
    joining, signer = _own(joining_id, JoiningState.ALLOWED, caller), client.bound()
    if not METHODS[joining.device.type].shows_challenge:
        raise JoiningOver()
    serial = joining.device.serial
    outcome = signer.scan_device_code(attempt=str(tokens.uuid7()), session_id=joining.join_session, device_serial=serial,
                                      code="".join(code.split()))
    if outcome is not Outcome.ACCEPTED:
        return _refused(joining, outcome, caller)
    image = SCAN.image(signer=signer, attempt=str(tokens.uuid7()), session_id=joining.join_session, serial=serial,
                       partner=partner, text=text)
    _advance(joining, "read", Event.JOINING_READ, caller, image=image.payload, image_until=image.expires_at)
    return outcome


def renew_image(*, joining_id: object, partner: str, text: str, caller: Caller) -> Joining:
    """A fresh image in place of the one that is shown, whose answer is worth nothing any more.

    Refuses: JoiningOver, Forbidden, SignerUnavailable.
    """
    joining, signer = _own(joining_id, None, caller), client.bound()
    if not METHODS[joining.device.type].shows_challenge:
        raise JoiningOver()
    serial = joining.device.serial
    if joining.state == JoiningState.ALLOWED:
        image = signer.scan_activation(attempt=str(tokens.uuid7()), session_id=joining.join_session, device_serial=serial)
    else:
        image = SCAN.image(signer=signer, attempt=str(tokens.uuid7()), session_id=joining.join_session, serial=serial,
                           partner=partner, text=text)
    with transaction.atomic(durable=True):
        locked = Joining.objects.select_for_update().get(pk=joining.pk)
        if locked.state != joining.state:
            raise JoiningOver()
        locked.image, locked.image_until = image.payload, image.expires_at
        locked.save(update_fields=("image", "image_until"))
        _record(Event.JOINING_SHOWN, locked, caller)
    return locked


def finish_joining(*, joining_id: object, answer: str, caller: Caller) -> Outcome:
    """The eight digits of a Scan's second image, or a Token's code: right, and the device opens logins and signatures
    from now on. What it replaces opens nothing any more.

    Refuses: JoiningOver, Forbidden, SignerUnavailable.
    """
    joining, signer = _own(joining_id, None, caller), client.bound()
    method = METHODS[joining.device.type]
    if joining.state != (JoiningState.READ if method.shows_challenge else JoiningState.ALLOWED):
        raise JoiningOver()
    outcome = method.authorise(signer=signer, attempt=str(tokens.uuid7()), session_id=joining.join_session,
                               serial=joining.device.serial, answer=answer, shown_at=joining.state_since)
    if outcome is not Outcome.ACCEPTED and not _has_joined(joining, signer):
        return _refused(joining, outcome, caller)
    with transaction.atomic(durable=True):
        locked = Joining.objects.select_for_update().get(pk=joining.pk)
        device = Device.objects.select_for_update().get(pk=joining.device_id)
        JOINING.advance(locked, "join", at=caller.at, image=b"", image_until=None)
        move(device, "activate", caller=caller)
        if joining.replacement_id:
            finish_replacement(joining.replacement_id, caller)
            return Outcome.ACCEPTED
        # About the identity: the holder reads it among what happened to him.
        audit.record(Event.DEVICE_JOINED, about=("identity", joining.identity_id), caller=caller,
                     facts={"device": device.id, "serial": device.serial, "allowed_by": joining.allowed_by,
                            "signer_session": joining.join_session})
    return Outcome.ACCEPTED


def _has_joined(joining: Joining, signer: Signer) -> bool:
    """Its answer was accepted before, and what should have followed here was cut off."""
    known = signer.device(joining.device.serial)
    return known.ready and known.holder == str(joining.identity_id)


def _own(joining_id: object, state: JoiningState | None, caller: Caller) -> Joining:
    """The holder's joining that waits for this step."""
    joining = queries.joining(joining_id, caller.identity) if caller.identity else None
    if caller.scope not in (IN_PLACE if joining is not None and joining.replacement_id else BESIDE):
        raise Forbidden()
    expected = (state,) if state else (JoiningState.ALLOWED, JoiningState.READ)
    life = timedelta(minutes=rules.current().activation_session_minutes)
    if joining is None or joining.state not in expected or caller.at >= joining.opened_at + life \
            or joining.device.state != State.ASSIGNED or joining.device.identity_id != joining.identity_id:
        raise JoiningOver()
    return joining


def _advance(joining: Joining, name: str, event: Event, caller: Caller, **facts: object) -> None:
    with transaction.atomic(durable=True):
        locked = Joining.objects.select_for_update().get(pk=joining.pk)
        JOINING.advance(locked, name, at=caller.at, **facts)
        _record(event, locked, caller)


def _refused(joining: Joining, outcome: Outcome, caller: Caller) -> Outcome:
    with transaction.atomic(durable=True):
        _record(Event.JOINING_REFUSED, joining, caller, outcome=outcome.value)
    return outcome


def _record(event: Event, joining: Joining, caller: Caller, **facts: object) -> None:
    audit.record(event, about=("device", joining.device_id), caller=caller,
                 facts={"joining": joining.id, "identity": joining.identity_id, **facts})
