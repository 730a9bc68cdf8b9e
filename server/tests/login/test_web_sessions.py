# SPDX-License-Identifier: Apache-2.0
"""The web session's name: in the cookie as it is, in the database as a digest, and a new one with each login."""

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from paraph.interfaces.callers import SESSION_KEY
from paraph.interfaces.sessions import SessionStore, digest_of

COOKIE = "paraph_session"


@pytest.mark.django_db
def test_what_stands_in_the_table_opens_nothing():
    store = SessionStore()
    store["drawer"] = "letters"
    store.save()
    row = Session.objects.get()
    assert row.session_key == digest_of(store.session_key) != store.session_key
    assert SessionStore(store.session_key)["drawer"] == "letters"
    stolen = SessionStore(row.session_key)
    assert stolen.get("drawer") is None and stolen.session_key is None


@pytest.mark.django_db
@pytest.mark.parametrize("content", ["", "{", "null", "[1]", "5", "eyJkcmF3ZXIiOiJsZXR0ZXJzIn0:1t2u3v:c2lnbmF0dXJl"])
def test_content_that_cannot_be_read_makes_a_stranger(content):
    """Of another version, or broken: no error, and nothing of it is taken up."""
    store = SessionStore()
    store["drawer"] = "letters"
    store.save()
    Session.objects.update(session_data=content)
    found = SessionStore(store.session_key)
    assert dict(found.items()) == {}
    found["drawer"] = "keys"
    found.save()
    assert SessionStore(found.session_key)["drawer"] == "keys"


@pytest.mark.django_db
def test_a_name_that_was_not_given_is_not_taken_up():
    planted = SessionStore("planted" * 5)
    planted["drawer"] = "letters"
    planted.save()
    assert not planted.exists("planted" * 5) and planted.exists(planted.session_key)


@pytest.mark.django_db
def test_a_new_name_keeps_the_content_and_ends_the_old_one():
    store = SessionStore()
    store["drawer"] = "letters"
    store.save()
    old = store.session_key
    store.cycle_key()
    store.save()
    assert not store.exists(old)
    assert SessionStore(store.session_key)["drawer"] == "letters" and store.session_key != old
    assert Session.objects.count() == 1


@pytest.mark.django_db
def test_a_new_name_for_one_that_was_removed_meanwhile():
    store, elsewhere = SessionStore(), SessionStore()
    store["drawer"] = "letters"
    store.save()
    old = store.session_key
    store.cycle_key()
    elsewhere.delete(old)
    store.save()
    assert SessionStore(store.session_key)["drawer"] == "letters" and Session.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("times", [1, 2])
def test_a_session_that_is_flushed_after_its_new_name_is_gone(times):
    store = SessionStore()
    store["drawer"] = "letters"
    store.save()
    for _ in range(times):
        store.cycle_key()
    store.flush()
    store.save()
    assert Session.objects.count() == 1 and not dict(SessionStore(store.session_key).items())


@pytest.mark.django_db
def test_a_new_name_for_one_that_nobody_opened_yet():
    store = SessionStore()
    store.cycle_key()
    store.save()
    assert SessionStore(store.session_key).exists(store.session_key)


@pytest.mark.django_db
def test_a_flushed_session_is_gone_from_the_table():
    store = SessionStore()
    store["drawer"] = "letters"
    store.save()
    store.flush()
    assert not Session.objects.exists() and store.session_key is None


def test_a_login_writes_its_web_session_once(visitor, marie, clock):
    """Its row gets a new name and content; a planted name is worth nothing afterwards."""
    visitor.first_step(marie.user_id)
    before = visitor.cookies[COOKIE].value
    with CaptureQueriesContext(connection) as queries:
        assert visitor.second_step(marie.code(clock.now())).status_code == 302
    said = [query["sql"].split()[0] for query in queries if '"django_session"' in query["sql"]]
    assert said == ["SELECT", "UPDATE"]
    assert visitor.cookies[COOKIE].value != before and visitor.session[SESSION_KEY]
    thief = Client()
    thief.cookies[COOKIE] = before
    assert SESSION_KEY not in thief.session
