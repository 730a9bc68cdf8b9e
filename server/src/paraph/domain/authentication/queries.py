# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from paraph.domain.authentication.models import Session
from paraph.kernel import rules


@dataclass(frozen=True)
class SessionView:
    id: UUID
    identity_id: UUID
    person_id: UUID
    scope: str
    acr: str
    amr: tuple[str, ...]
    authenticated_at: datetime


def session(identifier: object, at: datetime) -> SessionView | None:
    """The session if it has neither ended nor expired nor been idle for too long."""
    row = Session.objects.filter(pk=identifier, ended_at=None, expires_at__gt=at).first()
    if row is None or at - row.seen_at > timedelta(minutes=rules.current().session_idle_minutes):
        return None
    return SessionView(id=row.id, identity_id=row.identity_id, person_id=row.person_id, scope=row.scope, acr=row.acr,
                       amr=tuple(row.amr), authenticated_at=row.authenticated_at)
