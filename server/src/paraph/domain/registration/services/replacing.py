# SPDX-License-Identifier: Apache-2.0
"""A lost, stolen or defective device is replaced; UserID, password, keys and certificates stay the same (R078, R085).

The holder reports it: in My space with another device or a security code, or without any by his initial codes. An agent
on the telephone or an officer at a desk, who has just identified him, allows a new device with his own. The holder
activates it; from then on the old one is refused, a lost or stolen one from the report on.
"""

import contextlib
from enum import StrEnum
from uuid import NAMESPACE_OID, uuid5

from django.db import transaction

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
from paraph.domain.registration import policy
from paraph.domain.registration.events import Event
from paraph.domain.registration.services.helpdesk import identified
from paraph.domain.registration.services.products import OtherDeviceNeeded
from paraph.domain.registration.services.status import NothingToSuspend, suspend_for
from paraph.domain.registration.services.telling import recipient, tell
from paraph.domain.support import queries as support_queries
from paraph.domain.support import services as support
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal
from paraph.signer import client
from paraph.signer.client import Outcome


class NothingToReplace(Refusal):
    """Said after right codes only."""

    code = "nothing_to_replace"
    sentence = "Vos codes sont justes, mais aucun produit de ce type n’est activé. Appelez le service client."


class NoAddress(Refusal):
    code = "no_address"
    sentence = "Aucune adresse postale vérifiée. Le titulaire doit venir à un bureau."
    status = 422


class Reported(StrEnum):
    DONE = "done"
    WRONG = "wrong"


# --- the holder reports it --------------------------------------------------------------------------------------------


def report_product(*, device_id: object, reason: str, caller: Caller) -> Replacement:
    """In My space, after a login with another device (R081) or with a security code (R082); a defective device may be
    the one that opened the session.

    Refuses: NotFound, Forbidden, OtherDeviceNeeded, NotAllowed (not active yet, or ended).
    """
    reason = _reason(reason)
    with transaction.atomic():
        device = _own(device_id, caller)
        if reason in devices_policy.GONE and authentication_queries.device_of_session(caller.session) == device.serial:
            raise OtherDeviceNeeded()
        return _ask(device, reason, AskedBy.SPACE, caller)


def report_product_with_codes(
    *, user_id: str, initial_password: str, challenge: str, device_type: str, reason: str, caller: Caller
) -> Reported:
    """Who has no device left reports by the codes of his first order (R078); after loss or theft his certificate is
    suspended in the same step. One answer for every wrong code, each counts.

    Refuses: TooManyAttempts; once all were right: NothingToReplace.
    """
    reason = _reason(reason)
    limits.spend(kind="suspension", caller=caller)
    identity = accounts_queries.identity_by_user_id(user_id)
    right = authentication.check_initial_codes(identity_id=identity.id if identity else None,
                                               initial_password=initial_password, challenge=challenge, caller=caller)
    if identity is None or right is not CodeOutcome.ACCEPTED:
        return Reported.WRONG
    held = [device for device in devices_queries.for_identity(identity.id)
            if device.type == device_type and device.state in ("active", "disabled")]
    if not held:
        raise NothingToReplace()
    with transaction.atomic():
        _ask(held[-1], reason, AskedBy.CODES, caller)
        if reason in devices_policy.GONE:
            with contextlib.suppress(NothingToSuspend):
                suspend_for(identity_id=identity.id, reason=reason, caller=caller)
    return Reported.DONE


def found_again(*, replacement_id: object, caller: Caller) -> None:
    """The device was found, or works: it opens logins again and is not replaced. Only before a new one was chosen.

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


def _ask(device: Device, reason: Reason, asked_by: AskedBy, caller: Caller) -> Replacement:
    """The report itself: the device rests if it is gone, customer service sees it, the holder is told. Once."""
    known = next((row for row in devices_queries.replacements(device.identity_id) if row.old_id == device.id), None)
    if known is not None:
        return known
    replacement = devices.ask_replacement(device_id=device.id, reason=reason, asked_by=asked_by, caller=caller)
    if reason in devices_policy.GONE:
        authentication.end_device(identity_id=device.identity_id, device_serial=device.serial, caller=caller)
    if asked_by in (AskedBy.SPACE, AskedBy.CODES):
        support.open_case(kind="replacement", channel="web", identity_id=device.identity_id, caller=caller)
    tell("replacement_asked", identity_id=device.identity_id, caller=caller, at=caller.at, serial=device.serial)
    return replacement


# --- an agent or officer replaces it ----------------------------------------------------------------------------------


def replace_product(
    *, case_id: object, device_id: object, reason: str, serial: str, delivery: str, code: str, caller: Caller
) -> Outcome:
    """The identified holder gets a new device from stock, by post or from hand to hand; `code` is what the agent's own
    Token shows. A wrong one is a result, and nothing is handed over.

    Refuses: Forbidden, NotFound, CallerNotIdentified, NoAddress, NotAllowed, NotInStock, IncompatibleDevice, NotTrusted,
    SignerUnavailable.
    """
    reason, delivery = _reason(reason), Delivery(delivery)
    with transaction.atomic():
        identity = identified(case_id, caller)
        device = Device.objects.filter(pk=device_id, identity_id=identity.id).first()
        if device is None:
            raise NotFound()
        if delivery is Delivery.POST and not recipient(identity.id)[1].postal:
            raise NoAddress()
        at_desk = support_queries.case(case_id).channel == "desk"
        replacement = _ask(device, reason, AskedBy.DESK if at_desk else AskedBy.PHONE, caller)
    outcome = devices.authorise_replacement(replacement_id=replacement.id, serial=serial, code=code, caller=caller)
    if outcome is not Outcome.ACCEPTED:
        return outcome
    with transaction.atomic():
        identified(case_id, caller)
        replacement = devices.hand_over(replacement_id=replacement.id, serial=serial, delivery=delivery, caller=caller)
        audit.record(Event.PRODUCT_REPLACED, about=("identity", identity.id), caller=caller,
                     facts={"case": case_id, "replacement": replacement.id, "old": replacement.old.serial,
                            "new": replacement.new.serial, "delivery": delivery, "agent": caller.person})
        _announce(replacement, caller)
    if replacement.reason in devices_policy.GONE:
        retire_at_signer(replacement)
    return outcome


def retire_at_signer(replacement: Replacement) -> None:
    """The signer refuses the old device too; asked twice, it changes nothing. Refuses: SignerUnavailable."""
    client.bound().retire_device(attempt=str(uuid5(NAMESPACE_OID, f"paraph retire {replacement.id}")),
                                 device_serial=replacement.old.serial)


def _announce(replacement: Replacement, caller: Caller) -> None:
    """By post a letter lies beside the device; whoever has e-mail or mobile is told there as well."""
    name, to = recipient(replacement.identity_id)
    data = {"name": name, "serial": replacement.new.serial, "old": replacement.old.serial,
            "activate_until": orders_policy.last_day(replacement.allowed_until),
            "by_post": replacement.delivery == Delivery.POST}
    if replacement.delivery == Delivery.POST:
        notifications.enqueue(template="replacement_ready", to=to, channel=LETTER, data=data, caller=caller)
    if to.email or to.mobile or replacement.delivery != Delivery.POST:
        notifications.enqueue(template="replacement_ready", to=to, data=data, caller=caller)


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
