# SPDX-License-Identifier: Apache-2.0
"""One-time codes: by SMS for somebody who forgot or is blocked, and from the helpdesk for device management."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.audit import services as audit
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.models import OneTimeCode
from paraph.domain.authentication.services import limiting
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import SMS, Recipient
from paraph.kernel import rules, secrets, tokens
from paraph.kernel.caller import Caller

SMS_CODE, SECURITY_CODE = "sms_code", "security_code"
SMS_DIGITS, SECURITY_DIGITS = 6, 8
# Pressed twice within this time for the same purpose, one SMS leaves. Who hears that his account is blocked, and goes
# straight on to unblock it, gets another.
AGAIN_AFTER = timedelta(seconds=30)


def ask_code(*, user_id: str, purpose: str, caller: Caller) -> UUID:
    """Somebody asks for an SMS with a code. The answer is the request's id, whoever was named (R141).

    One row is written for everybody, also for a UserID that nobody has; send_codes() decides a moment later. The code
    is good only with this id, so that nobody can use up the tries of somebody else's code. Refuses: TooManyAttempts.
    """
    limiting.spend("message", user_id=user_id, caller=caller)
    identity = accounts.identity_by_user_id(user_id)
    return OneTimeCode.objects.create(identity=identity, purpose=OneTimeCode.Purpose(purpose), asked_at=caller.at).id


def send_codes(*, caller: Caller) -> int:
    """The codes that were asked for are made and leave by SMS, where there is a mobile (R140, R141). Returns how many.

    Nobody gets more than rules.sms_codes_an_hour in an hour, however often a stranger asks.
    """
    waiting = OneTimeCode.objects.filter(settled_at=None).order_by("asked_at").values_list("pk", flat=True)
    return sum(_send(pk, caller) for pk in list(waiting[:100]))


def _send(pk: object, caller: Caller) -> int:
    current = rules.current()
    with transaction.atomic():
        row = OneTimeCode.objects.select_for_update(of=("self",)).select_related("identity").filter(
            pk=pk, settled_at=None).first()
        if row is None:
            return 0
        OneTimeCode.objects.filter(pk=row.pk).update(settled_at=caller.at)
        if row.identity is None or row.identity.kind == "staff":
            return 0
        contact = accounts.contact(row.identity_id)
        made = OneTimeCode.objects.filter(identity_id=row.identity_id, given_by="").exclude(code_hash="")
        if not contact.mobile or made.filter(purpose=row.purpose, asked_at__gt=row.asked_at - AGAIN_AFTER).exists() \
                or made.filter(settled_at__gt=caller.at - timedelta(hours=1)).count() >= current.sms_codes_an_hour:
            return 0
        code = tokens.digits(SMS_DIGITS)
        OneTimeCode.objects.filter(pk=row.pk).update(
            code_hash=secrets.hash_secret(code, SMS_CODE),
            # R114: still good when its time has just passed, as the codes of devices are.
            expires_at=caller.at + timedelta(minutes=current.sms_code_minutes) + timedelta.resolution)
        notifications.enqueue(
            template="sms_code", channel=SMS, caller=caller,
            to=Recipient(person_id=contact.person_id, language=contact.language, mobile=contact.mobile),
            data={"name": contact.name, "code": code, "minutes": current.sms_code_minutes})
        audit.record(Event.SMS_CODE_SENT, about=("identity", row.identity_id), caller=caller,
                     facts={"purpose": row.purpose, "code": row.pk})
    return 1


def make_security_code(*, identity_id: object, caller: Caller) -> str:
    """A code that an agent reads to a caller whom he identified: once, for device management alone (R082, R135, Q34).

    The caller of this function (registration) decides who may. An earlier code that was not used dies.
    """
    code = tokens.digits(SECURITY_DIGITS)
    hashed = secrets.hash_secret(code, SECURITY_CODE)
    with transaction.atomic():
        OneTimeCode.objects.filter(identity_id=identity_id, purpose=OneTimeCode.Purpose.DEVICES, used_at=None).update(
            expires_at=caller.at)
        row = OneTimeCode.objects.create(
            identity_id=identity_id, purpose=OneTimeCode.Purpose.DEVICES, given_by=caller.person, asked_at=caller.at,
            code_hash=hashed, settled_at=caller.at,
            expires_at=caller.at + timedelta(minutes=rules.current().security_code_minutes))
        audit.record(Event.SECURITY_CODE_GIVEN, about=("identity", identity_id), caller=caller,
                     facts={"code": row.id, "agent": caller.person})
    return code


def is_usable(row: OneTimeCode | None, caller: Caller) -> bool:
    """Made, not used, not out of tries, not out of time: good until the last instant before its end."""
    return (row is not None and bool(row.code_hash) and row.used_at is None
            and row.tries < rules.current().code_tries and row.expires_at is not None and caller.at < row.expires_at)
