# SPDX-License-Identifier: Apache-2.0
"""Pure decisions: whether a session answers a request, at which level, in whose name."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from paraph.domain.authentication.policy import LEVELS, level_is_enough
from paraph.domain.authentication.queries import SessionView
from paraph.domain.identity_provider.models import AuthorisationRequest

# The partner's minimum level (partners.Partner.Level) as the eIDAS level of assurance.
LEVEL_OF_PARTNER = dict(zip(("low", "substantial", "high"), LEVELS, strict=True))


class Fitness(StrEnum):
    """`login`: somebody must log in, again. `wrong_scope`: who is logged in may not go to partners (suspended, staff).
    `too_low`: the level that the devices give is not enough here."""

    FIT = "fit"
    LOGIN = "login"
    WRONG_SCOPE = "wrong_scope"
    TOO_LOW = "too_low"


def fitness(request: AuthorisationRequest, minimum_level: str, session: SessionView | None, at: datetime) -> Fitness:
    """Whether this session may answer the request now."""
    if session is None or (request.prompt_login and session.id == request.session_before):
        return Fitness.LOGIN
    if request.max_age is not None and at - session.authenticated_at > timedelta(seconds=request.max_age):
        return Fitness.LOGIN
    if session.scope != "full":
        return Fitness.WRONG_SCOPE
    enough = level_is_enough(session.acr, LEVEL_OF_PARTNER[minimum_level]) and _any_level(session.acr, request.levels)
    return Fitness.FIT if enough else Fitness.TOO_LOW


def _any_level(reached: str, wanted: Iterable[str]) -> bool:
    wanted = list(wanted)
    return not wanted or any(level_is_enough(reached, level) for level in wanted)


def least_level(wanted: Iterable[str]) -> str:
    """The lowest of the levels that a request asks for, as a partner's minimum is named: reaching one is enough."""
    known = [name for name, level in LEVEL_OF_PARTNER.items() if level in set(wanted)]
    return known[0] if known else "low"


def capacity(kind: str, organisation_id: object | None) -> str:
    """In whose name an identity acts: his own, or one organisation's. The same person is one subject per capacity."""
    return str(organisation_id) if kind == "organisation" else kind
