# SPDX-License-Identifier: Apache-2.0
"""A change of bank account: nothing changes unless exactly this text was confirmed by exactly this citizen."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import Client

pytestmark = pytest.mark.django_db
IBAN = "LU28\u00a00019\u00a04006\u00a04475\u00a00000"
TEXT = f"Verser mes prestations sur le compte IBAN {IBAN}"


def certificate(name, key, issuer_name, issuer_key):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)])
    return x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key()).serial_number(
        x509.random_serial_number()).not_valid_before(datetime.now(UTC) - timedelta(days=1)).not_valid_after(
        datetime.now(UTC) + timedelta(days=1)).sign(issuer_key, hashes.SHA256())


@pytest.fixture(scope="module")
def keys():
    """A holder's and an authority's key, with their certificates."""
    holder, authority = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    return holder, (certificate("Marie Thiry", holder, "Root", authority), certificate("Root", authority, "Root", authority))


def encoded(octets):
    return b64encode(octets).decode()


@pytest.fixture
def confirm(provider, keys):
    """`confirm(address, **changes)`: Marie confirms at the provider what was pushed; returns the answer's parameters."""
    def confirmed(address, *, text=None, partner="guichet", program="guichet", signed=None, claims=None, proof=None, detail=None):
        [pushed] = provider.pushed.values()
        [asked] = json.loads(pushed["authorization_details"])
        holder, chain = keys
        statement = json.dumps({"text": text or asked["text"], "partner": partner, "client": program,
                                "type": "paraph-confirmation-1"}).encode()
        provider.claims = {"confirmation": sha256(statement).hexdigest(), **(claims or {})}
        provider.details = [{
            "type": asked["type"], "text": text or asked["text"], "result": "confirmed", "reference": "C-2345-6789-B",
            "confirmed_at": datetime.now(UTC).isoformat(), "proof": {
                "statement": encoded(statement),
                "signature": encoded(holder.sign(signed or statement, ec.ECDSA(hashes.SHA256()))),
                "certificates": [encoded(one.public_bytes(serialization.Encoding.DER)) for one in chain],
                "device": "token", "evidence": "server-bound", **(proof or {})}, **(detail or {})}]
        return provider.answer(address, datetime.now(UTC))

    return confirmed


@pytest.fixture
def marie(client, provider):
    """A citizen who is logged in."""
    address = client.post("/connexion", {"product": "token"})["Location"]
    client.get("/callback", provider.answer(address, datetime.now(UTC)))
    return client


def ask(browser, iban=IBAN):
    answered = browser.post("/demarches/compte", {"iban": iban})
    assert answered.status_code == 303
    return answered["Location"]


def test_what_is_asked_is_pushed_and_never_stands_in_the_address(marie, provider):
    address = ask(marie, "lu28 0019400644750000")
    assert dict(parse_qsl(urlsplit(address).query)).keys() == {"client_id", "request_uri"}
    [pushed] = provider.pushed.values()
    assert json.loads(pushed["authorization_details"]) == [{"type": "paraph_confirmation", "text": TEXT}]
    assert pushed["scope"] == "openid"


def test_what_was_confirmed_is_shown_and_its_proof_can_be_downloaded(marie, provider, confirm):
    answered = marie.get("/callback", confirm(ask(marie)))
    assert (answered.status_code, answered["Location"]) == (302, "/demarches/compte")
    page = marie.get("/demarches/compte").content.decode()
    assert TEXT in page and "C-2345-6789-B" in page
    proof = marie.get("/demarches/compte/preuve")
    assert proof["Content-Disposition"] == 'attachment; filename="C-2345-6789-B.json"'
    assert proof.json() == provider.details[0]
    assert "Bonjour Marie Thiry" in marie.get("/myguichet").content.decode(), "still logged in"


