# SPDX-License-Identifier: Apache-2.0
"""Who is invited chooses his password himself: there is no initial one, and no code of a letter."""

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.models import Credential
from paraph.domain.authentication.services.codes import PASSWORD, PasswordRefused, password_problems
from paraph.kernel import secrets
from paraph.kernel.caller import Caller


def hash_first_password(password: str) -> str:
    """The hash of a password that follows the rules (R136). Refuses: PasswordRefused."""
    if problems := password_problems(password):
        raise PasswordRefused(problems)
    return secrets.hash_secret(password, PASSWORD)


def begin_with_password(*, identity_id: object, password_hash: str, caller: Caller) -> None:
    """A new staff identity logs in with this password from now on."""
    with transaction.atomic():
        Credential.objects.create(identity_id=identity_id, created_at=caller.at, activated_at=caller.at,
                                  password_hash=password_hash, password_set_at=caller.at)
        audit.record(Event.ACTIVATED, about=("identity", identity_id), caller=caller)
