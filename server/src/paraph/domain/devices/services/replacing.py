# SPDX-License-Identifier: Apache-2.0
"""One device in place of another (R085): asked for, allowed by an agent with his own device, finished by the new one.

The signer lets the new device in only with the grant that the agent's code opened, for exactly this holder, this device
and what it replaces; a stolen web tier can't replace anybody's device. UserID, password, keys and certificates stay.
"""

from datetime import timedelta

from django.db import transaction

from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.devices import policy, queries
from paraph.domain.devices.events import Event
from paraph.domain.devices.lifecycle import REPLACEMENT, ReplacementState, State
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.devices.policy import AskedBy, Delivery, Reason
from paraph.domain.devices.services.moves import assignable, move
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, NotFound, Refusal
from paraph.signer import client
from paraph.signer.client import Outcome, grant_statement
from paraph.signer.errors import SignerRefusal


class NotTrusted(Refusal):
    """The signer does not know this agent's device as one that may allow replacements (paraph agent trust)."""

    code = "agent_not_trusted"
    sentence = "Votre Token n’est pas encore autorisé à remplacer des produits. Demandez-le à l’exploitant."
    status = 403


class NothingToCancel(Refusal):
    code = "nothing_to_cancel"
    sentence = "Ce remplacement est déjà en route ou terminé. Appelez le service client."


def ask_replacement(*, device_id: object, reason: Reason, asked_by: AskedBy, caller: Caller) -> Replacement:
    """The device is to be replaced; a lost or stolen one opens nothing from now on. Asked again, nothing changes.

    Who may ask is registration's decision. Refuses: NotFound, NotAllowed (not activated yet, or ended).
    """
    if reason not in policy.REPLACED_FOR:
        raise NotAllowed(record="device", state=str(reason), move="replace")
    with transaction.atomic():
        device = Device.objects.select_for_update(of=("self",)).filter(pk=device_id).first()
        if device is None or device.identity_id is None:
            raise NotFound()
        known = Replacement.objects.filter(old=device, state__in=queries.WAITING).first()
        if known is not None:
            return known
        if device.state not in (State.ACTIVE, State.DISABLED) or device.type not in METHODS:
            raise NotAllowed(record="device", state=device.state, move="replace")
        if reason in policy.GONE and device.state == State.ACTIVE:
            move(device, "disable", caller=caller, reason=Reason(reason))
        replacement = Replacement.objects.create(
            identity_id=device.identity_id, old=device, reason=Reason(reason), asked_by=AskedBy(asked_by),
            asked_at=caller.at, state_since=caller.at)
        _record(Event.REPLACEMENT_ASKED, replacement, caller, reason=reason, asked_by=asked_by)
    return replacement


def authorise_replacement(*, replacement_id: object, serial: str, code: str, caller: Caller) -> Outcome:
    """The agent's own device allows it: right, and the signer will let the new one in. A wrong code is a result.

    Nothing is handed over yet. Refuses: NotFound, NotAllowed, NotInStock, IncompatibleDevice, NotTrusted,
    SignerUnavailable.
    """
    with transaction.atomic():
        replacement = _locked(replacement_id)
        new = _new(replacement, serial, caller)
    proof = next((device for device in queries.active_for(caller.identity, caller.at)
                  if device.type in METHODS and not METHODS[device.type].shows_challenge), None)
    if proof is None:
        raise NotTrusted()
    signer, grant = client.bound(), grant_statement(str(replacement.identity_id), new.serial, replacement.old.serial)
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="grant", holder=caller.identity, key_id=None, hashes=[grant.digest],
        labels=[grant.label], device_serial=proof.serial)
    outcome = METHODS[proof.type].authorise(
        signer=signer, attempt=str(tokens.uuid7()), session_id=session.session_id, serial=proof.serial, answer=code,
        shown_at=caller.at)
    event, facts = Event.REPLACEMENT_REFUSED, {"outcome": outcome.value}
    if outcome is Outcome.ACCEPTED:
        try:
            signer.grant_device(attempt=str(tokens.uuid7()), session_id=session.session_id, device_serial=new.serial,
                                holder=str(replacement.identity_id), replaces=replacement.old.serial)
        except SignerRefusal as refusal:
            if refusal.code == "not_an_agent":
                raise NotTrusted() from refusal
            raise
        event, facts = Event.REPLACEMENT_GRANTED, {"signer_session": session.session_id}
    with transaction.atomic():
        _record(event, replacement, caller, new=new.serial, allowed_by=proof.serial, **facts)
    return outcome


