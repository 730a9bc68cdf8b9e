# SPDX-License-Identifier: Apache-2.0
"""A session that somebody planted, kept or stole from another holder opens nothing."""

import importlib

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from paraph.domain.signing import blobs, pades, services
from paraph.interfaces.callers import SESSION_KEY
from paraph.interfaces.sessions import digest_of
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from testkit import documents, holders

pytestmark = pytest.mark.django_db


def log_in(client, holder, at):
    client.post("/login/password?device=token&next=/my/", {"user_id": holder.user_id, "password": holders.PASSWORD})
    assert client.post("/login/code", {"code": holder.code(at)}).status_code == 302
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def opens(cookie: str) -> bool:
    stranger = Client()
    stranger.cookies[settings.SESSION_COOKIE_NAME] = cookie
    return stranger.get("/my/activity").status_code == 200


def test_a_session_planted_before_the_login_is_worth_nothing_after_it(marie, clock):
    client = Client()
    client.get("/my/certificate/activate")  # an anonymous session, whose name somebody may know
    planted = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/login/password?device=token&next=/my/", {"user_id": marie.user_id, "password": holders.PASSWORD})
    at_the_code = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/login/code", {"code": marie.code(clock.now())})
    inside = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert opens(inside) and not opens(planted) and not opens(at_the_code)


def test_a_name_that_the_service_did_not_give_is_not_taken(marie, clock):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert log_in(client, marie, clock.now()) != "a" * 32
    assert not opens("a" * 32)


def test_the_database_holds_no_name_of_a_session(marie, clock):
    """Who reads a copy of it finds digests; handed in as a cookie, a digest opens nothing."""
    client = Client()
    inside = log_in(client, marie, clock.now())
    [stored] = Session.objects.values_list("session_key", flat=True)
    assert stored == digest_of(inside) and stored != inside
    assert opens(inside) and not opens(stored)


def test_the_form_token_is_renewed_at_the_login(marie, clock):
    client = Client(enforce_csrf_checks=True)

    def post(path, fields):
        return client.post(path, {**fields, "csrfmiddlewaretoken": client.cookies[settings.CSRF_COOKIE_NAME].value})

    client.get("/login/password?device=token")
    planted = client.cookies[settings.CSRF_COOKIE_NAME].value
    post("/login/password?device=token&next=/my/", {"user_id": marie.user_id, "password": holders.PASSWORD})
    assert client.cookies[settings.CSRF_COOKIE_NAME].value == planted
    assert post("/login/code", {"code": marie.code(clock.now())}).status_code == 302
    assert client.cookies[settings.CSRF_COOKIE_NAME].value != planted
    assert client.post("/login/logout", {"csrfmiddlewaretoken": planted}).status_code == 403
    assert post("/login/logout", {}).status_code == 302


def test_after_the_logout_the_cookie_opens_nothing(marie, clock):
    client = Client()
    inside = log_in(client, marie, clock.now())
    client.post("/login/logout")
    assert not opens(inside)


def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(marie, clock):
    client = Client()
    client.get("/login/password?device=token")
    log_in(client, marie, clock.now())
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert cookie["httponly"] and cookie["samesite"] in ("Lax", "Strict") and not cookie["domain"]


def test_a_document_of_another_holder_is_not_there(marie, clock, system, monkeypatch, tmp_path):
    blobs.use(tmp_path / "blobs")
    monkeypatch.setattr(pades.confinement, "run", lambda module, request, content, limits: importlib.import_module(
        module).handle(request, content))
    other = holders.new(system)
    holders.activate(other, system)
    clock.advance(minutes=1)
    owner = Caller(at=clock.now(), channel="web", identity=str(other.identity.id), person=str(other.identity.person_id),
                   scope="full")
    row = services.request(identity_id=other.identity.id, file_name="secret.pdf", content=documents.pdf(), caller=owner)
    client = Client()
    log_in(client, marie, clock.now())
    assert client.session[SESSION_KEY]
    for name, post in (("page/1", False), ("page/1.png", False), ("code", True), ("done", False), ("document", False),
                       ("prepare", True), ("decline", True)):
        foreign, unknown = (f"/sign/{identifier}/{name}" for identifier in (row.id, tokens.uuid7()))
        answers = [client.post(one, {"code": "000000"}) if post else client.get(one) for one in (foreign, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404], name
        assert "secret.pdf" not in answers[0].content.decode()
