# SPDX-License-Identifier: Apache-2.0
"""Mes sessions: what is open, from where, with which browser and device; ending one, ending all others."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from paraph.domain.authentication import services
from paraph.domain.authentication.models import Session
from paraph.interfaces.my.browsers import browser_of
from testkit import holders

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1"


@pytest.fixture
def enter(clock):
    """A browser in which this holder is logged in."""
    def browser(holder, agent=FIREFOX, address="192.0.2.1"):
        client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
        clock.advance(seconds=31)
        client.post("/login/password?device=token&next=/my/", {"user_id": holder.user_id, "password": holders.PASSWORD})
        assert client.post("/login/code", {"code": holder.code(clock.now())}).status_code == 302
        return client

    return browser


def page(client, language="fr"):
    return client.get(f"/my/sessions?language={language}").content.decode()


def session_of(client):
    return client.session["authentication_session"]


def opens(client):
    return client.get("/my/activity").status_code == 200


def test_each_session_is_shown_with_where_when_and_what(marie, enter):
    here, phone = enter(marie), enter(marie, SAFARI, "2001:db8::7")
    shown = page(here)
    for words in ("Firefox sur Windows", "Safari sur iPhone", "192.0.2.1", "2001:db8::7", f"Token {marie.device.serial}",
                  "24 novembre 2026"):
        assert words in shown
    assert shown.count("Cette session") == 1
    assert f"/my/sessions/{session_of(phone)}/end" in shown and session_of(here) not in shown


@pytest.mark.parametrize(("language", "words"), [
    ("fr", ["Mes sessions", "Terminer toutes les autres sessions", "Firefox sur Windows"]),
    ("de", ["Meine Sitzungen", "Alle anderen Sitzungen beenden", "Firefox auf Windows"]),
    ("en", ["My sessions", "End all other sessions", "Firefox on Windows"])])
def test_in_three_languages(marie, enter, language, words):
    here = enter(marie)
    enter(marie)
    assert all(word in page(here, language) for word in words)


def test_one_is_ended_and_the_others_stay(marie, enter):
    here, lost, phone = enter(marie), enter(marie), enter(marie, SAFARI)
    answer = here.post(f"/my/sessions/{session_of(lost)}/end")
    assert answer["Location"] == "/my/sessions?done=1"
    assert "cela n’ouvre plus rien" in here.get(answer["Location"]).content.decode()
    assert (opens(here), opens(lost), opens(phone)) == (True, False, True)
    assert Session.objects.get(pk=session_of(here)).ended_at is None
    assert Session.objects.filter(end_reason="ended_by_holder").count() == 1


def test_all_others_are_ended_at_once(marie, enter):
    others = [enter(marie), enter(marie, SAFARI)]
    here = enter(marie)
    here.post("/my/sessions/others/end")
    assert opens(here) and not any(opens(other) for other in others)
    assert "Aucune autre session" in page(here)


def test_ending_the_present_one_is_a_logout(marie, enter):
    here = enter(marie)
    assert here.post(f"/my/sessions/{session_of(here)}/end")["Location"] == "/"
    assert not opens(here)


def test_a_session_of_somebody_else_is_not_there(marie, enter, system):
    other = holders.new(system, given_names="Anne")
    holders.activate(other, system)
    hers, his = enter(other), enter(marie)
    assert his.post(f"/my/sessions/{session_of(hers)}/end").status_code == 404
    assert session_of(hers) not in page(his)
    his.post("/my/sessions/others/end")
    assert opens(hers)


def test_looking_ends_nothing(marie, enter):
    here, other = enter(marie), enter(marie)
    assert here.get(f"/my/sessions/{session_of(other)}/end").status_code == 405
    assert here.get("/my/sessions/others/end").status_code == 405
    assert opens(other)


def test_sessions_that_are_over_are_not_shown(marie, enter, clock):
    enter(marie)
    clock.advance(minutes=5)
    here = enter(marie)
    assert "Aucune autre session" in page(here)
    assert Session.objects.filter(ended_at=None).count() == 2


def test_address_and_browser_lie_sealed(marie, enter):
    enter(marie)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM authentication_session")
        stored = repr(cursor.fetchall())
    assert "192.0.2.1" not in stored and "Firefox" not in stored


def test_a_day_after_its_end_nobody_knows_from_where_it_was(marie, enter, clock, system):
    enter(marie)
    last = Session.objects.get().expires_at + timedelta(days=1)
    services.forget_logins(caller=system.at_instant(last))
    assert Session.objects.get().address == "192.0.2.1"
    services.forget_logins(caller=system.at_instant(last + timedelta(microseconds=1)))
    assert Session.objects.get().address is Session.objects.get().agent is None


@pytest.mark.parametrize(("agent", "words"), [
    (FIREFOX, "Firefox sur Windows"), (SAFARI, "Safari sur iPhone"), ("", "Navigateur inconnu"), ("curl/8", "Navigateur inconnu"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", "Chrome sur Linux"),
    ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge sur Windows"),
    ("<script>Firefox/1</script>", "Firefox")])
def test_a_browser_in_words(agent, words):
    assert browser_of(agent) == words
