# SPDX-License-Identifier: Apache-2.0
"""A passkey confirms by signing the statement itself: no key of the holder is used, and the proof has no certificate."""

import json
from datetime import timedelta
from hashlib import sha256
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import KeySet

from paraph.domain.authentication import queries
from paraph.domain.authentication.models import Confirmation, ConfirmationEvidence, Credential
from paraph.domain.identity_provider import services
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners
from testkit.simulators.authenticator import Authenticator, b64, unb64

from ..openid.confirming import TEXT, choose, details, page_of, proof_of
from ..openid.flow import CALLBACK, Person, Program, parameters_of
from .conftest import options_on


@pytest.fixture
def bank(with_passkey, system):
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=system)
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token", "passkey"],
                                caller=system)
    return services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK],
                                    details_types=["paraph_confirmation"], caller=system)


@pytest.fixture
def asked(bank, with_passkey, clock):
    """Marie's browser, and the address where her passkey is asked."""
    person = Person()
    page = page_of(person, with_passkey, clock.now())
    return SimpleNamespace(person=person, page=page, address=choose(person, page, "passkey"))


def failures():
    """Of both lanes: her browser is known since her login."""
    row = Credential.objects.get()
    return row.failures + row.known_failures


def answer(asked, authenticator, **bent):
    options = options_on(asked.person.get(asked.address))
    return asked.person.post(asked.address, {"answer": authenticator.use(options, **bent)})


