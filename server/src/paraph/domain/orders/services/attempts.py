# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from paraph.domain.orders.models import Attempts
from paraph.kernel import sealing
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal

WINDOW = timedelta(hours=1)
LIMITS = {"follow": 30, "voucher": 30, "place": 60}


class TooManyAttempts(Refusal):
    code = "too_many_attempts"
    sentence = gettext_noop(
        "Il y a eu trop d’essais depuis votre connexion. Recommencez dans une heure, ou appelez-nous.")
    status = 429


def count_attempt(*, kind: str, caller: Caller) -> None:
    """One more attempt of this kind from the caller's address within the hour. Refuses: TooManyAttempts.

    Kept by a blind index of the address, never by the address itself.
    """
    source = sealing.blind_index(caller.address, "orders.attempts")
    with transaction.atomic():
        row, _ = Attempts.objects.select_for_update().get_or_create(
            kind=kind, source=source, defaults={"since": caller.at})
        if caller.at - row.since >= WINDOW:
            Attempts.objects.filter(pk=row.pk).update(since=caller.at, count=1)
            return
        if row.count >= LIMITS[kind]:
            raise TooManyAttempts()
        Attempts.objects.filter(pk=row.pk).update(count=F("count") + 1)
