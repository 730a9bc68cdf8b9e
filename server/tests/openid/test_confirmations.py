# SPDX-License-Identifier: Apache-2.0
"""A partner asks a holder to confirm something (RFC 9396): who reads what, which code confirms it, what the partner gets."""

import json
import subprocess
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import KeySet

from paraph.domain.authentication.models import Confirmation, ConfirmationEvidence, Session
from paraph.domain.identity_provider import confirmations, services
from paraph.domain.identity_provider.models import AuthorisationRequest, PushedRequest, Release
from paraph.domain.identity_provider.openid import ProtocolError
from paraph.domain.partners import services as partners
from paraph.interfaces.callers import SESSION_KEY
from paraph.kernel.caller import Caller
from testkit import holders

from .confirming import TEXT, ask, choose, confirmed, details, page_of, proof_of
from .flow import CALLBACK, Person, asking, parameters_of


@pytest.fixture
def bank(tree, system):
    """A bank whose program may ask for confirmations: (client id, secret)."""
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple", "de": "Musterbank", "en": "Example Bank"},
                                category="bank", accepts=["token", "scan", "passkey"], caller=system)
    return services.register_client(
        client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK], scopes=["profile"],
        details_types=["paraph_confirmation"], caller=system)


def row():
    return Confirmation.objects.get()


# --- the whole way ----------------------------------------------------------------------------------------------------


