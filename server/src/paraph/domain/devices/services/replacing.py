# SPDX-License-Identifier: Apache-2.0
"""One device in place of another (R085): asked for, allowed by an agent with his own device or by another device of
the holder (decision 0018), finished by the new one.

The signer lets the new device in only with the grant that such an answer opened, for exactly this holder, this device
and what it replaces; a stolen web tier can't replace anybody's device. UserID, password, keys and certificates stay.
A device that was never activated has opened nothing yet: another one takes its place without a grant.
"""

from datetime import datetime, timedelta

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

    Who may ask is registration's decision. Refuses: NotFound, NotAllowed (ended, or one that can't be replaced).
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
        if device.state not in (State.ASSIGNED, State.ACTIVE, State.DISABLED) or device.type not in METHODS:
            raise NotAllowed(record="device", state=device.state, move="replace")
        if reason in policy.GONE and device.state == State.ACTIVE:
            move(device, "disable", caller=caller, reason=Reason(reason))
        replacement = Replacement.objects.create(
            identity_id=device.identity_id, old=device, reason=Reason(reason), asked_by=AskedBy(asked_by),
            asked_at=caller.at, state_since=caller.at)
        _record(Event.REPLACEMENT_ASKED, replacement, caller, reason=reason, asked_by=asked_by)
    return replacement


def wish_sending(
    *, replacement_id: object, asked_with: str, usable_from: datetime, denial_digest: str, caller: Caller
) -> Replacement:
    """The holder wants the new one sent, and will allow it himself. Once: the address under which he denies it stays good.

    Who may wish it is registration's decision. Refuses: NotFound, NotAllowed (wished or handed over already, or over).
    """
    with transaction.atomic():
        replacement = _locked(replacement_id)
        if replacement.state != ReplacementState.ASKED or replacement.asked_with:
            raise NotAllowed(record="replacement", state=replacement.state, move="wish")
        replacement.asked_with, replacement.usable_from = asked_with, usable_from
        replacement.denial_digest = denial_digest
        replacement.save(update_fields=("asked_with", "usable_from", "denial_digest"))
        _record(Event.REPLACEMENT_WISHED, replacement, caller, asked_with=asked_with, usable_from=usable_from)
    return replacement


