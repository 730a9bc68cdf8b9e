# SPDX-License-Identifier: Apache-2.0
"""A device joins an identity that lives already. A Scan beside another device (R073, R208 to R211): the holder allows
it with the device that he has, then answers two images. A device in place of another (R085): an agent allowed it, or the
holder does so with another device of his, some days after he asked for it; then its own answer is enough: a Scan's to two
images, a Token's six digits.

That the device may be his was decided when it was assigned. The signer lets it in only with the grant of a device that
it knows, so a stolen web tier can't add one of its own.

The Scan of somebody of the staff is set up at the door, after his password, in his first login with it: he has no keys that a
device could open, and the signer lets in what is his first, or what it was told on its own host.
"""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts.lifecycle import IdentityState
from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.devices import queries
from paraph.domain.devices.events import Event
from paraph.domain.devices.lifecycle import JOINING, JoiningState, ReplacementState, State
from paraph.domain.devices.methods import METHODS, SCAN
from paraph.domain.devices.models import Device, Joining, Replacement
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
# Of a caller who has given his password at the door, and nothing else yet.
SETTING_UP = "setting_up"


class CannotJoin(Refusal):
    """No active device of the holder can allow it: the one he has must be enabled first."""

    code = "cannot_join"
    sentence = "Pour activer ce produit, il vous faut un autre produit actif. Appelez le service client."


class TooEarly(Refusal):
    """The days in which the holder can say that it was not him who asked for this device are not over."""

    code = "too_early"
    sentence = gettext_noop("Ce produit ne peut pas encore être activé. Recommencez à partir de la date indiquée dans « Gérer "
                            "mes produits ».")


class JoiningOver(Refusal):
    """The half hour is over, or the adding began anew in another window."""

    code = "joining_over"
    sentence = "Cet ajout est terminé ou trop ancien. Recommencez : rien n’est perdu."


def begin_joining(*, device_id: object, partner: str = "", text: str = "", caller: Caller) -> Joining:
    """The holder wants to add the device that was assigned to him, or to put it in place of another: another device of
    his is asked first; a Scan shows `partner` and `text`. A former beginning is abandoned.

    Refuses: NotFound (not his, or not assigned), Forbidden (a session that is not full), CannotJoin, TooEarly,
    SignerUnavailable.
    """
    if caller.scope != "full":
        raise Forbidden()
    device = Device.objects.filter(pk=device_id, identity_id=caller.identity, state=State.ASSIGNED).first()
    replacement = queries.replacement_by(device_id, caller.at)
    if device is None or (replacement is None and device.type != SCAN.type):
        raise NotFound()
    if replacement is not None:
        _permit_own(replacement, caller)
    proof, signer = queries.other_proof(caller.identity, device, caller.at), client.bound()
    if proof is None:
        raise CannotJoin()
    grant = grant_statement(caller.identity, device.serial, replacement.old.serial if replacement else None)
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="grant", holder=caller.identity, key_id=None, hashes=[grant.digest],
        labels=[grant.label], device_serial=proof.serial)
    shown = {}
    if METHODS[proof.type].shows_challenge:
        image = METHODS[proof.type].image(signer=signer, attempt=str(tokens.uuid7()), session_id=session.session_id,
                                          serial=proof.serial, partner=partner, text=text)
        shown = {"image": image.payload, "image_until": image.expires_at}
    with transaction.atomic(durable=True):
        _abandon_former(device, caller)
        joining = Joining.objects.create(
            device=device, identity_id=caller.identity, replacement=replacement, allowed_by=proof.serial,
            grant_session=session.session_id, opened_at=caller.at, state_since=caller.at, **shown)
        _record(Event.JOINING_ASKED, joining, caller, allowed_by=proof.serial)
    return joining


def begin_in_place(*, device_id: object, caller: Caller) -> Joining:
    """The holder has the device that an agent allowed; it answers at once. A former beginning is abandoned.

    Refuses: NotFound (not his, or not allowed any more), Forbidden, SignerUnavailable.
    """
    if caller.scope not in IN_PLACE:
        raise Forbidden()
    replacement = queries.replacement_by(device_id, caller.at)
    if replacement is None or replacement.state != ReplacementState.ALLOWED \
            or str(replacement.identity_id) != caller.identity or replacement.new.state != State.ASSIGNED:
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


