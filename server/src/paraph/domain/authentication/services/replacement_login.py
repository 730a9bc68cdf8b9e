# SPDX-License-Identifier: Apache-2.0
"""Login of a holder whose new device waits for its first answer: UserID and password, for that answer alone (R085).

He has no other device, or left it at home; an agent has identified him and allowed the new one. The session opens no
page but the one that asks the new device.
"""

from uuid import UUID

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.authentication import policy
from paraph.domain.authentication.models import Credential
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
from paraph.domain.authentication.services.sessions import open_session
from paraph.domain.devices import queries as devices
from paraph.kernel.caller import Caller

SCOPE = "replacement"


def log_in_for_replacement(*, user_id: str, password: str, caller: Caller) -> UUID | None:
    """The session, or None whatever was wrong: UserID, password, a blocked account, or nothing that waits.

    A failure counts like one at the door, also that nothing waits: the answer would else tell that the password is right.
    Refuses: TooManyAttempts.
    """
    identity = accounts.identity_by_user_id(user_id)
    holder = identity.id if identity else NOBODY
    credential = Credential.objects.filter(identity_id=holder).first()
    certificates = valid_certificates(holder, caller.at)
    lane = lane_of(holder, caller)
    limiting.spend("door", user_id=user_id, lane=lane, caller=caller)
    waits = devices.awaits_activation(holder, caller.at)
    right = is_password(credential, password) and waits
    allowed = credential is not None and standing_of(identity, credential, certificates) in (
        Standing.FULL, Standing.SUSPENDED)
    if not count_attempt(holder, credential, right=right and allowed, lane=lane, caller=caller):
        return None
    with transaction.atomic(durable=True):
        limiting.give_back("door", identity=identity, lane=lane, caller=caller)
        session = open_session(identity_id=identity.id, person_id=identity.person_id, scope=SCOPE,
                               acr=policy.LEVEL_LOW, amr=("pwd",), caller=caller)
    return session.id
