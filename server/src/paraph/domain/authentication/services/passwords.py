# SPDX-License-Identifier: Apache-2.0
"""The holder changes his password. A forgotten one is another matter (it needs other proofs)."""

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.audit import services as audit
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.models import Credential
from paraph.domain.authentication.policy import PasswordProblem
from paraph.domain.authentication.services.browsers import lane_of
from paraph.domain.authentication.services.codes import CodeOutcome, PasswordRefused, hash_new_password
from paraph.domain.authentication.services.first_step import password_passes
from paraph.domain.authentication.services.sessions import close_sessions
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden

MAY_CHANGE = ("full", "staff")


def change_password(*, current: str, password: str, caller: Caller) -> CodeOutcome:
    """The new password stands, and every other session of the identity ends.

    A wrong current password counts as a failed login: a stolen session must not be a way to guess it.
    Refuses: Forbidden (no full session), PasswordRefused.
    """
    if caller.scope not in MAY_CHANGE:
        raise Forbidden()
    credential = Credential.objects.get(identity_id=caller.identity)
    if password == current:
        raise PasswordRefused([PasswordProblem.SAME_AS_CURRENT])
    fresh = hash_new_password(identity_id=caller.identity, password=password)
    if not password_passes(credential.identity_id, credential, current, lane_of(caller.identity, caller), caller):
        return CodeOutcome.WRONG
    with transaction.atomic(durable=True):
        changed = Credential.objects.filter(pk=credential.pk, password_hash=credential.password_hash).update(
            password_hash=fresh, password_set_at=caller.at)
        if not changed:
            return CodeOutcome.WRONG
        audit.record(Event.PASSWORD_CHANGED, about=("identity", caller.identity), caller=caller)
        close_sessions(identity_id=caller.identity, reason="new_password", but=caller.session, caller=caller)
        _tell(caller)
    return CodeOutcome.ACCEPTED


def _tell(caller: Caller) -> None:
    """At once: whoever did not do it himself must know before the next login."""
    contact = accounts.contact(caller.identity)
    notifications.enqueue(
        template="password_changed", caller=caller, data={"name": contact.name, "at": caller.at},
        to=Recipient(person_id=contact.person_id, language=contact.language, email=contact.email,
                     mobile=contact.mobile))