def begin_setting_up(*, device_id: object, caller: Caller) -> Joining:
    """Somebody of the staff, whose password was right, takes his Scan in hand for the first time: its first image waits. A
    former beginning is abandoned. Refuses: NotFound (not his, or not assigned), Forbidden, SignerRefusal, SignerUnavailable.
    """
    if caller.scope != SETTING_UP:
        raise Forbidden()
    device = Device.objects.filter(pk=device_id, identity_id=caller.identity, identity__kind=Identity.Kind.STAFF,
                                   state=State.ASSIGNED, type=SCAN.type).first()
    if device is None:
        raise NotFound()
    signer = client.bound()
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="join", holder=caller.identity, key_id=None, hashes=[], labels=[],
        device_serial=device.serial)
    image = signer.scan_activation(attempt=str(tokens.uuid7()), session_id=session.session_id, device_serial=device.serial)
    with transaction.atomic(durable=True):
        _abandon_former(device, caller)
        joining = Joining.objects.create(
            device=device, identity_id=caller.identity, join_session=session.session_id, opened_at=caller.at,
            state_since=caller.at)
        _record(Event.JOINING_ASKED, joining, caller)
        JOINING.advance(joining, "allow", at=caller.at, image=image.payload, image_until=image.expires_at)
    return joining


def _permit_own(replacement: Replacement, caller: Caller) -> None:
    """The holder may allow this one himself, now: it was sent for that, and nobody said that it was not him."""
    if replacement.state != ReplacementState.SENT:
        raise NotFound()
    if replacement.usable_from is not None and caller.at < replacement.usable_from:
        raise TooEarly()


def _abandon_former(device: Device, caller: Caller) -> None:
    for former in Joining.objects.select_for_update().filter(device=device, state__in=UNDER_WAY):
        JOINING.advance(former, "abandon", at=caller.at)
        _record(Event.JOINING_ABANDONED, former, caller)


def allow_joining(*, joining_id: object, code: str, caller: Caller) -> Outcome:
    """The answer of the device that the holder has: right, and the new one is asked; the first image waits for a Scan.

    Refuses: JoiningOver, Forbidden, CannotJoin, SignerUnavailable.
    """
    joining, signer = _own(joining_id, JoiningState.ASKED, caller), client.bound()
    proof, new = queries.by_serial(joining.allowed_by), joining.device
    if proof.state != State.ACTIVE:
        raise CannotJoin()
    if joining.replacement is not None:
        _permit_own(joining.replacement, caller)
    outcome = METHODS[proof.type].authorise(
        signer=signer, attempt=str(tokens.uuid7()), session_id=joining.grant_session, serial=proof.serial, answer=code,
        shown_at=joining.state_since)
    if outcome is not Outcome.ACCEPTED:
        return _refused(joining, outcome, caller)
    signer.grant_device(attempt=str(tokens.uuid7()), session_id=joining.grant_session, holder=str(joining.identity_id),
                        device_serial=new.serial, replaces=joining.replacement.old.serial if joining.replacement else None)
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="join", holder=str(joining.identity_id), key_id=None, hashes=[], labels=[],
        device_serial=new.serial)
    shown = {"image": b"", "image_until": None}
    if METHODS[new.type].shows_challenge:
        image = signer.scan_activation(attempt=str(tokens.uuid7()), session_id=session.session_id,
                                       device_serial=new.serial)
        shown = {"image": image.payload, "image_until": image.expires_at}
    _advance(joining, "allow", Event.JOINING_ALLOWED, caller, join_session=session.session_id, **shown)
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
        # As whoever hands over another one: the replacement before its devices.
        list(Replacement.objects.select_for_update().filter(pk=joining.replacement_id))
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
    by_agent = joining is not None and joining.replacement_id and joining.replacement.state == ReplacementState.ALLOWED
    first = joining is not None and not joining.allowed_by
    if caller.scope not in ((SETTING_UP,) if first else IN_PLACE if by_agent else BESIDE):
        raise Forbidden()
    expected = (state,) if state else (JoiningState.ALLOWED, JoiningState.READ)
    life = timedelta(minutes=rules.current().activation_session_minutes)
    if joining is None or joining.state not in expected or caller.at >= joining.opened_at + life \
            or joining.device.state != State.ASSIGNED or joining.device.identity_id != joining.identity_id \
            or joining.identity.state != IdentityState.OPEN:
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
