# SPDX-License-Identifier: Apache-2.0
"""What jobs do: tell owners that their account was blocked, forget old logins."""

from datetime import timedelta

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.authentication import lockout
from paraph.domain.authentication.models import Credential, LoginTransaction
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
    found = Credential.objects.filter(failures__gte=current.lockout_failures, block_told_at=None,
                                      failed_at__lte=caller.at - SETTLED)
    return sum(_tell(credential.pk, caller) for credential in found[:100])


def _tell(credential_id: object, caller: Caller) -> int:
    with transaction.atomic():
        credential = Credential.objects.select_for_update().get(pk=credential_id)
        until = lockout.blocked_until(credential, rules.current())
        if until is None or credential.block_told_at is not None:
            return 0
        Credential.objects.filter(pk=credential.pk).update(block_told_at=caller.at)
        contact = accounts.contact(credential.identity_id)
        notifications.enqueue(
            template="login_blocked",
            to=Recipient(person_id=contact.person_id, language=contact.language, email=contact.email,
                         mobile=contact.mobile),
            data={"name": contact.name, "at": credential.failed_at, "until": until}, caller=caller)
    return 1


def forget_logins(*, caller: Caller) -> int:
    """Logins that ended a day ago leave; what they led to stays in sessions, evidence and the audit log."""
    return LoginTransaction.objects.filter(expires_at__lt=caller.at - KEPT).delete()[0]
