# SPDX-License-Identifier: Apache-2.0
"""How often somebody who is not logged in may try, by address and by UserID from there.

A UserID counts as it was typed, whether anybody has it or not, so that a refusal tells nothing; and only together with
the address or the known browser, so that a stranger never uses up what its holder has elsewhere.
"""

from django.db import transaction

from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import user_id_index
from paraph.domain.authentication.lockout import Lane
from paraph.domain.authentication.services.browsers import digest_of
from paraph.domain.limits import services as limits
from paraph.kernel.caller import Caller


def spend(kind: str, *, user_id: str, lane: Lane = Lane.ACCOUNT, caller: Caller) -> None:
    """One try for this UserID, written once. What was spent stays spent when it is refused. Refuses: TooManyAttempts."""
    browser, refusal = _browser(lane, caller), None
    with transaction.atomic(durable=True):
        try:
            limits.spend(kind=kind, caller=caller, browser=browser)
            limits.spend(kind=f"{kind}_name", caller=caller, name=user_id_index(user_id), browser=browser)
        except limits.TooManyAttempts as refused:
            refusal = refused
    if refusal is not None:
        raise refusal


def give_back(kind: str, *, identity: Identity, lane: str, caller: Caller) -> None:
    """It was the holder himself: his try does not count."""
    browser = _browser(lane, caller)
    limits.give_back(kind=kind, caller=caller, browser=browser)
    limits.give_back(kind=f"{kind}_name", caller=caller, name=identity.user_id_index, browser=browser)


def _browser(lane: str, caller: Caller) -> str:
    return digest_of(caller.browser) if lane == Lane.KNOWN else ""
