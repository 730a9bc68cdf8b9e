# SPDX-License-Identifier: Apache-2.0
"""Outside judge of the OpenID Provider: Authlib's own OAuth client and its rules for ID tokens, against the real addresses."""

import secrets
import warnings
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from authlib.oidc.core import CodeIDToken
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from paraph.domain.identity_provider import client_assertion, services
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners
from paraph.kernel.caller import Caller
from testkit import holders
from testkit.journeys.visitor import Visitor

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib announces that it will change its HTTP library
    from authlib.integrations.httpx_client import OAuth2Client, OAuthError
    from authlib.oauth2.rfc7523 import PrivateKeyJWT

ISSUER = "http://localhost:8000"
CALLBACK = "https://bank.example/callback"


@pytest.fixture
def marie(db, signer, system, clock):
    clock.set(datetime.now(UTC).replace(microsecond=0))  # the judge has its own clock
    clock.go_on()
    caller = Caller.system(at=clock.now(), name="cli:test")
    holders.tree(caller)
    for algorithm in ("P-256", "RSA-3072"):
        keys.make(purpose="openid", algorithm=algorithm, label=algorithm, caller=caller)
    holder = holders.new(caller)
    holders.activate(holder, caller)
    clock.advance(minutes=1)
    return holder


@pytest.fixture
def wire():
    """The service without a port. Its requests share the test's transaction, so none may end the connection."""
    for moment in (request_started, request_finished):
        moment.disconnect(close_old_connections)
    yield httpx.WSGITransport(app=get_wsgi_application())
    for moment in (request_started, request_finished):
        moment.connect(close_old_connections)


KEYS = {"ES256": lambda parameters: ECKey.generate_key("P-256", parameters),
        "PS256": lambda parameters: RSAKey.generate_key(3072, parameters)}


@pytest.fixture(params=[("ES256", "secret"), ("RS256", "secret"), ("ES256", "ES256"), ("RS256", "PS256")], ids="-".join)
def program(request, marie, system, wire):
    """A partner's program on Authlib: the algorithm of its ID tokens, and the secret or the kind of key that proves who it is."""
    algorithm, proof = request.param
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token"],
                                caller=system)
    key = KEYS[proof]({"kid": "bank-1", "use": "sig", "alg": proof}) if proof in KEYS else None
    client_id, secret = services.register_client(
        client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK], scopes=["profile"], algorithm=algorithm,
        public_keys=client_assertion.read_keys(key.as_dict(private=False)) if key else (), caller=system)
    client = OAuth2Client(client_id, key or secret, scope="openid profile", redirect_uri=CALLBACK, transport=wire,
                          code_challenge_method="S256", token_endpoint_auth_method="private_key_jwt" if key else None)
    if key:
        client.register_client_auth_method(PrivateKeyJWT(alg=proof, headers={"kid": "bank-1"}))
    client.algorithm = algorithm
    return client


@pytest.fixture
def discovered(program):
    found = program.request("GET", f"{ISSUER}/.well-known/openid-configuration", withhold_token=True).json()
    assert found["issuer"] == ISSUER
    return found


def ask(program, discovered):
    begun = {"nonce": secrets.token_urlsafe(16), "code_verifier": secrets.token_urlsafe(48)}
    address, state = program.create_authorization_url(discovered["authorization_endpoint"], **begun)
    return address, state, begun


def claims_of(program, discovered, id_token, nonce):
    """Authlib's rules for an ID token of the code flow, on the keys that the provider publishes."""
    published = KeySet.import_key_set(program.request("GET", discovered["jwks_uri"], withhold_token=True).json())
    read = jwt.decode(id_token, published, algorithms=[program.algorithm])
    token = CodeIDToken(read.claims, read.header, options={"iss": {"value": ISSUER}, "aud": {"value": "bank"}},
                        params={"nonce": nonce, "client_id": "bank", "access_token": program.token["access_token"]})
    token.validate(leeway=60)
    return read


@pytest.mark.requirement("R295", part="later: the other devices")
def test_authlibs_client_completes_a_login(program, discovered, marie, clock, wire):
    address, state, begun = ask(program, discovered)
    back = Visitor(ISSUER, wire).log_in(address, marie.user_id, holders.PASSWORD, lambda: marie.code(clock.now()))
    assert back.startswith(f"{CALLBACK}?")
    program.fetch_token(discovered["token_endpoint"], authorization_response=back, state=state,
                        code_verifier=begun["code_verifier"])
    token = claims_of(program, discovered, program.token["id_token"], begun["nonce"])
    assert token.header["alg"] == program.algorithm
    assert token.claims["acr"] == "http://eidas.europa.eu/LoA/substantial" and token.claims["amr"] == ["pwd", "otp"]
    person = program.get(discovered["userinfo_endpoint"]).json()
    assert person == {"sub": token.claims["sub"], "given_name": "Marie", "family_name": "Thiry",
                      "birthdate": "1985-03-09"}


def test_authlibs_client_is_refused_with_another_verifier(program, discovered, marie, clock, wire):
    address, state, _ = ask(program, discovered)
    back = Visitor(ISSUER, wire).log_in(address, marie.user_id, holders.PASSWORD, lambda: marie.code(clock.now()))
    with pytest.raises(OAuthError, match="invalid_grant"):
        program.fetch_token(discovered["token_endpoint"], authorization_response=back, state=state,
                            code_verifier=secrets.token_urlsafe(48))


def test_the_client_learns_that_the_person_said_no(program, discovered, marie, clock, wire):
    address, state, _ = ask(program, discovered)
    back = Visitor(ISSUER, wire).log_in(address, marie.user_id, holders.PASSWORD, lambda: marie.code(clock.now()),
                                        agree=False)
    answer = dict(parse_qsl(urlsplit(back).query))
    assert answer.items() >= {"error": "access_denied", "state": state, "iss": ISSUER}.items() and "code" not in answer
