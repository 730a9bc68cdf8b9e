# SPDX-License-Identifier: Apache-2.0
"""Whoever types somebody's UserID without right codes learns nothing, at any page that asks for one: the same bytes, status,
headers, hashes and statements for a UserID that nobody has, a holder, a blocked one, one without a phone, one with every
device, and staff. After a right password every wrong code of a Token gets one answer too."""

import re
from datetime import timedelta
from difflib import unified_diff

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import user_id_index
from paraph.domain.authentication import services
from paraph.domain.authentication.models import Credential
from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.methods import passkey
from paraph.kernel import secrets
from testkit import holders

from .walking import Browser, with_every_device

CODES = {"initial_password": "Wrong12345", "challenge": "000000"}
PAGES = {
    "password": ("/login/password?device=token&next=/my/", {"password": "Wrong1"}),
    "security code": ("/login/security-code", {"password": "Wrong1", "security_code": "12345678"}),
    "replacement": ("/my/replacement", {"password": "Wrong1"}),
    "asking for an SMS": ("/my/forgotten-password", {}),
    "forgotten password by letter": ("/my/forgotten-password/codes", {
        **CODES, "code": "123456", "password": "Neues1", "again": "Neues1"}),
    "forgotten password by SMS": ("/my/forgotten-password/codes", {
        "sms_code": "123456", "code": "123456", "password": "Neues1", "again": "Neues1"}),
    "unblocking by letter": ("/my/unblock/codes", {"initial_password": "Wrong12345", "code": "123456"}),
    "unblocking by SMS": ("/my/unblock/codes", {"sms_code": "123456", "code": "123456"}),
    "forgotten password with a Scan": ("/my/forgotten-password/codes", {**CODES, "password": "Neues1", "again": "Neues1"}),
    "forgotten password by SMS and Scan": ("/my/forgotten-password/codes", {
        "sms_code": "123456", "password": "Neues1", "again": "Neues1"}),
    "unblocking with a Scan": ("/my/unblock/codes", {"initial_password": "Wrong12345"}),
    "suspending": ("/my/certificate/suspend-with-codes", CODES),
    "a report with codes": ("/my/report-fraud", {**CODES, "what": "x"}),
    "activating": ("/my/certificate/activate/codes", {"initial_password": "Wrong12345"}),
}


@pytest.fixture(autouse=True)
def passkeys():
    before = passkey.current()
    passkey.use(passkey.relying_party({}, url="http://localhost:8000", name="Paraph"))
    yield
    passkey.use(before)


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
    made["every device"] = with_every_device(system, clock)
    return {"nobody": "ZZZZ9999", **{name: holder.user_id for name, holder in made.items()}}


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
    noise = ("X-Trace-Id", "Content-Security-Policy", "Content-Length")
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


@pytest.mark.requirement("R106", "R121")
def test_the_right_password_of_whoever_has_no_active_token_is_answered_like_a_wrong_one(people, hashes, clock, system):
    """Else a thief would learn it, who can't go on with a Scan or passkey: no secret image tells it of those."""
    address, found, failures = PAGES["password"][0], {}, {}
    rests = devices.for_identity(Identity.objects.get(user_id_index=user_id_index(people["mobile"])).id)[0]
    device_services.disable(device_id=rests.id, reason="holder", caller=system)
    for name, user_id, password in (("nobody", people["nobody"], holders.PASSWORD), ("wrong", people["mobile"], "Wrong1"),
                                    ("right", people["mobile"], holders.PASSWORD)):
        hashes.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = visitor().post(address, {"user_id": user_id, "password": password})
        kinds = [query["sql"].split()[0] for query in asked]
        found[name] = (answer.status_code, plain(answer), headers(answer), len(hashes), kinds)
        failures[name] = Credential.objects.get(identity=rests.identity_id).failures
    assert found["right"] == found["wrong"] == found["nobody"] and "il faut un Token actif" in found["right"][1]
    assert failures == {"nobody": 0, "wrong": 1, "right": 1}, "and it is no failure"


@pytest.mark.parametrize("device", ["scan", "passkey"])
@pytest.mark.parametrize("former", [False, True])
def test_while_a_former_pepper_is_about_a_second_hash_is_computed_for_everybody(people, hashes, device, former):
    """Of whose password was hashed under it, and of everybody else."""
    new, before = secrets.Pepper.fresh(), secrets._current
    try:
        if former:
            secrets._peppers[new.identifier], secrets._current = new, new
        Credential.objects.filter(identity__user_id_index=user_id_index(people["mobile"])).update(
            password_hash=secrets.hash_secret(holders.PASSWORD, "password"))
        found = {}
        for name, user_id in people.items():
            for password in (holders.PASSWORD, "Wrong1"):
                hashes.clear()
                visitor().post(f"/login/password?device={device}&next=/my/", {"user_id": user_id, "password": password})
                found[f"{name}, {password}"] = len(hashes)
        assert set(found.values()) == {2 if former else 1}, found
    finally:
        secrets._current = before
        secrets._peppers.pop(new.identifier, None)


# --- the second step ---------------------------------------------------------------------------------------------------


def other(code):
    return str((int(code) + 1) % 10 ** len(code)).zfill(len(code))


def without_what_is_drawn(response):
    """The page without images, challenges, and seconds that are left: fresh for each login, whatever was typed."""
    text = re.sub(r'data-options="[^"]+"|PARAPH:[^<]+|<svg.*?</svg>|<path[^>]+>', "", plain(response), flags=re.DOTALL)
    return re.sub(r'(name="code"[^>]*) value="[^"]*"', r"\1", text)


def differences(one, another):
    return list(unified_diff(one.splitlines(), another.splitlines(), lineterm="", n=0))


@pytest.mark.requirement("R106")
def test_every_wrong_code_of_a_token_and_a_blocked_account_get_one_answer(db, signer, system, clock, hashes):
    """After a right password, which the secret image told. Other devices: test_everybody_to_the_end.py."""
    holders.tree(system)
    rita = with_every_device(system, clock)
    found = {}

    def observe(name, code):
        browser = Browser()
        assert "Votre image secrète" in browser.get(browser.first_step("token", rita.user_id)["Location"]).content.decode()
        if "blocked" in name:
            Credential.objects.update(failures=5, failed_at=clock.now())
        hashes.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = browser.post("/login/code", {"code": code})
        statements = [query["sql"].split()[0] for query in asked]
        found[name] = (answer.status_code, without_what_is_drawn(answer), headers(answer), len(hashes), statements)
        Credential.objects.update(failures=0, failed_at=None)

    right = rita.code(clock.now())
    observe("never shown", other(right))
    observe("too old", rita.code(clock.now() - timedelta(minutes=10)))
    observe("blocked, wrong", other(right))
    observe("blocked, right", right)
    assert "n’est pas accepté" in found["never shown"][1]
    first, *others = found
    for name in others:
        assert (name, *differences(found[first][1], found[name][1])) == (name,)
        assert found[name][2:] == found[first][2:], name
