# SPDX-License-Identifier: Apache-2.0
from datetime import datetime
from math import ceil

from django.db import connection
from django.utils.translation import gettext_noop

from paraph.domain.limits.models import Allowance
from paraph.domain.limits.policy import MICROSECONDS, limit, source_of
from paraph.kernel import sealing
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal


class TooManyAttempts(Refusal):
    """The source has used up its tries. Says nothing of what was tried, and nothing was changed by it."""

    code = "too_many_attempts"
    sentence = gettext_noop(
        "Il y a eu trop d’essais depuis votre adresse Internet. Patientez %(minutes)s min, puis recommencez, ou "
        "appelez-nous.")
    status = 429

    def __init__(self, *, seconds: int) -> None:
        super().__init__(minutes=ceil(seconds / 60))
        self.retry_after = seconds


# One statement, so that of many tries at once exactly as many pass as there are, and so that the first try of a source
# costs what the others cost. Django's own upsert knows no condition.
_SPEND = """
    INSERT INTO limits_allowance (kind, source, used_until) VALUES (%s, %s, %s)
    ON CONFLICT (kind, source) DO UPDATE
    SET used_until = CASE WHEN limits_allowance.used_until > %s THEN limits_allowance.used_until ELSE %s END + %s
    WHERE limits_allowance.used_until <= %s"""
_GIVE_BACK = "UPDATE limits_allowance SET used_until = used_until - %s WHERE kind = %s AND source = %s"


def spend(*, kind: str, caller: Caller, name: str = "", browser: str = "") -> None:
    """One try of this kind, by the caller's address. Refuses: TooManyAttempts, in whole seconds until the next is free.

    `name`: only the tries with this name count together, such as a UserID as it was typed, known or not. `browser`
    stands in the address's place for a browser that is known for this name, so that others behind the same address
    can't use up its holder's tries. The row is found by its index, however many there are.
    """
    chosen = limit(kind)
    if not chosen.tries:
        return
    source, now = _source(kind, caller, name, browser), _microseconds(caller.at)
    latest = now + chosen.window - chosen.share
    if connection.converse(_SPEND, [kind, source, now + chosen.share, now, now, chosen.share, latest])[0]:
        return
    until = Allowance.objects.get(kind=kind, source=source).used_until
    raise TooManyAttempts(seconds=max(1, ceil((until - latest) / MICROSECONDS)))


def refuse_spent(*, kind: str, caller: Caller, name: str = "") -> None:
    """Refuses what spend() would refuse, and counts nothing: for tries that cost only when they were wrong."""
    chosen = limit(kind)
    if not chosen.tries:
        return
    latest = _microseconds(caller.at) + chosen.window - chosen.share
    until = Allowance.objects.filter(kind=kind, source=_source(kind, caller, name, "")).values_list(
        "used_until", flat=True).first()
    if until is not None and until > latest:
        raise TooManyAttempts(seconds=max(1, ceil((until - latest) / MICROSECONDS)))


def give_back(*, kind: str, caller: Caller, name: str = "", browser: str = "") -> None:
    """The try was a good one: it does not count. So a whole company behind one address may log in at eight."""
    chosen = limit(kind)
    if chosen.tries:
        connection.converse(_GIVE_BACK, [chosen.share, kind, _source(kind, caller, name, browser)])


def forget_allowances(*, caller: Caller) -> int:
    """Rows that time has caught up with say nothing any more. Returns how many left."""
    return Allowance.objects.filter(used_until__lte=_microseconds(caller.at)).delete()[0]


def _source(kind: str, caller: Caller, name: str, browser: str) -> str:
    whence = f"browser {browser}" if browser else f"address {source_of(caller.address)}"
    return sealing.blind_index(f"{whence}\x00{name}", f"limits.{kind}")


def _microseconds(at: datetime) -> int:
    return int(at.timestamp()) * MICROSECONDS + at.microsecond
