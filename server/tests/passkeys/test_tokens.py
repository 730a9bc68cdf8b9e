# SPDX-License-Identifier: Apache-2.0
"""Partners are told of a login with a passkey: the signer judges again what it signed before it signs the ID token."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from paraph.domain.authentication import queries as authentication
from paraph.domain.identity_provider import jose, openid, queries, services
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners
from paraph.domain.registration import services as registration
from paraph.signer.client import SignerRefusal

pytestmark = pytest.mark.requirement("R071")
CALLBACK, VERIFIER = "https://bank.example/callback", "v" * 43
CHALLENGE = jose.encode(sha256(VERIFIER.encode()).digest())


@pytest.fixture
def bank(tree, system):
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=system)
    partner = partners.register(slug="bank", name={"fr": "B", "de": "B", "en": "B"}, category="bank",
                                accepts=["token", "passkey"], caller=system)
    services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK], caller=system)
    return partner


@pytest.fixture
def redeem(bank, now):
    """The ID token's claims for this session, through the whole code flow."""
    def ask(holder, session_id):
        caller = replace(now(), session=str(session_id), scope="full")
        wanted = openid.read_request({
            "response_type": ["code"], "scope": ["openid profile"], "nonce": ["n"], "code_challenge": [CHALLENGE],
            "code_challenge_method": ["S256"]}, ["profile"])
        request = services.ask(client_id="bank", redirect_address=CALLBACK, wanted=wanted, caller=caller)
        shown = queries.values(queries.request(request.id, now().at), holder.identity.person_id)
        _, code = services.grant(request_id=request.id, shown=shown, caller=caller)
        issued = services.redeem(client_id="bank", code=code, redirect_address=CALLBACK, verifier=VERIFIER,
                                 issuer="http://localhost:8000", caller=now())
        return jose.claims_of(issued.id_token, queries.public_keys())

    return ask


def test_a_login_with_a_passkey_gives_an_id_token(with_passkey, authenticator, first_step, options, answer, bank, redeem):
    login = first_step(with_passkey, partner_id=bank.id)
    claims = redeem(with_passkey, answer(login, authenticator.use(options(login))).session_id)
    assert claims["amr"] == ["pwd", "swk", "user"] and claims["aud"] == "bank"
    login = first_step(with_passkey, partner_id=bank.id)
    assert answer(login, authenticator.use(options(login), signature=bytes(70))).outcome == "wrong"
    login = first_step(with_passkey, partner_id=bank.id)
    again = redeem(with_passkey, answer(login, authenticator.use(options(login))).session_id)
    assert again["sub"] == claims["sub"]


def test_what_the_service_says_a_passkey_signed_is_not_enough(
    with_passkey, authenticator, first_step, options, answer, bank, redeem, monkeypatch
):
    """Somebody with the database and the pages, but without her passkey."""
    login = first_step(with_passkey, partner_id=bank.id)
    session, honest = answer(login, authenticator.use(options(login))).session_id, authentication.for_signer

    def bent(*of):
        content = json.loads(honest(*of))
        content["answer"]["response"]["signature"] = jose.encode(bytes(70))
        return json.dumps(content).encode()

    monkeypatch.setattr(authentication, "for_signer", bent)
    with pytest.raises(SignerRefusal, match="wrong_login"):
        redeem(with_passkey, session)


def test_a_removed_passkey_is_forgotten_by_the_signer(with_passkey, logged_in, signer):
    registration.remove_passkey(device_id=with_passkey.passkey.pk, caller=logged_in(with_passkey))
    assert [entry.event for entry in signer.record()].count("passkey.removed") == 1
