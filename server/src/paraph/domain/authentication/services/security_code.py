# SPDX-License-Identifier: Apache-2.0
"""Login with UserID, password and a security code of the helpdesk: device management and nothing else (R082, R135)."""

from uuid import UUID

from django.db import transaction
from django.db.models import F

from paraph.domain.accounts import queries as accounts
from paraph.domain.audit import services as audit
from paraph.domain.authentication import policy
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.models import Credential, OneTimeCode
from paraph.domain.authentication.policy import Standing
from paraph.domain.authentication.services import limiting
from paraph.domain.authentication.services.browsers import lane_of
from paraph.domain.authentication.services.codes import NOBODY
from paraph.domain.authentication.services.first_step import (
    count_attempt,
    is_password,
    standing_of,
    valid_certificates,
)
from paraph.domain.authentication.services.one_time import SECURITY_CODE, is_usable
from paraph.domain.authentication.services.sessions import open_session
from paraph.kernel import secrets
from paraph.kernel.caller import Caller

SCOPE = "devices"


def log_in_with_security_code(*, user_id: str, password: str, security_code: str, caller: Caller) -> UUID | None:
    """The session, or None whatever was wrong: UserID, password, code, its time, its use, or a blocked account.

    A failure counts like one at the door and costs a try of the code. Two hashes for everybody.
    Refuses: TooManyAttempts.
    """
    identity = accounts.identity_by_user_id(user_id)
    holder = identity.id if identity else NOBODY
    credential = Credential.objects.filter(identity_id=holder).first()
    certificates = valid_certificates(holder, caller.at)
    lane = lane_of(holder, caller)
    limiting.spend("door", user_id=user_id, lane=lane, caller=caller)
    row = OneTimeCode.objects.filter(
        identity_id=holder, purpose=OneTimeCode.Purpose.DEVICES).order_by("-asked_at", "-id").first()
    right = is_password(credential, password) & _is_right(row, security_code)
    allowed = credential is not None and standing_of(identity, credential, certificates) in (
        Standing.FULL, Standing.SUSPENDED)
    if not count_attempt(holder, credential, right=right and allowed and is_usable(row, caller), lane=lane,
                         caller=caller):
        OneTimeCode.objects.filter(pk=row.pk if row else NOBODY).update(tries=F("tries") + 1)
        return None
    with transaction.atomic(durable=True):
        claimed = OneTimeCode.objects.filter(pk=row.pk, used_at=None, expires_at__gt=caller.at).update(
            used_at=caller.at)
        if not claimed:
            return None
        limiting.give_back("door", identity=identity, lane=lane, caller=caller)
        session = open_session(identity_id=identity.id, person_id=identity.person_id, scope=SCOPE,
                               acr=policy.LEVEL_LOW, amr=("pwd", "otp"), caller=caller)
        audit.record(Event.SECURITY_CODE_USED, about=("identity", identity.id), caller=caller,
                     facts={"code": row.id, "agent": row.given_by, "session": session.id})
    return session.id


def _is_right(row: OneTimeCode | None, code: str) -> bool:
    if row is None or not row.code_hash:
        secrets.dummy_verify(code)
        return False
    return secrets.verify_secret("".join(code.split()), row.code_hash, SECURITY_CODE)
