# SPDX-License-Identifier: Apache-2.0
"""Login sessions: opened by a finished login, ended by logout, time, suspension or revocation."""

from datetime import datetime, timedelta

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.authentication import rows
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lifecycle import LOGIN, State
from paraph.domain.authentication.models import LoginEvidence, LoginTransaction, Session
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound

# Writing at each request would cost more than it tells: the idle limit is minutes.
SEEN_GRAIN = timedelta(seconds=20)


def open_session(
    *, identity_id: object, person_id: object, scope: str, acr: str, amr: tuple[str, ...], caller: Caller
) -> Session:
    """The person is logged in with this scope ("full", "suspended", "staff") until idle, expiry or logout."""
    with transaction.atomic(savepoint=False):
        session = rows.new_session(
            identity_id=identity_id, person_id=person_id, scope=scope, acr=acr, amr=list(amr),
            address=caller.address, agent=caller.agent, authenticated_at=caller.at, seen_at=caller.at,
            expires_at=caller.at + timedelta(hours=rules.current().session_hours))
        audit.record(Event.SESSION_OPENED, about=("session", session.id), caller=caller,
                     facts={"identity": identity_id, "scope": scope, "acr": acr, "amr": list(amr)})
    return session


def touch_session(*, session_id: object, seen_at: datetime, at: datetime) -> None:
    """The holder is still there: the idle limit counts from now. Never revives a session that ended."""
    if at - seen_at >= SEEN_GRAIN:
        rows.see_session({"seen_at": at}, session_id=session_id, at=at)


def close_session(*, session_id: object, reason: str, caller: Caller) -> None:
    """The session opens nothing any more. Closing it again changes nothing."""
    _close(Session.objects.filter(pk=session_id), reason, caller)


def close_sessions(*, identity_id: object, reason: str, but: object | None = None, caller: Caller) -> int:
    """All sessions of an identity, `but` one, end now: after suspension, revocation, a new password. Returns how many."""
    return _close(Session.objects.filter(identity_id=identity_id).exclude(pk=but), reason, caller)


def end_session(*, session_id: object, caller: Caller) -> None:
    """The holder ends one of his own sessions, wherever it is open. Refuses: NotFound (not one of his)."""
    own = Session.objects.filter(pk=session_id, identity_id=caller.identity or None)
    if not own.exists():
        raise NotFound()
    _close(own, "ended_by_holder", caller)


def end_other_sessions(*, caller: Caller) -> int:
    """All sessions of the caller's identity but the one that he is in. Returns how many."""
    if not caller.session:
        raise Forbidden()
    return _close(Session.objects.filter(identity_id=caller.identity).exclude(pk=caller.session), "ended_by_holder", caller)


def end_device(*, identity_id: object, device_serial: str, caller: Caller) -> None:
    """A device opens nothing any more: logins that wait for its code and sessions that it opened end now."""
    with transaction.atomic():
        for login in LoginTransaction.objects.select_for_update().filter(
                identity_id=identity_id, device_serial=device_serial, state=State.WAITING):
            LOGIN.advance(login, "refuse", at=caller.at)
        _close(Session.objects.filter(pk__in=LoginEvidence.objects.filter(
            identity_id=identity_id, device_serial=device_serial).values("session_id")), "device_disabled", caller)


def end_identity(*, identity_id: object, reason: str, caller: Caller) -> None:
    """Whoever is logged in as this identity, or is about to be, is out now: a member of staff was suspended or has left."""
    with transaction.atomic():
        for login in LoginTransaction.objects.select_for_update().filter(
                identity_id=identity_id, state__in=(State.WAITING, State.REPLACING)):
            LOGIN.advance(login, "cancel", at=caller.at)
        close_sessions(identity_id=identity_id, reason=reason, caller=caller)


def _close(sessions, reason: str, caller: Caller) -> int:
    with transaction.atomic():
        ended = list(sessions.select_for_update().filter(ended_at=None, expires_at__gt=caller.at))
        for session in ended:
            Session.objects.filter(pk=session.pk).update(ended_at=caller.at, end_reason=reason)
            audit.record(Event.SESSION_CLOSED, about=("session", session.id), caller=caller,
                         facts={"identity": session.identity_id, "reason": reason})
    return len(ended)