def test_a_confirmation_gives_a_proof_that_openssl_verifies_with_the_holders_certificate(
        person, program, bank, marie, clock, tmp_path):
    back = confirmed(person, marie, clock)
    assert back.keys() == {"code", "state", "iss"}
    answer = program.redeem(back["code"], bank)
    detail = proof_of(answer)
    proof = detail["proof"]
    assert (detail["type"], detail["text"], detail["result"]) == ("paraph_confirmation", TEXT, "confirmed")
    assert (proof["device"], proof["evidence"], proof["algorithm"]) == ("token", "server-bound", "ecdsa-with-SHA256")
    assert detail["confirmed_at"] == clock.now().isoformat()
    said = json.loads(proof["statement"])
    assert (said["text"], said["partner"], said["partner_name"], said["type"], said["reference"]) == (
        TEXT, "bank", "Banque Exemple", "paraph-confirmation-1", detail["reference"])
    # Without anything of ours: chain, then signature.
    leaf, issuing, root = (x509.load_der_x509_certificate(der) for der in proof["certificates"])
    for name, certificate in (("leaf", leaf), ("issuing", issuing), ("root", root)):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(leaf.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "signature").write_bytes(proof["signature"])

    def openssl(*arguments):
        return subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    chain = openssl("verify", "-no_check_time", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem")
    assert chain.returncode == 0, chain.stderr
    for content, right in ((proof["statement"], True), (proof["statement"].replace(b"1 250", b"1 251"), False),
                           (proof["statement"].replace(b"LU28", b"LU29"), False)):
        (tmp_path / "statement").write_bytes(content)
        verified = openssl("dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "statement")
        assert (verified.returncode == 0) is right
    assert "Thiry" in leaf.subject.rfc4514_string()


def test_the_id_token_tells_what_was_confirmed_and_a_login_alone_does_not(person, program, bank, marie, clock):
    back = confirmed(person, marie, clock)
    answer = program.redeem(back["code"], bank)
    published = KeySet.import_key_set(json.loads(program.get("/openid/jwks").content))
    claims = jwt.decode(answer.json()["id_token"], published, algorithms=["ES256"]).claims
    assert claims["confirmation"] == sha256(proof_of(answer)["proof"]["statement"]).hexdigest()
    assert program.userinfo(answer.json()["access_token"]).json() == {"sub": claims["sub"]}
    clock.advance(minutes=1)
    other = program.redeem(Person().code_for(marie, clock.now()), bank)
    assert "authorization_details" not in other.json()
    assert "confirmation" not in jwt.decode(other.json()["id_token"], published, algorithms=["ES256"]).claims


def test_a_digest_is_confirmed_under_its_label(person, program, bank, marie, clock):
    digest = sha256(b"contrat").hexdigest()
    back = confirmed(person, marie, clock, authorization_details=details("", digest=digest, label="Contrat n° 7"))
    detail = proof_of(program.redeem(back["code"], bank))
    said = json.loads(detail["proof"]["statement"])
    assert (detail["digest"], detail["label"], said["digest"], said["label"], said["text"]) == (
        digest, "Contrat n° 7", digest, "Contrat n° 7", "")
    assert "text" not in detail


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_browser_brings_no_words_under_a_partners_name(person, bank, marie, clock, method):
    """Whoever knows the public name of a partner's program could have his own words signed for it."""
    words = asking(scope="openid", authorization_details=details("Je dois 9 000 € à Mallory"))
    back = getattr(person, method)("/openid/authorize", words)
    assert back["Location"].startswith(CALLBACK) and parameters_of(back)["error"] == "invalid_request"
    unknown = person.get("/openid/authorize", {**words, "request_uri": "urn:ietf:params:oauth:request_uri:x"})
    assert unknown.status_code == 400
    assert not AuthorisationRequest.objects.exists() and not Confirmation.objects.exists()


def test_the_program_pushes_what_it_asks(person, program, bank, marie, clock):
    given = {"redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "state": "st", "code_challenge_method": "S256",
             "code_challenge": "8Iu9-NyYJN3p6KxhPAxJ8lCIECbJ-Fzq3ibSz5cwbcM", "authorization_details": details()}
    headers = {"authorization": "Basic " + b64encode(":".join(bank).encode()).decode()}
    pushed = program.post("/openid/par", given, headers=headers)
    assert pushed.status_code == 201
    wrong = program.post("/openid/par", {**given, "authorization_details": details(more="x")}, headers=headers)
    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_authorization_details"})
    answered = person.get("/openid/authorize", {
        "request_uri": pushed.json()["request_uri"], "client_id": "bank", "authorization_details": details("Autre texte")})
    assert answered.status_code == 303
    assert AuthorisationRequest.objects.get().confirmation["text"] == TEXT, "what the browser says beside it counts for nothing"


# --- what is refused before anybody is asked --------------------------------------------------------------------------


@pytest.mark.parametrize("given", [
    "{", "[]", "{}", "null", "7", '"x"', "[7]", json.dumps([{}]), details()[:-1] + "," + details()[1:],
    json.dumps([{"type": "payment_initiation", "text": "x"}]), details(more="x"), details(7),
    details(""), details("", digest="ab" * 32), details("", label="Contrat"), details("", digest="AB" * 32, label="x"),
    details("", digest="ab" * 31, label="x"), details("a\u202eb"), details("a\u200bb"), details("a\tb"), details(" a"),
    details("a\n"), details("x" * 601), details("é" * 301), details("", digest="ab" * 32, label="x" * 201),
    '[{"type": "paraph_confirmation", "text": "a", "text": "b"}]', details("\ud800"), details("a\x00b"),
    # Fillers, blanks and choosers of form, which are letters to Unicode; words that run the other way; digits struck through.
    *(details(f"Payer 10{sign}0 €") for sign in (
        "\u3164", "\u115f", "\uffa0", "\u2800", "\u034f", "\ufe0f", "\U000e0101", "\u200f", "\u2066", "\u061c", "\u05d0",
        "\u0660", "\u0336", "\u0338", "\u20dd", "\u0301\u0301\u0301")),
    details("\u0301a"), details("1 €\n\n\n9 000 €"), details("1 €\n\u00a0\n \n9 000 €"), details("1 €" + " " * 9 + "9 000 €"),
    details("1 €" + "\u00a0 " * 5 + "9 000 €"), details("", digest="ab" * 32, label="Contrat\u3164")])
def test_what_can_not_be_asked_is_refused_with_its_own_error(person, bank, given):
    with pytest.raises(ProtocolError) as refused:
        ask(person, authorization_details=given)
    assert refused.value.code == "invalid_authorization_details"
    assert not PushedRequest.objects.exists()


@pytest.mark.parametrize("given", [
    details("x" * 600), details("é" * 300), details("a\nb"), details("1\u202f250,00\u00a0€"), details("a\n\nb"),
    details("a" + " " * 8 + "b"), details("E\u0301le\u0301onore, Ώμέγα, Дача, 東京"), details("a\u0323\u0302"),
    details("x" * 600, digest="ab" * 32, label="y" * 200)])
def test_the_longest_and_the_strangest_that_can_be_asked(person, bank, given):
    assert ask(person, authorization_details=given)["Location"].startswith("/openid/requests/")


def test_a_client_that_is_not_registered_for_it_gets_none(person, bank, system, marie):
    other = partners.register(slug="other", name={"fr": "Autre"}, category="bank", accepts=["token"], caller=system)
    services.register_client(client_id="other", partner_id=other.id, redirect_addresses=[CALLBACK], caller=system)
    with pytest.raises(ProtocolError, match="invalid_authorization_details"):
        ask(person, client_id="other")
    with pytest.raises(ValueError, match="unknown type"):
        services.register_client(client_id="other", partner_id=other.id, redirect_addresses=[CALLBACK],
                                 details_types=["payment_initiation"], caller=system)


def test_no_data_leaves_with_a_confirmation(person, bank):
    with pytest.raises(ProtocolError, match="invalid_scope"):
        ask(person, scope="openid profile")


def test_discovery_tells_of_it(client, db):
    found = client.get("/.well-known/openid-configuration").json()
    assert found["authorization_details_types_supported"] == ["paraph_confirmation"]


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_who_asks_and_the_exact_words_and_asks_for_a_fresh_code(person, bank, marie, clock):
    text = "Ligne 1  avec deux espaces\n<b>1 250,00 €</b> & plus"
    page = page_of(person, marie, clock.now(), authorization_details=details(text))
    shown = person.get(page).content.decode()
    assert "Banque Exemple vous demande une confirmation" in shown
    assert "Ligne 1  avec deux espaces\n&lt;b&gt;1 250,00 €&lt;/b&gt; &amp; plus" in shown
    for words in ("Confirmer avec votre appareil", "Refuser", "Ce n’est pas moi", "votre nom"):
        assert words in shown
    assert row().state == "asked", "looking answers nothing"


def test_an_open_session_is_never_enough(person, bank, marie, clock):
    """Logged in a moment ago with a code, each confirmation needs another one; the one of the login is used."""
    at = clock.now()
    page = page_of(person, marie, at)
    answered = person.post(choose(person, page, marie.device.serial), {"code": marie.code(at)})
    assert answered.status_code == 422 and row().state == "shown"
    clock.advance(seconds=30)
    assert person.post(f"{page}/code", {"code": marie.code(clock.now())}).status_code == 303
    second = page_of(person, marie, clock.now())
    assert second != page and Confirmation.objects.filter(state="asked").count() == 1


def test_no_leads_back_with_access_denied(person, bank, marie, clock):
    page = page_of(person, marie, clock.now())
    back = person.post(page, {"answer": "no"})
    assert back.status_code == 303 and parameters_of(back)["error"] == "access_denied"
    assert row().state == "cancelled" and not Release.objects.exists()
    assert person.get(page)["Location"] == f"{page}/end"


def test_what_was_confirmed_stands_among_the_data_that_were_sent(person, bank, marie, clock):
    confirmed(person, marie, clock)
    assert Release.objects.get().claims == ["confirmation"]
    shown = person.get("/my/activity").content.decode()
    assert "Preuve de votre confirmation, avec votre nom" in shown and "Demande d’un service confirmée" in shown


# --- attacks ----------------------------------------------------------------------------------------------------------


def test_the_code_of_one_confirmation_is_worth_nothing_at_another(person, bank, marie, clock):
    first = page_of(person, marie, clock.now())
    second = page_of(person, marie, clock.now(), authorization_details=details("1 € à quelqu’un"))
    clock.advance(seconds=30)
    code = marie.code(clock.now())
    to_first, to_second = (choose(person, page, marie.device.serial) for page in (first, second))
    assert person.post(to_first, {"code": code}).status_code == 303
    assert person.post(to_second, {"code": code}).status_code == 422
    assert sorted(Confirmation.objects.values_list("state", flat=True)) == ["confirmed", "shown"]


def test_a_code_that_logged_in_confirms_nothing_and_one_that_confirmed_logs_nobody_in(person, bank, marie, clock):
    page = page_of(person, marie, clock.now())
    waits = choose(person, page, marie.device.serial)
    other = Person()
    clock.advance(seconds=30)
    code = marie.code(clock.now())
    other.post("/login/password?device=token", {"user_id": marie.user_id, "password": holders.PASSWORD})
    assert other.post("/login/code", {"code": code}).status_code == 302
    assert person.post(waits, {"code": code}).status_code == 422
    clock.advance(seconds=30)
    code = marie.code(clock.now())
    assert person.post(waits, {"code": code}).status_code == 303
    third = Person()
    third.post("/login/password?device=token", {"user_id": marie.user_id, "password": holders.PASSWORD})
    third.post("/login/code", {"code": code})
    assert SESSION_KEY not in third.session


def test_another_browser_of_the_same_holder_does_not_bring_the_answer(person, program, bank, marie, clock):
    """He may confirm in Mon espace elsewhere; the partner's code goes to the browser in which it was asked."""
    page = page_of(person, marie, clock.now())
    clock.advance(seconds=30)
    other = Person()
    other.post("/login/password?device=token", {"user_id": marie.user_id, "password": holders.PASSWORD})
    other.post("/login/code", {"code": marie.code(clock.now())})
    clock.advance(seconds=30)
    assert TEXT.replace("’", "’") in other.get("/my/confirmations").content.decode()
    done = other.post(choose(other, page, marie.device.serial), {"code": marie.code(clock.now())})
    assert done["Location"] == f"{page}/end" and "Retourner à" not in other.get(done["Location"]).content.decode()
    assert other.post(f"{page}/end")["Location"] == f"{page}/end"
    request = AuthorisationRequest.objects.get()
    for session in Session.objects.exclude(pk=row().session_id):
        own = Caller(at=clock.now(), channel="web", person=str(session.person_id), identity=str(session.identity_id),
                     session=str(session.id), scope="full")
        with pytest.raises(services.NotFit):
            confirmations.conclude(request_id=request.id, caller=own)
    request.refresh_from_db()
    assert request.state == "asked" and Session.objects.count() == 2, "nothing left from there"
    assert "Retourner à Banque Exemple" in person.get(f"{page}/end").content.decode()
    back = parameters_of(person.post(f"{page}/end"))
    assert program.redeem(back["code"], bank).status_code == 200


def test_somebody_else_sees_and_answers_nothing(person, bank, marie, clock, system):
    page = page_of(person, marie, clock.now())
    jean = holders.new(system, given_names="Jean", family_names="Weber")
    holders.activate(jean, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    thief = Person()
    assert thief.get(page)["Location"].startswith("/login/?next=")
    thief.post("/login/password?device=token", {"user_id": jean.user_id, "password": holders.PASSWORD})
    thief.post("/login/code", {"code": jean.code(clock.now())})
    for address, given in ((page, {"answer": "no"}), (page, {"answer": "report"}), (page, {"answer": "confirm"}),
                           (f"{page}/code", {"code": "000000"}), (f"{page}/image", {}), (f"{page}/end", {}),
                           (f"{page}/passkey", {"answer": "{}"})):
        assert thief.post(address, given).status_code == 404
        assert thief.get(address).status_code in (404, 405)
    assert row().state == "asked"
    request = AuthorisationRequest.objects.get()
    assert thief.get(f"/openid/requests/{request.id}").status_code == 404


def test_a_partner_redeems_its_own_code_alone_and_once(person, program, bank, marie, clock, system):
    other = partners.register(slug="other", name={"fr": "Autre"}, category="bank", accepts=["token"], caller=system)
    thief = services.register_client(client_id="other", partner_id=other.id, redirect_addresses=[CALLBACK],
                                     details_types=["paraph_confirmation"], caller=system)
    code = confirmed(person, marie, clock)["code"]
    assert program.redeem(code, thief).json() == {"error": "invalid_grant"}
    assert "authorization_details" in program.redeem(code, bank).json()
    assert program.redeem(code, bank).json() == {"error": "invalid_grant"}


def test_a_consent_form_does_not_answer_a_request_for_a_confirmation(person, bank, marie, clock):
    page_of(person, marie, clock.now())
    request = AuthorisationRequest.objects.get()
    answered = person.post(f"/openid/requests/{request.id}", {"answer": "yes"})
    assert answered["Location"].startswith("/openid/confirmations/")
    assert AuthorisationRequest.objects.get().state == "asked"


def test_a_fourth_question_of_one_partner_waits_its_turn(person, bank, marie, clock):
    for _ in range(3):
        page_of(person, marie, clock.now())
    refused = person.get(ask(person)["Location"])
    assert refused.status_code == 429 and Confirmation.objects.count() == 3
    person.post(page_of_first(), {"answer": "no"})
    assert person.get(ask(person)["Location"]).status_code == 302


def page_of_first():
    return f"/openid/confirmations/{Confirmation.objects.order_by('asked_at', 'id').first().id}"


@pytest.mark.parametrize(("late", "answered"), [(timedelta(microseconds=1), True), (timedelta(0), False)])
def test_it_can_be_answered_for_five_minutes(person, bank, marie, clock, late, answered):
    page = page_of(person, marie, clock.now())
    until = row().expires_at
    assert until == clock.now() + timedelta(minutes=5)
    clock.set(until - timedelta(seconds=60))
    assert person.get("/my/confirmations").status_code == 200  # the session stays awake
    clock.set(until - late)
    back = person.post(page, {"answer": "no"})
    assert row().state == ("cancelled" if answered else "asked")
    if answered:
        assert parameters_of(back)["error"] == "access_denied"
    else:
        assert "Le temps pour répondre est passé" in person.get(f"{page}/end").content.decode()
        assert parameters_of(person.post(f"{page}/end"))["error"] == "access_denied"


def test_the_proof_stays_and_the_decision_is_final(person, bank, marie, clock):
    confirmed(person, marie, clock)
    assert ConfirmationEvidence.objects.count() == 1
