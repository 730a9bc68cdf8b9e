# SPDX-License-Identifier: Apache-2.0
"""A lost, stolen or defective device is replaced; UserID, password, keys and certificates stay the same (R078, R085).

The holder reports it: in My space with another device or a security code, or without any by his initial codes. An agent
on the telephone or an officer at a desk, who has just identified him, allows a new device with his own, or hands it over
for the holder to allow it with another device of his (`own_replacing` without anybody). The holder activates it; from then
on the old one is refused, a lost or stolen one from the report on.
What was handed out and never activated is replaced in the same way, and waits for its activation as before.
"""

import contextlib
from datetime import date
from enum import StrEnum
from uuid import NAMESPACE_OID, uuid5

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import queries as accounts_queries
from paraph.domain.audit import services as audit
from paraph.domain.authentication import queries as authentication_queries
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.services import CodeOutcome
from paraph.domain.devices import policy as devices_policy
from paraph.domain.devices import queries as devices_queries
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.devices.policy import AskedBy, Delivery, Reason
from paraph.domain.limits import services as limits
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import LETTER
from paraph.domain.orders import policy as orders_policy
from paraph.domain.orders import queries as orders_queries
from paraph.domain.registration import policy
from paraph.domain.registration.events import Event
from paraph.domain.registration.lifecycle import FINAL
from paraph.domain.registration.lifecycle import State as ActivationState
from paraph.domain.registration.models import Activation
from paraph.domain.registration.services.activating import UnderWay, abandon
from paraph.domain.registration.services.helpdesk import identified
from paraph.domain.registration.services.products import OtherDeviceNeeded
from paraph.domain.registration.services.status import NothingToSuspend, suspend_for
from paraph.domain.registration.services.telling import recipient, tell
from paraph.domain.support import queries as support_queries
from paraph.domain.support import services as support
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal
from paraph.signer import client
from paraph.signer.client import Outcome


class NothingToReplace(Refusal):
    """Said after right codes only."""

    code = "nothing_to_replace"
    sentence = "Vos codes sont justes, mais vous n’avez aucun produit de ce type. Appelez le service client."


class NoAddress(Refusal):
    code = "no_address"
    sentence = "Aucune adresse postale vérifiée. Le titulaire doit venir à un bureau."
    status = 422


class NoOtherProduct(Refusal):
    """The agent left the code out, so that the holder allows the new device: he must have another one that can."""

    code = "no_other_product"
    sentence = gettext_noop("Le titulaire n’a pas d’autre produit actif pour autoriser celui-ci. Saisissez le code de votre "
                            "propre Token.")
    status = 422


class Reported(StrEnum):
    """suspended: the certificate is, with the same step."""

    DONE = "done"
    SUSPENDED = "suspended"
    WRONG = "wrong"


# --- the holder reports it --------------------------------------------------------------------------------------------


def report_product(*, device_id: object, reason: str, caller: Caller) -> Replacement:
    """In My space, after a login with another device (R081) or with a security code (R082); a defective device may be
    the one that opened the session. A new one that never arrived, or does not work, ends at once.

    Refuses: NotFound, Forbidden, OtherDeviceNeeded, NotAllowed (ended, or none that can be replaced), UnderWay.
    """
    reason = _reason(reason)
    with transaction.atomic():
        device = _own(device_id, caller)
        if reason in devices_policy.GONE and authentication_queries.device_of_session(caller.session) == device.serial:
            raise OtherDeviceNeeded()
        replacement = _ask(device, reason, AskedBy.SPACE, caller)
    retire_ended(device)
    return replacement


def report_product_with_codes(
    *, user_id: str, initial_password: str, challenge: str, device_type: str, reason: str, caller: Caller
) -> Reported:
    """Who has no device left, or none that he could activate, reports by the codes of his first order (R078). After loss or
    theft of one that was active his certificate is suspended in the same step. One answer for every wrong code, each counts.

    Refuses: TooManyAttempts; once all were right: NothingToReplace, UnderWay.
    """
    reason = _reason(reason)
    limits.spend(kind="suspension", caller=caller)
    identity = accounts_queries.identity_by_user_id(user_id)
    right = authentication.check_initial_codes(identity_id=identity.id if identity else None,
                                               initial_password=initial_password, challenge=challenge, caller=caller)
    if identity is None or right is not CodeOutcome.ACCEPTED:
        return Reported.WRONG
    held = [device for device in devices_queries.for_identity(identity.id) if device.type == device_type]
    if not held:
        raise NothingToReplace()
    # What never opened anything is said to be missing before what did.
    device = next((device for device in held if device.state == "assigned"), held[-1])
    suspends = reason in devices_policy.GONE and device.state != "assigned"
    with transaction.atomic():
        _ask(device, reason, AskedBy.CODES, caller)
        if suspends:
            with contextlib.suppress(NothingToSuspend):
                suspend_for(identity_id=identity.id, reason=reason, caller=caller)
    retire_ended(device)
    return Reported.SUSPENDED if suspends else Reported.DONE


