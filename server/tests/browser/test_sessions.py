# SPDX-License-Identifier: Apache-2.0
"""Mes sessions, the logout that a partner asks for, and who turned back at the door, in a browser."""

import pytest
from django.test import Client

from paraph.domain.authentication import services
from paraph.domain.identity_provider import services as identity_provider
from paraph.domain.identity_provider.openid import read_request
from paraph.domain.partners import services as partners
from paraph.kernel.caller import Caller
from testkit import applications

from .entering import page_with_session

pytestmark = pytest.mark.django_db(transaction=True)
VIEWS = [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)]
CALLBACK = "https://bank.example/callback"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def waiting(marie, system):
    """A bank's request that waits for its answer."""
    bank = partners.register(slug="bank", name={"fr": "Banque Exemple", "de": "Musterbank", "en": "Example Bank"},
                             category="bank", accepts=["token"], caller=system)
    identity_provider.register_client(client_id="bank", partner_id=bank.id, redirect_addresses=[CALLBACK],
                                      logout_addresses=[CALLBACK], caller=system)
    wanted = read_request({"response_type": ["code"], "scope": ["openid"], "code_challenge": ["x" * 43],
                           "code_challenge_method": ["S256"]}, ())
    return identity_provider.ask(client_id="bank", redirect_address=CALLBACK, wanted=wanted, caller=system)


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_sessions_and_logouts(marie, waiting, clock, open_context, live_server, inspect_page, language, width):
    elsewhere = Caller(at=clock.now(), channel="web", address="2001:db8:1:2:3:4:5:6", agent=WINDOWS)
    services.open_session(identity_id=marie.identity.id, person_id=marie.identity.person_id, scope="full", acr="",
                          amr=("pwd", "otp"), caller=elsewhere)
    client = Client(HTTP_HOST="localhost")
    applications.log_in(client, at=clock.now(), identity_id=marie.identity.id, person_id=marie.identity.person_id,
                        scope="full")
    page = page_with_session(open_context(language, width), live_server, client)
    page.goto(f"/my/sessions?language={language}")
    inspect_page(page, f"my-sessions-{language}-{width}")
    page.locator("main form[action$='/end'] button").first.click()
    page.wait_for_load_state("load")
    inspect_page(page, f"my-sessions-ended-{language}-{width}")
    page.goto("/my/secret-image/own")
    page.locator("main form button").last.click()
    page.wait_for_load_state("load")
    inspect_page(page, f"my-own-image-unanswered-{language}-{width}")
    page.goto(f"/openid/requests/{waiting.id}/cancelled")
    inspect_page(page, f"openid-turned-back-{language}-{width}")
    page.goto(f"/openid/logout?client_id=bank&post_logout_redirect_uri={CALLBACK}")
    inspect_page(page, f"openid-logout-{language}-{width}")
