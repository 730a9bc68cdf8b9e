# SPDX-License-Identifier: Apache-2.0
"""A partner's request that a person confirms something (RFC 9396): asked in his session, answered when he decided.

What he confirms and how is authentication's. Here, that only the browser in which it was asked brings the answer back.
"""

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication import services as authentication_services
from paraph.domain.authentication.lifecycle import OPEN_CONFIRMATION, ConfirmationState
from paraph.domain.authentication.models import Confirmation
from paraph.domain.authentication.policy import Asked
from paraph.domain.identity_provider import queries
from paraph.domain.identity_provider.events import Event
from paraph.domain.identity_provider.lifecycle import REQUEST
from paraph.domain.identity_provider.models import AuthorisationRequest
from paraph.domain.identity_provider.policy import Fitness, least_level
from paraph.domain.identity_provider.services import NotFit, give_code, locked_request
from paraph.kernel.caller import Caller

# What the person sees of it among the data that were sent.
RELEASED = ["confirmation"]


def ask(*, request_id: object, caller: Caller) -> Confirmation:
    """What the request asks waits for the person who is logged in. Refuses: RequestOver, NotFit (not logged in freshly
    enough, suspended, too low a level), and as authentication's ask_confirmation."""
    request = queries.request(request_id, caller.at)
    session = authentication.session(caller.session, caller.at) if caller.session else None
    if request.confirmation is None or queries.fitness(request, session, caller.at) is not Fitness.FIT:
        raise NotFit()
    return authentication_services.ask_confirmation(
        partner_id=request.client.partner_id, client_id=request.client.client_id, asked=Asked(**request.confirmation),
        request_id=request.id, minimum_level=least_level(request.levels), until=request.expires_at, caller=caller)


def conclude(*, request_id: object, caller: Caller) -> tuple[AuthorisationRequest, str]:
    """The partner's answer: a code for 60 seconds if the person confirmed; else empty, and the request is refused.

    Refuses: RequestOver, NotFit (another browser than the one in which it was asked, or he has not decided yet).
    """
    with transaction.atomic():
        request = locked_request(request_id, caller.at)
        row = authentication.confirmation_of(request.id)
        session = authentication.session(caller.session, caller.at) if caller.session else None
        if row is None or session is None or row.session_id != session.id or session.scope != "full":
            raise NotFit()
        if row.state == ConfirmationState.CONFIRMED:
            return request, give_code(request, session, {}, RELEASED, caller)
        if row.state in OPEN_CONFIRMATION and caller.at < row.expires_at:
            raise NotFit()
        REQUEST.advance(request, "refuse", at=caller.at)
        audit.record(Event.REQUEST_REFUSED, about=("authorisation_request", request.id), caller=caller,
                     facts={"client": request.client.client_id, "reason": row.state})
    return request, ""