def found_again(*, replacement_id: object, caller: Caller) -> None:
    """The device was found, or works: it opens logins again and is not replaced. Only before an agent chose a new one; one
    that was sent at his own wish ends.

    Refuses: NotFound, Forbidden, NothingToCancel.
    """
    with transaction.atomic():
        if not policy.is_holder(caller, caller.identity, "full", "devices"):
            raise Forbidden()
        mine = {replacement.id for replacement in devices_queries.replacements(caller.identity)}
        if replacement_id not in mine:
            raise NotFound()
        replacement = devices.cancel_replacement(replacement_id=replacement_id, caller=caller)
        tell("replacement_cancelled", identity_id=replacement.identity_id, caller=caller, at=caller.at,
             serial=replacement.old.serial)
    retire_ended(replacement.new)


def _ask(device: Device, reason: Reason, asked_by: AskedBy, caller: Caller) -> Replacement:
    """The report itself: the device rests if it is gone, customer service sees it, the holder is told. Once."""
    waiting = devices_queries.replacements(device.identity_id)
    known = next((row for row in waiting if row.old_id == device.id), None)
    if known is not None:
        return known
    if device.state == "assigned" and reason in devices_policy.GONE:
        stop_activations(device.identity_id, caller)
    coming = next((row for row in waiting if row.new_id == device.id), None)
    if coming is not None:
        replacement = devices.miss_replacement(replacement_id=coming.id, reason=reason, caller=caller)
        _announce_report(replacement, asked_by, device.serial, caller)
        return replacement
    replacement = devices.ask_replacement(device_id=device.id, reason=reason, asked_by=asked_by, caller=caller)
    if reason in devices_policy.GONE:
        authentication.end_device(identity_id=device.identity_id, device_serial=device.serial, caller=caller)
    _announce_report(replacement, asked_by, device.serial, caller)
    return replacement


def _announce_report(replacement: Replacement, asked_by: AskedBy, serial: str, caller: Caller) -> None:
    if asked_by in (AskedBy.SPACE, AskedBy.CODES):
        support.open_case(kind="replacement", channel="web", identity_id=replacement.identity_id, caller=caller)
    tell("replacement_asked", identity_id=replacement.identity_id, caller=caller, at=caller.at, serial=serial)


# --- an agent or officer replaces it ----------------------------------------------------------------------------------


def replace_product(
    *, case_id: object, device_id: object, reason: str, serial: str, delivery: str, code: str, caller: Caller
) -> Outcome:
    """The identified holder gets a new device from stock, by post or from hand to hand; `code` is what the agent's own
    Token shows. A wrong one is a result, and nothing is handed over. No code at all: the holder allows the new one with
    another device of his, at once, for he was identified.

    Refuses: Forbidden, NotFound, CallerNotIdentified, NoAddress, NoOtherProduct, NotAllowed, NotInStock,
    IncompatibleDevice, NotTrusted, UnderWay, SignerUnavailable.
    """
    reason, delivery = _reason(reason), Delivery(delivery)
    with transaction.atomic():
        identity = identified(case_id, caller)
        device = Device.objects.filter(pk=device_id, identity_id=identity.id).first()
        if device is None:
            raise NotFound()
        if delivery is Delivery.POST and not recipient(identity.id)[1].postal:
            raise NoAddress()
        by_holder = not code
        if by_holder and (device.state == "assigned"
                          or devices_queries.other_proof(identity.id, device, caller.at) is None):
            raise NoOtherProduct()
        at_desk = support_queries.case(case_id).channel == "desk"
        replacement = _ask(device, reason, AskedBy.DESK if at_desk else AskedBy.PHONE, caller)
    if by_holder:
        return _hand_over(replacement, case_id, serial, delivery, caller, by_holder=True)
    outcome = devices.authorise_replacement(replacement_id=replacement.id, serial=serial, code=code, caller=caller)
    if outcome is not Outcome.ACCEPTED:
        return outcome
    return _hand_over(replacement, case_id, serial, delivery, caller)