def test_a_passkey_confirms_and_its_signature_is_the_proof(asked, authenticator, bank):
    program, answered = Program(), answer(asked, authenticator)
    assert answered.status_code == 303
    token = program.redeem(parameters_of(answered)["code"], bank)
    proof = proof_of(token)["proof"]
    assert (proof["device"], proof["evidence"], proof["certificates"]) == ("passkey", "server-bound", [])
    assert "signature" not in proof and json.loads(proof["statement"])["text"] == TEXT
    client = unb64(proof["webauthn"]["response"]["clientDataJSON"])
    assert json.loads(client)["challenge"] == b64(sha256(proof["statement"]).digest())
    key = serialization.load_der_public_key(proof["public_key"])
    key.verify(unb64(proof["webauthn"]["response"]["signature"]),
               unb64(proof["webauthn"]["response"]["authenticatorData"]) + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
    published = KeySet.import_key_set(json.loads(program.get("/openid/jwks").content))
    claims = jwt.decode(token.json()["id_token"], published, algorithms=["ES256"]).claims
    assert claims["confirmation"] == sha256(proof["statement"]).hexdigest(), "the signer verified it too"
    assert ConfirmationEvidence.objects.get().key_id == ""


def test_an_answer_serves_once_and_for_its_confirmation_alone(asked, authenticator, with_passkey, clock):
    options = options_on(asked.person.get(asked.address))
    given = authenticator.use(options)
    page = page_of(asked.person, with_passkey, clock.now(), authorization_details=details("1 €"))
    other = choose(asked.person, page, "passkey")
    assert asked.person.post(other, {"answer": given}).status_code == 422
    assert asked.person.post(asked.address, {"answer": given}).status_code == 303
    assert asked.person.post(asked.address, {"answer": given})["Location"].endswith("/end")


def test_the_answer_of_a_login_confirms_nothing(asked, authenticator, first_step, options, with_passkey):
    login = first_step(with_passkey)
    assert asked.person.post(asked.address, {"answer": authenticator.use(options(login))}).status_code == 422
    assert Confirmation.objects.get().state == "shown"


def test_what_waits_for_another_device_is_confirmed_by_no_passkey(asked, authenticator, with_passkey):
    """Also by somebody who could read what the Token's code will sign."""
    choose(asked.person, asked.page, with_passkey.device.serial)
    row = Confirmation.objects.get()
    given = authenticator.use({"rpId": "localhost", "challenge": b64(sha256(bytes(row.statement)).digest()),
                               "allowCredentials": [{"id": b64(authenticator.credentials[0].id)}]})
    assert asked.person.post(asked.address, {"answer": given}).status_code == 302
    assert Confirmation.objects.get().state == "shown" and not ConfirmationEvidence.objects.exists() and failures() == 0


@pytest.mark.parametrize("bent", [{"origin": "https://evil.example"}, {"cross_origin": True}])
def test_a_wrong_answer_counts_and_the_next_one_needs_another_challenge(asked, authenticator, bent):
    before = options_on(asked.person.get(asked.address))["challenge"]
    assert answer(asked, authenticator, **bent).status_code == 422
    assert failures() == 1
    assert options_on(asked.person.get(asked.address))["challenge"] != before
    assert answer(asked, authenticator).status_code == 303
    assert failures() == 0


def test_what_is_no_answer_counts_nothing(asked):
    assert asked.person.post(asked.address, {"answer": "{}"}).status_code == 422
    assert failures() == 0


def test_five_wrong_answers_block(asked, authenticator):
    for _ in range(5):
        answer(asked, authenticator, origin="https://evil.example")
    assert answer(asked, authenticator).status_code == 422
    assert Confirmation.objects.get().state == "shown" and failures() == 5


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("late", "good"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_too_late_for_a_passkey_begins_anew_and_the_page_says_so(asked, authenticator, clock, late, good):
    """180 seconds from the choice; then no passkey is asked, no answer counts, and the page with the words says what to do."""
    given, over = authenticator.use(options_on(asked.person.get(asked.address))), "Vous avez attendu trop longtemps"
    assert over not in asked.person.get(asked.page).content.decode()
    clock.set(clock.now() + timedelta(seconds=180) + late)
    assert (over in asked.person.get(asked.page).content.decode()) is not good
    assert asked.person.get(asked.address).status_code == (200 if good else 302)
    answered = asked.person.post(asked.address, {"answer": given})
    if good:
        assert answered.status_code == 303 and Confirmation.objects.get().state == "confirmed"
    else:
        assert (answered.status_code, answered["Location"]) == (302, asked.page)
        assert queries.passkey_to_confirm(Confirmation.objects.get(), clock.now()) is None and failures() == 0
        choose(asked.person, asked.page, "passkey")
        assert answer(asked, authenticator).status_code == 303


@pytest.mark.parametrize(("waited", "time"), [
    (0, "180 secondes"), (120, "180 secondes"), (121, "179 secondes"), (298, "2 secondes"), (299, "une seconde")])
def test_the_page_says_how_long_a_passkey_is_waited_for(asked, clock, waited, time):
    """Never longer than the question itself waits."""
    clock.set(Confirmation.objects.get().asked_at + timedelta(seconds=waited))
    address = choose(asked.person, asked.page, "passkey")
    assert f"Vous avez {time}, jusqu’au" in asked.person.get(address).content.decode()


def test_where_more_than_the_partners_minimum_is_asked_a_lesser_passkey_does_not_confirm(marie, add, system, clock):
    """Her login with the Token reached it; a copied passkey that does not must not stand behind the words."""
    synced, person, substantial = Authenticator(synced=True), Person(), "http://eidas.europa.eu/LoA/substantial"
    partner = partners.register(slug="bank", name={"fr": "Banque"}, category="bank", accepts=["token", "passkey"],
                                minimum_level="low", caller=system)
    services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK],
                             details_types=["paraph_confirmation"], caller=system)
    add(marie, synced)
    page = page_of(person, marie, clock.now())
    options = options_on(person.get(choose(person, page, "passkey")))
    strict = page_of(person, marie, clock.now(), acr_values=f"http://eidas.europa.eu/LoA/high {substantial} x")
    shown = person.get(strict).content.decode()
    assert marie.device.serial in shown and 'value="passkey"' not in shown
    assert person.post(strict, {"answer": "confirm", "device": "passkey"}).status_code == 422
    # An answer is judged by the same level, should a page have asked for it.
    Confirmation.objects.update(minimum_level="substantial")
    person.post(f"{page}/passkey", {"answer": synced.use(options)})
    assert not ConfirmationEvidence.objects.exists()
    Confirmation.objects.update(minimum_level="low")
    options = options_on(person.get(choose(person, page, "passkey")))
    assert person.post(f"{page}/passkey", {"answer": synced.use(options)}).status_code == 303
