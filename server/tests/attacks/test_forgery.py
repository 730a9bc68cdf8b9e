# SPDX-License-Identifier: Apache-2.0
"""Other sites: they can't send our forms, can't frame our pages, can't send people on from here, can't name the host."""

import pytest
from django.test import Client

from ..access.walking import addresses

pytestmark = pytest.mark.django_db

# What programs send: no cookie decides anything there, so no other site gains by it.
FOR_PROGRAMS = {"/openid/authorize", "/openid/token", "/openid/userinfo", "/openid/logout", "/openid/par"}
FOREIGN = ("https://evil.example", "null", "http://localhost:1", "https://testserver")


@pytest.fixture
def browser():
    """One that has a form of ours open, with its token."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.get("/login/password?device=token")
    return client


def test_no_form_is_taken_without_its_token(browser, signer, subtests):
    for address in sorted(set(addresses()) - FOR_PROGRAMS):
        with subtests.test(msg=address):
            assert browser.post(address, {"confirmed": "on"}).status_code == 403


def test_no_form_is_taken_from_another_site_even_with_its_token(browser, signer, subtests):
    token = browser.cookies["paraph_csrf"].value
    for address in sorted(set(addresses()) - FOR_PROGRAMS):
        for origin in FOREIGN:
            with subtests.test(msg=f"{address} from {origin}"):
                answer = browser.post(address, {"csrfmiddlewaretoken": token}, headers={"Origin": origin})
                assert answer.status_code == 403


def test_a_form_of_ours_is_taken(browser, signer):
    token = browser.cookies["paraph_csrf"].value
    answer = browser.post("/login/password?device=token", {"csrfmiddlewaretoken": token},
                          headers={"Origin": "http://testserver"})
    assert answer.status_code == 200


@pytest.mark.parametrize("host", [None, "evil.example"])
def test_no_page_can_be_framed_or_kept_by_caches(signer, subtests, host):
    client = Client(raise_request_exception=False, **({"HTTP_HOST": host} if host else {}))
    for address in [*sorted(set(addresses())), "/nothing-here", "/sign/nothing"]:
        with subtests.test(msg=address):
            answer = client.get(address)
            assert host is None or answer.status_code == 400
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
            assert "unsafe" not in answer["Content-Security-Policy"]
            assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
            assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("target", [
    "//evil.example", "///evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "\\\\evil.example",
    "javascript:alert(1)", "data:text/html,x", "/\n/evil.example", " //evil.example", "http:evil.example", "/\x00//evil"])
def test_the_door_sends_nobody_to_another_site(signer, target):
    page = Client().get("/login/password", {"device": "token", "next": target}).content.decode()
    assert "evil.example" not in page.split("<main", 1)[1]
    assert "javascript:" not in page.split("<main", 1)[1]


def test_a_stranger_s_host_is_refused_in_one_line(caplog):
    answer = Client(HTTP_HOST="evil.example").get("/")
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()
    assert "Traceback" not in caplog.text, "every such request would write its traceback to the log"
