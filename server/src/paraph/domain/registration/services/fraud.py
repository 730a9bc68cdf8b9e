# SPDX-License-Identifier: Apache-2.0
"""A fraud is reported: one step opens a case and, for whoever proves who he is, suspends the certificate (R284)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.services import CodeOutcome
from paraph.domain.limits import services as limits
from paraph.domain.registration import policy
from paraph.domain.registration.services.status import NothingToSuspend, suspend_for
from paraph.domain.support import services as support
from paraph.kernel.caller import Caller


@dataclass(frozen=True)
class Report:
    """`reference` is the case's; `suspended`: the certificate is suspended now, by this report or already before."""

    reference: str
    suspended: bool


def report_fraud(
    *, what: str, tell_partners: bool, codes: Mapping[str, str] | None = None, caller: Caller
) -> Report | None:
    """The report stands. A logged-in holder, or right initial codes, also suspend at once. None: the codes were wrong.

    `codes`: user_id, initial_password, challenge. Without either, nobody's certificate is touched.
    Refuses: TooManyAttempts.
    """
    limits.spend(kind="fraud", caller=caller)
    identity_id = None
    if policy.is_holder(caller, caller.identity, "full", "suspended"):
        identity_id = caller.identity
    elif codes:
        limits.spend(kind="suspension", caller=caller)
        identity = accounts.identity_by_user_id(codes["user_id"])
        right = authentication.check_initial_codes(
            identity_id=identity.id if identity else None, initial_password=codes["initial_password"],
            challenge=codes["challenge"], caller=caller)
        if identity is None or right is not CodeOutcome.ACCEPTED:
            return None
        identity_id = identity.id
    with transaction.atomic():
        case = support.open_case(kind="phishing", channel="web", identity_id=identity_id, summary=what,
                                 tell_partners=tell_partners and identity_id is not None, caller=caller)
        if identity_id is None:
            return Report(case.reference, suspended=False)
        try:
            suspend_for(identity_id=identity_id, reason="phishing", caller=caller)
        except NothingToSuspend:
            return Report(case.reference, suspended=policy.is_holder(caller, identity_id, "suspended"))
    return Report(case.reference, suspended=True)
