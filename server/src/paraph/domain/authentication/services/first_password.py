# SPDX-License-Identifier: Apache-2.0
"""Who is invited chooses his password himself: there is no initial one, and no code of a letter. Who works here and lost it
chooses a new one, or is given an initial one at the machine."""

from django.db import transaction

from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.authentication import lockout
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lockout import Lane
from paraph.domain.authentication.models import Credential
from paraph.domain.authentication.services.codes import INITIAL_PASSWORD, PASSWORD, PasswordRefused, password_problems
from paraph.kernel import secrets
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound


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


def begin_anew(*, identity_id: object, password_hash: str = "", initial_password: str = "", caller: Caller) -> None:
    """Somebody of the staff logs in with this password from now on, or with an initial one that his next login replaces. The
    one before is worth nothing, and a block for wrong ones is over. Refuses: NotFound."""
    passwords = {"password_hash": password_hash, "password_set_at": caller.at, "activated_at": caller.at} if password_hash else {
        "password_hash": "", "activated_at": None, "initial_password_tries": 0,
        "initial_password_hash": secrets.hash_secret(initial_password, INITIAL_PASSWORD)}
    counters = {name: value for lane in Lane for name, value in lockout.columns(lane, lockout.after_success()).items()}
    with transaction.atomic():
        if not Credential.objects.filter(identity_id=identity_id, identity__kind=Identity.Kind.STAFF).update(
                **passwords, **counters):
            raise NotFound()
        audit.record(Event.PASSWORD_RESET, about=("identity", identity_id), caller=caller)
