# SPDX-License-Identifier: Apache-2.0
"""R106 for devices without secret image: whatever was wrong, UserID, password, product or code, everybody walks the same
pages to one answer at the end, which costs the same. On both databases: bytes, status, headers, hashes, statements with
their tables, and questions to the signer.
"""

import pytest

from paraph.domain.authentication.models import LoginEvidence, Session
from paraph.domain.certification import services as certification
from paraph.domain.devices.models import Device
from testkit import holders
from testkit.simulators.authenticator import PRESENT, Authenticator, b64
from testkit.simulators.scan import look

from .walking import NOBODY, Walk, assert_alike, block, image_on, options_on, unblock

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db, pytest.mark.requirement("R106")]


@pytest.fixture
def others(rita, clock, system):
    """Who has no Scan and no passkey: a holder, one whose product is not activated, a member of staff, one revoked."""
    at = system.at_instant(clock.now())
    made = {name: holders.new(at, kind="staff" if name == "staff" else "private", given_names="Paul")
            for name in ("holder", "new", "staff", "revoked")}
    for name in ("holder", "revoked"):
        holders.activate(made[name], at)
    certification.revoke(generation=holders.generation_of(made["revoked"]), reason="lost", caller=at)
    clock.advance(minutes=1)
    return made


@pytest.fixture
def questions(signer, monkeypatch):
    """Every question to the signer, by name."""
    asked, honest = [], signer._ask

    def ask(call, **given):
        asked.append(call)
        return honest(call, **given)

    monkeypatch.setattr(signer, "_ask", ask)
    return asked


@pytest.mark.requirement("R120", part="later: the app")
def test_with_a_scan_everybody_gets_one_answer_at_the_end(rita, others, clock, hashes, questions):
    walks = {}

    def walk(case, user_id, password="Wrong1", code=lambda page: "12345678", between=lambda: None):
        made = Walk("scan", hashes, questions).to_the_code(user_id, password)
        clock.advance(seconds=2)
        made.step("the page again", "get", "/login/code")
        made.step("too short", "post", "/login/code", code="123")
        made.step("a new image", "post", "/login/image")
        made.page = made.step("page of the new image", "get", "/login/code")
        typed = code(made.page)
        between()
        walks[case] = made.to_the_end(typed)
        unblock(rita)

    def hers(page):
        return look(rita.scan, image_on(page)).code

    walk("nobody", NOBODY)
    walk("wrong password", rita.user_id)
    walk("wrong password, right code", rita.user_id, code=hers)
    walk("right password, wrong code", rita.user_id, holders.PASSWORD, lambda page: f"{(int(hers(page)) + 1) % 10**8:08d}")
    walk("no Scan", others["holder"].user_id)
    walk("no Scan, right password", others["holder"].user_id, holders.PASSWORD)
    walk("not activated", others["new"].user_id)
    walk("not activated, right password", others["new"].user_id, holders.INITIAL_PASSWORD)
    walk("staff, right password", others["staff"].user_id, holders.INITIAL_PASSWORD)
    walk("revoked", others["revoked"].user_id, holders.PASSWORD)
    walk("blocked before the code", rita.user_id, holders.PASSWORD, hers, lambda: block(rita, clock))
    block(rita, clock)
    walk("blocked", rita.user_id)
    block(rita, clock)
    walk("blocked, all right", rita.user_id, holders.PASSWORD, hers)
    Device.objects.filter(type="scan").update(state="disabled")
    walk("disabled Scan, right password", rita.user_id, holders.PASSWORD)
    assert_alike(walks)
    assert "le code n’est pas correct" in walks["nobody"].seen["end"]["body"]
    assert walks["nobody"].seen["password"]["hashes"] == 1
    assert [step["questions"] for step in walks["nobody"].seen.values()] == [2, 0, 0, 0, 2, 0, 1, 0]
    assert walks["nobody"].seen["page of the code"]["drawn"][1] == b"\x01\x02"
    assert Session.objects.count() == LoginEvidence.objects.count() == 1, "but that of the Token, with which all was made"


def test_with_a_passkey_everybody_gets_one_answer_at_the_end(rita, others, clock, hashes, questions):
    walks, stranger = {}, Authenticator()
    stranger.make({"rp": {"id": "localhost"}, "user": {"id": b64(bytes(32))}, "challenge": ""})

    def walk(case, user_id, password="Wrong1", key=stranger, between=lambda: None, **bent):
        made = Walk("passkey", hashes, questions).to_the_code(user_id, password)
        made.step("no answer", "post", "/login/passkey", answer="{}")
        answer = key.use(options_on(made.step("the page again", "get", "/login/passkey")), **bent)
        between()
        walks[case] = made.to_the_end(answer)
        unblock(rita)

    hers = rita.authenticator
    walk("nobody", NOBODY)
    walk("nobody, her passkey", NOBODY, key=hers)
    walk("wrong password", rita.user_id)
    walk("wrong password, right passkey", rita.user_id, key=hers)
    walk("right password, another passkey", rita.user_id, holders.PASSWORD)
    walk("right password, not recognised", rita.user_id, holders.PASSWORD, hers, flags=PRESENT)
    walk("right password, of another site", rita.user_id, holders.PASSWORD, hers, origin="https://evil.example")
    walk("right password, wrong signature", rita.user_id, holders.PASSWORD, hers, signature=bytes(70))
    walk("no passkey", others["holder"].user_id)
    walk("no passkey, right password", others["holder"].user_id, holders.PASSWORD)
    walk("not activated, right password", others["new"].user_id, holders.INITIAL_PASSWORD)
    walk("staff, right password", others["staff"].user_id, holders.INITIAL_PASSWORD)
    walk("revoked", others["revoked"].user_id, holders.PASSWORD)
    walk("blocked before the answer", rita.user_id, holders.PASSWORD, hers, lambda: block(rita, clock))
    block(rita, clock)
    walk("blocked", rita.user_id)
    block(rita, clock)
    walk("blocked, all right", rita.user_id, holders.PASSWORD, hers)
    Device.objects.filter(type="passkey").update(state="disabled")
    walk("disabled passkey, right password", rita.user_id, holders.PASSWORD, hers)
    assert_alike(walks)
    assert "la clé d’accès n’est pas correct" in walks["nobody"].seen["end"]["body"]
    assert [step["questions"] for step in walks["nobody"].seen.values()] == [1, 0, 0, 0, 0, 0]
    assert Session.objects.count() == 1
