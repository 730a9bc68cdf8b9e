# SPDX-License-Identifier: Apache-2.0
"""What an agent does for a caller whom he identified, and an officer for a visitor at his desk: each action rests on a
check of this case (R082, R147, R161)."""

from django.db import transaction

from paraph.domain.accounts import queries as accounts_queries
from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as devices_queries
from paraph.domain.devices import services as devices
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.models import Device
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import LETTER, SMS
from paraph.domain.orders import queries as orders_queries
from paraph.domain.registration import policy
from paraph.domain.registration.events import Event
from paraph.domain.registration.services.products import rest
from paraph.domain.registration.services.status import suspend_for
from paraph.domain.registration.services.telling import recipient, tell
from paraph.domain.support import policy as support_policy
from paraph.domain.support import queries as support
from paraph.domain.support import services as support_services
from paraph.domain.support.models import Case
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal


class CallerNotIdentified(Refusal):
    """No check of this case by this agent passed, or it was too long ago (R252)."""

    code = "caller_not_identified"
    sentence = "L’appelant n’est pas identifié. Posez d’abord les questions ; rien n’a été modifié."
    status = 403


class NoWayForCodes(Refusal):
    code = "no_way_for_codes"
    sentence = "Aucune coordonnée vérifiée ne permet cet envoi. Choisissez l’autre moyen, ou un bureau."
    status = 422


class NotOfYourDesk(Refusal):
    """Unknown, or another desk's holder: one answer."""

    code = "not_of_your_desk"
    sentence = "Aucun titulaire de votre bureau ne correspond."
    status = 404


def open_visit(*, sought: str, caller: Caller) -> Case:
    """Somebody whom this desk registered stands before the officer; `sought` is his UserID, or the serial number on his
    device. He is not identified yet. Refuses: NotOfYourDesk."""
    device = devices_queries.by_serial(sought)
    identity = accounts_queries.identity_by_user_id(sought) or (device.identity if device else None)
    order = orders_queries.of_identity(identity.id) if identity else None
    if order is None or not caller.has_role(policy.OFFICER, str(order.authority_id)):
        raise NotOfYourDesk()
    return support_services.open_case(kind="visit", channel="desk", identity_id=identity.id,
                                      organisation=str(order.authority_id), caller=caller)


def give_security_code(*, case_id: object, caller: Caller) -> str:
    """The code that the agent reads to the caller; it is shown once and kept nowhere in clear (R082).

    The holder is told that it was given. Refuses: Forbidden, NotFound, CallerNotIdentified.
    """
    with transaction.atomic():
        identity = identified(case_id, caller)
        code = authentication.make_security_code(identity_id=identity.id, caller=caller)
        audit.record(Event.SECURITY_CODE_GIVEN, about=("identity", identity.id), caller=caller,
                     facts={"case": case_id, "agent": caller.person})
        tell("security_code_given", identity_id=identity.id, caller=caller, at=caller.at)
    return code


def reissue_codes(*, case_id: object, channel: str, caller: Caller) -> None:
    """New initial codes leave by SMS or letter; the old ones are dead (R147). The agent never sees them.

    Refuses: Forbidden, NotFound, CallerNotIdentified, NoWayForCodes.
    """
    with transaction.atomic():
        identity = identified(case_id, caller)
        name, to = recipient(identity.id)
        if not {SMS: to.mobile, LETTER: to.postal}.get(channel):
            raise NoWayForCodes()
        initial_password, challenge = tokens.initial_password(), tokens.digits(6)
        authentication.renew_initial(identity_id=identity.id, initial_password=initial_password, challenge=challenge,
                                     caller=caller)
        notifications.enqueue(
            template="new_codes", to=to, channel=channel, caller=caller,
            data={"name": name, "user_id": identity.user_id, "initial_password": initial_password,
                  "challenge": challenge})
        audit.record(Event.CODES_REISSUED, about=("identity", identity.id), caller=caller,
                     facts={"case": case_id, "channel": channel, "agent": caller.person})


def assign_product(*, case_id: object, serial: str, caller: Caller) -> None:
    """A device from stock may join what the caller has (R210: a Scan beside a Token). It opens nothing until the holder
    has allowed it with the device that he has and answered its images.

    Refuses: Forbidden, NotFound, CallerNotIdentified, NotInStock, IncompatibleDevice.
    """
    with transaction.atomic():
        identity = identified(case_id, caller)
        device = devices.assign(identity_id=identity.id, serial=serial, caller=caller)
        audit.record(Event.PRODUCT_ASSIGNED, about=("identity", identity.id), caller=caller,
                     facts={"case": case_id, "device": device.id, "serial": device.serial, "agent": caller.person})


def disable_for_caller(*, case_id: object, device_id: object, reason: str, caller: Caller) -> None:
    """One product of the caller opens nothing until it is enabled; his certificate and his other products stay as they are
    (R080). Passkeys are not among them: their holder removes them.

    Refuses: Forbidden (a reason that is none as well), NotFound, CallerNotIdentified, NotAllowed.
    """
    if reason not in policy.DISABLED_FOR:
        raise Forbidden()
    with transaction.atomic():
        identity = identified(case_id, caller)
        device = Device.objects.select_for_update().filter(pk=device_id, identity=identity, type__in=METHODS).first()
        if device is None:
            raise NotFound()
        rest(device, reason=reason, caller=caller)
        audit.record(Event.PRODUCT_DISABLED, about=("identity", identity.id), caller=caller,
                     facts={"case": case_id, "device": device.id, "serial": device.serial, "reason": reason,
                            "agent": caller.person})


def suspend_for_caller(*, case_id: object, reason: str, caller: Caller) -> None:
    """Suspension by telephone: lost, stolen, or a victim of phishing (R077, R161). It counts from the call's beginning.

    Refuses: Forbidden, NotFound, CallerNotIdentified, UnknownCause, NothingToSuspend.
    """
    if reason not in policy.PHONE_REASONS:
        raise Forbidden()
    with transaction.atomic():
        identity = identified(case_id, caller)
        suspend_for(identity_id=identity.id, reason=reason, caller=caller,
                    received_at=support.case(case_id).opened_at)


def identified(case_id: object, caller: Caller) -> Identity:
    """The holder of the case, whom this agent or officer has just identified."""
    case = support.case(case_id)
    if not support_policy.may_serve(caller, channel=case.channel, organisation=case.organisation):
        raise Forbidden()
    if case.identity is None:
        raise NotFound()
    if not support.is_identified(case, caller):
        raise CallerNotIdentified()
    return Identity.objects.select_for_update().get(pk=case.identity_id)