@pytest.mark.parametrize("changes", [
    {"text": TEXT.replace("LU28", "LU29")}, {"text": TEXT.replace("0000", "0001")}, {"signed": b"another text"},
    {"partner": "bank"}, {"partner": None}, {"program": "guichet-2"}, {"program": None},
    {"claims": {"confirmation": "0" * 64}}, {"claims": {"confirmation": None}}, {"claims": {"sub": "s-2"}},
    {"claims": {"nonce": "other"}}, {"proof": {"signature": "!"}}, {"proof": {"statement": "AAAA"}},
    {"detail": {"type": "other"}}, {"detail": {"result": "cancelled"}}, {"detail": {"proof": None}}])
def test_an_answer_that_is_not_right_in_every_point_changes_nothing(marie, confirm, changes):
    marie.get("/callback", confirm(ask(marie), **changes))
    page = marie.get("/demarches/compte").content.decode()
    assert "n’a pas pu être vérifiée" in page and "Ce que vous avez confirmé" not in page
    assert marie.get("/demarches/compte/preuve").status_code == 302


def test_a_foreign_chain_changes_nothing(marie, confirm, keys):
    other = ec.generate_private_key(ec.SECP256R1())
    chain = [keys[1][0], certificate("Root", other, "Root", other)]
    given = [encoded(one.public_bytes(serialization.Encoding.DER)) for one in chain]
    marie.get("/callback", confirm(ask(marie), proof={"certificates": given}))
    assert "n’a pas pu être vérifiée" in marie.get("/demarches/compte").content.decode()


def test_without_details_nothing_changes(marie, provider):
    marie.get("/callback", provider.answer(ask(marie), datetime.now(UTC)))
    assert "n’a pas pu être vérifiée" in marie.get("/demarches/compte").content.decode()


def test_no_is_told_calmly_and_once(marie, provider):
    answer = provider.answer(ask(marie), datetime.now(UTC), code=None, error="access_denied")
    marie.get("/callback", answer)
    assert "Vous n’avez pas confirmé" in marie.get("/demarches/compte").content.decode()
    assert "Vous n’avez pas confirmé" not in marie.get("/demarches/compte").content.decode()


def test_an_answer_serves_once_and_only_where_it_was_asked(marie, confirm):
    answer = confirm(ask(marie))
    assert Client().get("/callback", answer).status_code == 400
    assert marie.get("/callback", answer).status_code == 302
    assert marie.get("/callback", answer).status_code == 400


def test_an_answer_of_a_confirmation_logs_nobody_in(marie, confirm):
    answer = confirm(ask(marie))
    state = marie.session
    del state["citizen"]
    state.save()
    marie.get("/callback", answer)
    assert "citizen" not in marie.session and "confirmed_account" not in marie.session


@pytest.mark.parametrize("iban", ["", "LU28 0019 4006 4475 0001", "LU29 0019 4006 4475 0000", "XX", "L" * 40,
                                  "28LU0019400644750000", "LU2８0019400644750000"])
def test_a_wrong_iban_is_said_before_anybody_is_asked(marie, provider, iban):
    answered = marie.post("/demarches/compte", {"iban": iban})
    assert answered.status_code == 200 and not provider.pushed


def test_a_stranger_is_led_to_the_login_and_a_service_that_is_down_is_said_so(client, provider, marie):
    assert "Connexion" in Client().get("/demarches/compte").content.decode()
    assert not provider.pushed
    provider.down = True
    answered = marie.post("/demarches/compte", {"iban": IBAN})
    assert answered.status_code == 503 and "n’a pas changé" in answered.content.decode()


def test_the_text_is_in_the_citizens_language(marie, provider):
    for language, begin in (("de", "Meine Leistungen"), ("en", "Pay my benefits")):
        marie.post(f"/demarches/compte?language={language}", {"iban": IBAN})
        pushed = list(provider.pushed.values())[-1]
        assert json.loads(pushed["authorization_details"])[0]["text"].startswith(begin)
