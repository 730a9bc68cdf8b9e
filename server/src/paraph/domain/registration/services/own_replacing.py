# SPDX-License-Identifier: Apache-2.0
"""A holder with another device of his gets a new one without calling anybody (decision 0018).

He asks in My space, in a session that this other device opened; the new one goes to his verified address and nowhere else.
He is told at once by every way that reaches him, and has days in which one button of the mail says that it was not him: then
nothing is replaced and his certificate is suspended. After them the other device allows the new one, to the signer itself.
"""

import contextlib
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication import services as authentication_services
from paraph.domain.devices import policy as devices_policy
from paraph.domain.devices import queries as devices_queries
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.devices.policy import Delivery
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import MAIL, SMS
from paraph.domain.registration import policy
from paraph.domain.registration.events import Event
from paraph.domain.registration.services.replacing import announce, retire_ended
from paraph.domain.registration.services.status import NothingToSuspend, suspend_for
from paraph.domain.registration.services.telling import recipient
from paraph.domain.support import policy as support_policy
from paraph.domain.support import queries as support_queries
from paraph.domain.support import services as support
from paraph.kernel import clock, rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound, Refusal


class Obstacle(StrEnum):
    """Why a new device can't be sent to a holder at his own wish."""

    BANK = "bank"
    OTHER_DEVICE = "other_device"
    NO_ADDRESS = "no_address"
    NOT_REACHABLE = "not_reachable"
    SENT_BEFORE = "sent_before"


class CanNotBeSent(Refusal):
    """`why` is an Obstacle. It was not changed, and an agent can help."""

    code = "can_not_be_sent"
    sentence = gettext_noop("Ce produit ne peut pas être envoyé de cette façon. Appelez-nous : rien n’a été modifié.")
    status = 422

    def __init__(self, *, why: Obstacle) -> None:
        super().__init__(why=why)
        self.why = why


class Denied(StrEnum):
    DONE = "done"
    TOO_LATE = "too_late"


def sending_obstacle(old: Device, caller: Caller) -> Obstacle | None:
    """Why this holder can't have a new device sent in place of this one, or None. In the order in which it is said."""
    if not devices_policy.TYPES[old.type].sent:
        return Obstacle.BANK
    proof = devices_queries.other_proof(caller.identity, old, caller.at)
    if caller.scope != "full" or proof is None \
            or authentication.device_of_session(caller.session) != proof.serial or old.state == "assigned":
        return Obstacle.OTHER_DEVICE
    _name, to = recipient(caller.identity)
    if not to.postal:
        return Obstacle.NO_ADDRESS
    if not (to.email or to.mobile):
        return Obstacle.NOT_REACHABLE
    if devices_queries.was_sent_in_vain(caller.identity, caller.at):
        return Obstacle.SENT_BEFORE
    return None


def sent_usable_from(at: datetime) -> datetime:
    """The beginning of the first day on which a device that is asked for now can be put to work."""
    days = rules.current().own_replacement_days + 1
    return clock.start_of_day(clock.local_date(at) + timedelta(days=days))


def ask_for_sending(*, replacement_id: object, denial_address: str, caller: Caller) -> date:
    """The reported device's holder wants a new one sent to his verified address. Returns the first day on which it can be
    put to work. He is told at once by mail and SMS, by all that he has; the mail holds the address, `denial_address` and a
    secret, under which he says that it was not him.

    Refuses: Forbidden, NotFound, NotAllowed (asked for or handed over already, or over), CanNotBeSent.
    """
    with transaction.atomic():
        replacement = _own(replacement_id, caller)
        if why := sending_obstacle(replacement.old, caller):
            raise CanNotBeSent(why=why)
        secret, first = tokens.secret_url(), sent_usable_from(caller.at)
        replacement = devices.wish_sending(
            replacement_id=replacement.id, asked_with=authentication.device_of_session(caller.session), usable_from=first,
            denial_digest=devices_policy.denial_digest(secret), caller=caller)
        name, to = recipient(caller.identity)
        for channel, reached in ((MAIL, to.email), (SMS, to.mobile)):
            if reached:
                notifications.enqueue(
                    template="replacement_wished", to=to, channel=channel, caller=caller,
                    data={"name": name, "at": caller.at, "old": replacement.old.serial, "asked_with": replacement.asked_with,
                          "usable_from": clock.local_date(first), "address": f"{denial_address}{secret}"})
    return clock.local_date(first)


def send_product(*, case_id: object, serial: str, caller: Caller) -> None:
    """An agent takes a device from the drawer and sends it, because its holder asked for it in My space; the letter with
    his address lies beside it. Nobody called, so nobody is identified, and no code of the agent allows anything.

    Refuses: Forbidden, NotFound (nothing was asked for), NotAllowed, NotInStock, IncompatibleDevice.
    """
    case = support_queries.case(case_id)
    if not support_policy.may_serve(caller, channel=case.channel, organisation=case.organisation):
        raise Forbidden()
    replacement = devices_queries.to_send(case.identity_id)
    if replacement is None:
        raise NotFound()
    former = replacement.new
    with transaction.atomic():
        Identity.objects.select_for_update().get(pk=case.identity_id)
        replacement = devices.send(replacement_id=replacement.id, serial=serial, delivery=Delivery.POST, caller=caller)
        audit.record(Event.PRODUCT_SENT, about=("identity", case.identity_id), caller=caller,
                     facts={"case": case_id, "replacement": replacement.id, "old": replacement.old.serial,
                            "new": replacement.new.serial, "agent": caller.person})
        announce(replacement, caller)
    retire_ended(former)


def deny_replacement(*, secret: str, caller: Caller) -> Denied:
    """Somebody who reads the holder's mail says that the holder did not ask. The new device ends, the certificate is
    suspended, every session ends, and customer service looks after it. Nothing is given back: whoever reads another
    one's mail gains nothing. Said again, it changes nothing.

    Refuses: NotFound (no such address), SignerUnavailable (say it again).
    """
    replacement = devices_queries.replacement_to_deny(secret)
    if replacement is None:
        raise NotFound()
    with transaction.atomic():
        Identity.objects.select_for_update().get(pk=replacement.identity_id)
        try:
            replacement = devices.deny_replacement(replacement_id=replacement.id, caller=caller)
        except NotAllowed:
            replacement.refresh_from_db()
            if replacement.state != "denied":
                return Denied.TOO_LATE
        else:
            authentication_services.close_sessions(identity_id=replacement.identity_id, reason="denied", caller=caller)
            support.open_case(kind="phishing", channel="web", identity_id=replacement.identity_id, caller=caller)
            audit.record(Event.REPLACEMENT_DENIED, about=("identity", replacement.identity_id), caller=caller,
                         facts={"replacement": replacement.id, "asked_with": replacement.asked_with})
            with contextlib.suppress(NothingToSuspend):
                suspend_for(identity_id=replacement.identity_id, reason="phishing", caller=caller)
    retire_ended(replacement.new)
    return Denied.DONE


def _own(replacement_id: object, caller: Caller) -> Replacement:
    if not policy.is_holder(caller, caller.identity, "full"):
        raise Forbidden()
    found = next((row for row in devices_queries.replacements(caller.identity) if row.id == replacement_id), None)
    if found is None:
        raise NotFound()
    return found
