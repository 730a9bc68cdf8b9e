# SPDX-License-Identifier: Apache-2.0
"""Browsers in which a holder has logged in: they have their own lane in the lockout (decision 0013)."""

from hashlib import sha256

from django.db import transaction

from paraph.domain.authentication import rows
from paraph.domain.authentication.lockout import Lane
from paraph.domain.authentication.models import KnownBrowser
from paraph.kernel import rules
from paraph.kernel.caller import Caller


def lane_of(identity_id: object, caller: Caller) -> Lane:
    """Which counter a failure of this caller falls on. One question to the database, whoever is asked about."""
    if not rules.current().lockout_lanes:
        return Lane.ACCOUNT
    known = rows.KNOWN_BROWSER.first(identity_id=identity_id, digest=digest_of(caller.browser)) is not None
    return Lane.KNOWN if known and caller.browser else Lane.ACCOUNT


def remember_browser(*, identity_id: object, caller: Caller) -> None:
    """A login was finished in the caller's browser: from now on it is known for this identity, and for no other. Nothing
    where the operator has no lanes."""
    if not caller.browser or not rules.current().lockout_lanes:
        return
    with transaction.atomic(savepoint=False):
        rows.see_browser(identity_id=identity_id, digest=digest_of(caller.browser), seen_at=caller.at)
        if older := [identifier for (identifier,) in rows.OLD_BROWSERS.all(identity_id=identity_id)]:
            KnownBrowser.objects.filter(pk__in=older).delete()


def forget_browsers(*, identity_id: object) -> None:
    """All browsers of this identity are strangers again."""
    KnownBrowser.objects.filter(identity_id=identity_id).delete()


def digest_of(browser: str) -> str:
    return sha256(browser.encode()).hexdigest()
