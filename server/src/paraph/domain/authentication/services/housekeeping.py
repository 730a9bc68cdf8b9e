# SPDX-License-Identifier: Apache-2.0
"""What jobs do: tell owners that their account was blocked, forget old logins."""

from datetime import timedelta

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.authentication import lockout
from paraph.domain.authentication.lockout import Lane
from paraph.domain.authentication.models import Credential, LoginTransaction, OneTimeCode, RecoveryStep, Session
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.kernel import rules
from paraph.kernel.caller import Caller

# A code on its way to the signer is counted in advance; by now it is settled.
SETTLED = timedelta(seconds=5)
KEPT = timedelta(days=1)


def tell_blocked(*, caller: Caller) -> int:
    """The owners of accounts that were blocked a moment ago know it, and nobody else does. Returns how many.

    A job and not a beat of the failed attempt, so that the attempt that blocks costs what the others cost.
    """
    current = rules.current()
    told = 0
    for lane in Lane:
        found = Credential.objects.filter(**lockout.columns(lane, {
            "failures__gte": current.lockout_failures, "block_told_at": None, "failed_at__lte": caller.at - SETTLED}))
        told += sum(_tell(credential.pk, lane, caller) for credential in found[:100])
    return told


def _tell(credential_id: object, lane: Lane, caller: Caller) -> int:
    told_at = lockout.columns(lane, {"block_told_at": caller.at})
    with transaction.atomic():
        credential = Credential.objects.select_for_update().get(pk=credential_id)
        counter = lockout.counter(credential, lane)
        until = lockout.blocked_until(counter, rules.current())
        if until is None or any(getattr(credential, column) is not None for column in told_at):
            return 0
        Credential.objects.filter(pk=credential.pk).update(**told_at)
        contact = accounts.contact(credential.identity_id)
        notifications.enqueue(
            template="login_blocked",
            to=Recipient(person_id=contact.person_id, language=contact.language, email=contact.email,
                         mobile=contact.mobile),
            data={"name": contact.name, "at": counter.failed_at, "until": until}, caller=caller)
    return 1


def forget_logins(*, caller: Caller) -> int:
    """Logins and one-time codes of more than a day ago leave, and from where sessions were that ended then; what they
    led to stays in sessions, evidence and the audit log."""
    Session.objects.filter(address__isnull=False, expires_at__lt=caller.at - KEPT).update(address=None, agent=None)
    return LoginTransaction.objects.filter(expires_at__lt=caller.at - KEPT).delete()[0] \
        + OneTimeCode.objects.filter(asked_at__lt=caller.at - KEPT).delete()[0] \
        + RecoveryStep.objects.filter(opened_at__lt=caller.at - KEPT).delete()[0]
