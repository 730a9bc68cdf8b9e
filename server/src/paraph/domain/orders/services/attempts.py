# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.orders.models import Attempts
from paraph.kernel import sealing
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal

WINDOW = timedelta(hours=1)
LIMITS = {"follow": 30, "place": 60}


class TooManyAttempts(Refusal):
    code = "too_many_attempts"
    sentence = gettext_noop(
        "Il y a eu trop d’essais depuis cette adresse Internet. Recommencez dans une heure, ou appelez-nous.")
    status = 429


def refuse_too_many(*, kind: str, caller: Caller) -> None:
    """Refuses: TooManyAttempts, when this address has used up its attempts of the last hour."""
    row = Attempts.objects.filter(kind=kind, source=_source(caller)).first()
    if row is not None and row.count >= LIMITS[kind] and caller.at - row.since < WINDOW:
        raise TooManyAttempts()


def count_attempt(*, kind: str, caller: Caller) -> None:
    """One more attempt of this kind from the caller's address.

    Kept by a blind index of the address, never by the address itself.
    """
    with transaction.atomic():
        row, _ = Attempts.objects.select_for_update().get_or_create(
            kind=kind, source=_source(caller), defaults={"since": caller.at})
        if caller.at - row.since >= WINDOW:
            row.since, row.count = caller.at, 0
        row.count += 1
        row.save(update_fields=["since", "count"])


def _source(caller: Caller) -> str:
    return sealing.blind_index(caller.address, "orders.attempts")