def hand_over(*, replacement_id: object, serial: str, delivery: Delivery, caller: Caller) -> Replacement:
    """After the agent's code: the new device is the holder's and waits for his answer; a lost or stolen one has ended.

    A new device that was handed over before and never answered ends too. Refuses: NotFound, NotAllowed, NotInStock,
    IncompatibleDevice.
    """
    with transaction.atomic():
        replacement = _locked(replacement_id)
        identity = Identity.objects.select_for_update().get(pk=replacement.identity_id)
        new = _new(replacement, serial, caller)
        if replacement.new is not None and replacement.new_id != new.id:
            move(replacement.new, "retire", caller=caller, reason=Reason.LAPSED)
        if replacement.new_id != new.id:
            move(new, "assign", caller=caller, identity_id=identity.id)
        if replacement.reason in policy.GONE:
            end_old(replacement, caller)
        proof = queries.active_for(caller.identity, caller.at)
        REPLACEMENT.advance(
            replacement, "allow", at=caller.at, new=new, delivery=Delivery(delivery),
            allowed_by=proof[0].serial if proof else "",
            allowed_until=caller.at + timedelta(days=rules.current().device_grant_days))
        _record(Event.REPLACEMENT_ALLOWED, replacement, caller, new=new.serial, delivery=delivery)
    return replacement


def cancel_replacement(*, replacement_id: object, caller: Caller) -> Replacement:
    """The device was found again, or works again, before another one was chosen. Refuses: NotFound, NothingToCancel."""
    with transaction.atomic():
        replacement = _locked(replacement_id)
        if replacement.state != ReplacementState.ASKED:
            raise NothingToCancel()
        if replacement.old.state == State.DISABLED and replacement.old.reason in policy.GONE:
            move(replacement.old, "enable", caller=caller, reason="")
        cancel(replacement, caller)
    return replacement


def cancel(replacement: Replacement, caller: Caller) -> None:
    REPLACEMENT.advance(replacement, "cancel", at=caller.at)
    _record(Event.REPLACEMENT_CANCELLED, replacement, caller)


def finish(replacement_id: object, caller: Caller) -> None:
    """The new device has answered: what it replaces ends now, if it has not already."""
    replacement = _locked(replacement_id)
    end_old(replacement, caller)
    REPLACEMENT.advance(replacement, "finish", at=caller.at)
    _record(Event.REPLACEMENT_FINISHED, replacement, caller, new=replacement.new.serial)


def end_old(replacement: Replacement, caller: Caller) -> None:
    old = Device.objects.select_for_update(of=("self",)).get(pk=replacement.old_id)
    if old.state != State.RETIRED:
        move(old, "retire", caller=caller, reason=Reason(replacement.reason))


def retire_all(*, identity_id: object, reason: Reason, caller: Caller) -> int:
    """Every device of an identity ends, and so does what was to replace one: its certificates were revoked. Returns how
    many devices did."""
    with transaction.atomic():
        for replacement in Replacement.objects.select_for_update(of=("self",)).select_related("old").filter(
                identity_id=identity_id, state__in=queries.WAITING):
            cancel(replacement, caller)
        held = list(Device.objects.select_for_update().filter(identity_id=identity_id).exclude(state=State.RETIRED))
        for device in held:
            move(device, "retire", caller=caller, reason=Reason(reason))
    return len(held)


def _new(replacement: Replacement, serial: str, caller: Caller) -> Device:
    """The device that takes the place: one from stock, or the one that was chosen before."""
    if replacement.state not in queries.WAITING:
        raise NotAllowed(record="replacement", state=replacement.state, move="allow")
    chosen = replacement.new
    if chosen is not None and chosen.serial == serial.strip().upper() and chosen.state == State.ASSIGNED:
        return chosen
    return assignable(replacement.identity, serial, in_place_of=replacement.old, caller=caller)


def _locked(replacement_id: object) -> Replacement:
    # Without joins: a row that was waited for would come with what was joined to it before (PostgreSQL).
    replacement = Replacement.objects.select_for_update().filter(pk=replacement_id).first()
    if replacement is None:
        raise NotFound()
    return replacement


def _record(event: Event, replacement: Replacement, caller: Caller, **facts: object) -> None:
    audit.record(event, about=("identity", replacement.identity_id), caller=caller,
                 facts={"replacement": replacement.id, "old": replacement.old.serial, **facts})
