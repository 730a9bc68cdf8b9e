# SPDX-License-Identifier: Apache-2.0
"""One authorisation code, one consent, sixteen at once, on both databases."""

from dataclasses import replace

import pytest

from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import Session
from paraph.domain.identity_provider import openid, queries, services
from paraph.domain.identity_provider.models import AccessToken, AuthorisationCode, Release
from paraph.domain.identity_provider.queries import RequestOver
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners
from testkit import holders
from testkit.races import at_once

from .flow import CALLBACK, VERIFIER, challenge

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(transactional_db, signer, clock, system, caller):
    """A request of the bank, and a caller who is logged in."""
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=system)
    partner = partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], caller=system)
    services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK], caller=system)
    holders.tree(system)
    holder = holders.new(system)
    holders.activate(holder, system)
    clock.advance(minutes=1)
    caller = caller.at_instant(clock.now())
    login = authentication.check_first_step(user_id=holder.user_id, password=holders.PASSWORD, device="token", caller=caller)
    session = authentication.check_code(transaction_id=login.transaction_id, code=holder.code(clock.now()), caller=caller)
    wanted = openid.read_request({"response_type": ["code"], "scope": ["openid profile"], "nonce": ["n"],
                                  "code_challenge": [challenge()], "code_challenge_method": ["S256"]}, ["profile"])
    request = services.ask(client_id="bank", redirect_address=CALLBACK, wanted=wanted, caller=caller)
    return request, replace(caller, session=str(session.session_id), scope="full")


def test_one_yes_sixteen_times_gives_one_code(asked, clock):
    request, holder = asked
    shown = queries.values(queries.request(request.id, clock.now()), authentication_person(holder))
    outcomes = at_once(lambda number: services.grant(request_id=request.id, shown=shown, caller=holder))
    assert outcomes.count(RequestOver.code) == 15
    assert AuthorisationCode.objects.count() == Release.objects.count() == 1


def test_one_code_sixteen_times_gives_tokens_once_and_then_none_at_all(asked, clock, caller):
    request, holder = asked
    shown = queries.values(queries.request(request.id, clock.now()), authentication_person(holder))
    _, code = services.grant(request_id=request.id, shown=shown, caller=holder)
    outcomes = at_once(lambda number: services.redeem(client_id="bank", code=code, redirect_address=CALLBACK,
                                                      verifier=VERIFIER, issuer="http://localhost:8000", caller=caller))
    issued = [outcome for outcome in outcomes if outcome is not None]
    assert len(issued) == 1
    assert AccessToken.objects.get().revoked_at is not None, "somebody presented the code again"
    assert queries.userinfo(issued[0].access_token, clock.now()) is None


def authentication_person(caller):
    return Session.objects.get(pk=caller.session).person_id