def _hand_over(
    replacement: Replacement, case_id: object, serial: str, delivery: Delivery, caller: Caller, *, by_holder: bool = False
) -> Outcome:
    """The device is his; what it was allowed by is known."""
    former = replacement.new
    with transaction.atomic():
        identity = identified(case_id, caller)
        if replacement.old.state == "assigned":
            stop_activations(identity.id, caller)
        given = {"replacement_id": replacement.id, "serial": serial, "delivery": delivery, "caller": caller}
        replacement = devices.send(at_once=True, **given) if by_holder else devices.hand_over(**given)
        audit.record(Event.PRODUCT_REPLACED, about=("identity", identity.id), caller=caller,
                     facts={"case": case_id, "replacement": replacement.id, "old": replacement.old.serial,
                            "new": replacement.new.serial, "delivery": delivery, "agent": caller.person})
        announce(replacement, caller)
    retire_ended(replacement.old)
    retire_ended(former)
    return Outcome.ACCEPTED


def stop_activations(identity_id: object, caller: Caller) -> None:
    """The device that they would activate is gone, or not the right one any more. Refuses: UnderWay (the very last step)."""
    for activation in Activation.objects.select_for_update().filter(identity_id=identity_id).exclude(
            state__in=FINAL).order_by("id"):
        if activation.state == ActivationState.ACTING:
            raise UnderWay()
        abandon(activation_id=activation.id, reason="device_replaced", caller=caller)


def retire_ended(device: Device | None) -> None:
    """The signer refuses a device that has ended here too; asked twice, it changes nothing. Refuses: SignerUnavailable."""
    if device is None:
        return
    device.refresh_from_db()
    if device.state == "retired":
        client.bound().retire_device(attempt=str(uuid5(NAMESPACE_OID, f"paraph retire {device.id}")),
                                     device_serial=device.serial)


def announce(replacement: Replacement, caller: Caller) -> None:
    """By post a letter lies beside the device; whoever has e-mail or mobile is told there as well."""
    name, to = recipient(replacement.identity_id)
    data = {"name": name, "serial": replacement.new.serial, "old": replacement.old.serial,
            "by_post": replacement.delivery == Delivery.POST, "usable_from": _first_day(replacement)}
    if replacement.state == "done":
        order = orders_queries.of_identity(replacement.identity_id)
        template = "product_exchanged"
        data["activate_until"] = orders_policy.last_day(order.activation_deadline) \
            if order is not None and order.state in ("prepared", "activating") else None
    else:
        template = "replacement_sent" if replacement.state == "sent" else "replacement_ready"
        data["activate_until"] = orders_policy.last_day(replacement.allowed_until)
    if replacement.delivery == Delivery.POST:
        notifications.enqueue(template=template, to=to, channel=LETTER, data=data, caller=caller)
    if to.email or to.mobile or replacement.delivery != Delivery.POST:
        notifications.enqueue(template=template, to=to, data=data, caller=caller)


def _first_day(replacement: Replacement) -> date | None:
    """The first day on which its holder may allow it; nothing where he may at once."""
    return clock.local_date(replacement.usable_from) if replacement.usable_from else None


# --- the holder activates the new one ---------------------------------------------------------------------------------


def finish_product(*, joining_id: object, answer: str, caller: Caller) -> Outcome:
    """The last answer of a device that joins beside or in place of another: right, and it opens logins and signatures;
    what it replaces opens nothing any more. The holder is told at once.

    Refuses: Forbidden, JoiningOver, SignerUnavailable.
    """
    outcome = devices.finish_joining(joining_id=joining_id, answer=answer, caller=caller)
    if outcome is not Outcome.ACCEPTED:
        return outcome
    joining = devices_queries.joining(joining_id, caller.identity)
    facts = {"identity_id": joining.identity_id, "caller": caller, "at": caller.at, "serial": joining.device.serial}
    with transaction.atomic():
        if joining.replacement is None:
            tell("device_added", **facts)
            return outcome
        old = joining.replacement.old
        authentication.end_device(identity_id=joining.identity_id, device_serial=old.serial, caller=caller)
        tell("device_replaced", old=old.serial, **facts)
        if caller.scope == authentication.REPLACEMENT_SCOPE:
            authentication.close_session(session_id=caller.session, reason="replaced", caller=caller)
    return outcome


def _reason(reason: str) -> Reason:
    if reason not in devices_policy.REPLACED_FOR:
        raise Forbidden()
    return Reason(reason)


def _own(device_id: object, caller: Caller) -> Device:
    if not policy.is_holder(caller, caller.identity, "full", "devices"):
        raise Forbidden()
    device = Device.objects.select_for_update(of=("self",)).filter(pk=device_id, identity_id=caller.identity).first()
    if device is None:
        raise NotFound()
    return device
