# SPDX-License-Identifier: Apache-2.0
"""Whoever types somebody's UserID without right codes learns nothing, at any page that asks for one: the same bytes, status,
headers, hashes and statements for a UserID that nobody has, a holder, a blocked one, one without a phone, and staff."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from paraph.domain.accounts import services as accounts
from paraph.domain.authentication import services
from paraph.kernel import secrets
from testkit import holders

CODES = {"initial_password": "Wrong12345", "challenge": "000000"}
PAGES = {
    "password": ("/login/password?device=token&next=/my/", {"password": "Wrong1"}),
    "password for a Scan": ("/login/password?device=scan&next=/my/", {"password": "Wrong1"}),
    "security code": ("/login/security-code", {"password": "Wrong1", "security_code": "12345678"}),
    "replacement": ("/my/replacement", {"password": "Wrong1"}),
    "asking for an SMS": ("/my/forgotten-password", {}),
    "forgotten password by letter": ("/my/forgotten-password/codes", {
        **CODES, "code": "123456", "password": "Neues1", "again": "Neues1"}),
    "forgotten password by SMS": ("/my/forgotten-password/codes", {
        "sms_code": "123456", "code": "123456", "password": "Neues1", "again": "Neues1"}),
    "unblocking by letter": ("/my/unblock/codes", {"initial_password": "Wrong12345", "code": "123456"}),
    "unblocking by SMS": ("/my/unblock/codes", {"sms_code": "123456", "code": "123456"}),
    "suspending": ("/my/certificate/suspend-with-codes", CODES),
    "a report with codes": ("/my/report-fraud", {**CODES, "what": "x"}),
    "activating": ("/my/certificate/activate/codes", {"initial_password": "Wrong12345"}),
}


@pytest.fixture
def people(db, signer, clock, system):
    """UserIDs: nobody's; a holder's; one with a mobile; a blocked one; one not activated; one of staff."""
    holders.tree(system)
    made = {}
    for name in ("holder", "mobile", "blocked", "new", "staff"):
        made[name] = holders.new(system, kind="staff" if name == "staff" else "private", given_names="Anne")
        if name not in ("new", "staff"):
            holders.activate(made[name], system)
    accounts.record_contact(identity_id=made["mobile"].identity.id, kind="mobile", value="+352621123456", read_back=True,
                            caller=system)
    for _ in range(5):
        services.check_first_step(user_id=made["blocked"].user_id, password="Wrong1", device="token", caller=system)
    clock.advance(minutes=1)
    return {"nobody": "ZZZZ9999", **{name: holder.user_id for name, holder in made.items()}}


@pytest.fixture
def hashes(monkeypatch):
    counted, real = [], secrets._hasher

    class Counting:
        def __getattr__(self, name):
            return getattr(real, name)

        def verify(self, *given):
            counted.append(1)
            return real.verify(*given)

        def hash(self, *given, **options):
            counted.append(1)
            return real.hash(*given, **options)

    secrets.dummy_verify("made before counting")
    monkeypatch.setattr(secrets, "_hasher", Counting())
    return counted


def visitor():
    client = Client()
    session = client.session
    session["activation_checked"] = True
    session.save()
    return client


def plain(response):
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    return re.sub(r'(name="user_id"[^>]*) value="[^"]*"', r"\1", text)


def headers(response):
    noise = ("X-Trace-Id", "Content-Security-Policy")
    return {name: value for name, value in response.items() if name not in noise}


@pytest.mark.requirement("R106", "R141")
@pytest.mark.parametrize("page", PAGES)
def test_everybody_gets_one_answer_at_one_cost(people, hashes, page):
    address, fields = PAGES[page]
    found = {}
    for name, user_id in people.items():
        client = visitor()
        hashes.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = client.post(address, {"user_id": user_id, **fields})
        kinds = [query["sql"].split()[0] for query in asked]
        found[name] = (answer.status_code, plain(answer), headers(answer), len(hashes), kinds)
    assert found["nobody"][3] > 0 or page == "asking for an SMS", "nothing was judged"
    for part, what in enumerate(("status", "body", "headers", "hashes", "statements")):
        values = {name: one[part] for name, one in found.items()}
        assert len({str(value) for value in values.values()}) == 1, (
            what, values if what != "body" else [name for name in values if values[name] != values["nobody"]])