def authorise_replacement(*, replacement_id: object, serial: str, code: str, caller: Caller) -> Outcome:
    """The agent's own device allows it: right, and the signer will let the new one in. A wrong code is a result. What never
    answered the signer for this holder needs no leave of the signer; the code is asked all the same.

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
    needs_leave = signer.device(replacement.old.serial).holder == str(replacement.identity_id)
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="grant" if needs_leave else "unblock", holder=caller.identity, key_id=None,
        hashes=[grant.digest] if needs_leave else [], labels=[grant.label] if needs_leave else [],
        device_serial=proof.serial)
    outcome = METHODS[proof.type].authorise(
        signer=signer, attempt=str(tokens.uuid7()), session_id=session.session_id, serial=proof.serial, answer=code,
        shown_at=caller.at)
    event, facts = Event.REPLACEMENT_REFUSED, {"outcome": outcome.value}
    if outcome is Outcome.ACCEPTED and needs_leave:
        try:
            signer.grant_device(attempt=str(tokens.uuid7()), session_id=session.session_id, device_serial=new.serial,
                                holder=str(replacement.identity_id), replaces=replacement.old.serial)
        except SignerRefusal as refusal:
            if refusal.code == "not_an_agent":
                raise NotTrusted() from refusal
            raise
    if outcome is Outcome.ACCEPTED:
        event, facts = Event.REPLACEMENT_GRANTED, {"signer_session": session.session_id}
    with transaction.atomic():
        _record(event, replacement, caller, new=new.serial, allowed_by=proof.serial, **facts)
    return outcome


def hand_over(*, replacement_id: object, serial: str, delivery: Delivery, caller: Caller) -> Replacement:
    """After the agent's code: the new device is the holder's and waits for his answer; a lost or stolen one has ended.

    A new device that was handed over before and never answered ends too. In place of one that was never activated the new
    one waits as that one did. Refuses: NotFound, NotAllowed, NotInStock, IncompatibleDevice.
    """
    with transaction.atomic():
        replacement = _locked(replacement_id)
        old = Device.objects.select_for_update(of=("self",)).get(pk=replacement.old_id)
        new = _handed_over(replacement, serial, caller)
        if old.state == State.ASSIGNED:
            end_old(replacement, caller)
            REPLACEMENT.advance(replacement, "exchange", at=caller.at, new=new, delivery=Delivery(delivery))
            _record(Event.REPLACEMENT_EXCHANGED, replacement, caller, new=new.serial, delivery=delivery)
            return replacement
        if replacement.reason in policy.GONE:
            end_old(replacement, caller)
        proof = queries.active_for(caller.identity, caller.at)
        REPLACEMENT.advance(
            replacement, "allow", at=caller.at, new=new, delivery=Delivery(delivery),
            allowed_by=proof[0].serial if proof else "",
            allowed_until=caller.at + timedelta(days=rules.current().device_grant_days))
        _record(Event.REPLACEMENT_ALLOWED, replacement, caller, new=new.serial, delivery=delivery)
    return replacement


def send(
    *, replacement_id: object, serial: str, delivery: Delivery, at_once: bool = False, caller: Caller
) -> Replacement:
    """The new device goes to its holder, who allows it himself with another device of his; the old one stays as it is.
    `at_once`: he was identified, and need not wait.

    Refuses: NotFound, NotAllowed (never activated, or over), NotInStock, IncompatibleDevice.
    """
    with transaction.atomic():
        replacement = _locked(replacement_id)
        if replacement.old.state not in (State.ACTIVE, State.DISABLED):
            raise NotAllowed(record="device", state=replacement.old.state, move="replace")
        new = _handed_over(replacement, serial, caller)
        REPLACEMENT.advance(
            replacement, "send", at=caller.at, new=new, delivery=Delivery(delivery), allowed_by="",
            usable_from=None if at_once else replacement.usable_from,
            allowed_until=caller.at + timedelta(days=rules.current().device_grant_days))
        _record(Event.REPLACEMENT_SENT, replacement, caller, new=new.serial, delivery=delivery)
    return replacement


def miss_replacement(*, replacement_id: object, reason: Reason, caller: Caller) -> Replacement:
    """The new device never arrived, or does not work: it ends, and another one must be chosen. Refuses: NotFound,
    NotAllowed."""
    with transaction.atomic():
        replacement = _locked(replacement_id)
        _end_new(replacement, Reason(reason), caller)
        REPLACEMENT.advance(replacement, "miss", at=caller.at, new=None, allowed_by="", allowed_until=None)
        _record(Event.REPLACEMENT_MISSED, replacement, caller, reason=reason)
    return replacement


def cancel_replacement(*, replacement_id: object, caller: Caller) -> Replacement:
    """The device was found again, or works again, before an agent chose another one; one that was sent to be allowed by
    its holder ends. Refuses: NotFound, NothingToCancel."""
    with transaction.atomic():
        replacement = _locked(replacement_id)
        if replacement.state not in (ReplacementState.ASKED, ReplacementState.SENT):
            raise NothingToCancel()
        _end_new(replacement, Reason.LAPSED, caller)
        if replacement.old.state == State.DISABLED and replacement.old.reason in policy.GONE:
            move(replacement.old, "enable", caller=caller, reason="")
        cancel(replacement, caller)
    return replacement


def deny_replacement(*, replacement_id: object, caller: Caller) -> Replacement:
    """Its holder did not ask for it: the new device ends, and the old one stays as it is. Nothing is given back by this:
    whoever reads the holder's mail must gain nothing. Refuses: NotFound, NotAllowed (allowed by an agent, or over)."""
    with transaction.atomic():
        replacement = _locked(replacement_id)
        REPLACEMENT.advance(replacement, "deny", at=caller.at)
        _end_new(replacement, Reason.DENIED, caller)
        _record(Event.REPLACEMENT_DENIED, replacement, caller, asked_with=replacement.asked_with)
    return replacement


def cancel(replacement: Replacement, caller: Caller) -> None:
    """The new device does not come, and the old one stays what it is. The caller has locked the row."""
    REPLACEMENT.advance(replacement, "cancel", at=caller.at)
    _record(Event.REPLACEMENT_CANCELLED, replacement, caller)


def finish(replacement_id: object, caller: Caller) -> None:
    """The new device has answered: what it replaces ends now, if it has not already."""
    replacement = _locked(replacement_id)
    end_old(replacement, caller)
    REPLACEMENT.advance(replacement, "finish", at=caller.at)
    _record(Event.REPLACEMENT_FINISHED, replacement, caller, new=replacement.new.serial)


def _end_new(replacement: Replacement, reason: Reason, caller: Caller) -> None:
    if replacement.new_id is None:
        return
    new = Device.objects.select_for_update(of=("self",)).get(pk=replacement.new_id)
    if new.state == State.ASSIGNED:
        move(new, "retire", caller=caller, reason=reason)


def end_old(replacement: Replacement, caller: Caller) -> None:
    """The old device is retired for good, for the reason that it is replaced for."""
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


def _handed_over(replacement: Replacement, serial: str, caller: Caller) -> Device:
    """The new device, which is the holder's from now on; the one of before ends."""
    identity = Identity.objects.select_for_update().get(pk=replacement.identity_id)
    new = _new(replacement, serial, caller)
    if replacement.new_id != new.id:
        _end_new(replacement, Reason.LAPSED, caller)
        move(new, "assign", caller=caller, identity_id=identity.id)
    return new


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
