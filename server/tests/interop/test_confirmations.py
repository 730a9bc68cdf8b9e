# SPDX-License-Identifier: Apache-2.0
"""Outside judges of confirmations: Authlib's client and openid-client push their requests (RFC 9396)."""

import json
import secrets
import subprocess
import warnings
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from paraph.domain.identity_provider import client_assertion, services
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners
from paraph.kernel.caller import Caller
from testkit import holders, programs

from ..openid.confirming import TEXT, choose, details
from ..openid.flow import Person

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib announces that it will change its HTTP library
    from authlib.integrations.httpx_client import OAuth2Client

CALLBACK = "https://bank.example/callback"


def settled(clock):
    """Somebody with a Token, in a house that signs ID tokens; and how a partner's program is registered."""
    clock.set(datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1))  # the judges have their own clocks
    clock.go_on()
    caller = Caller.system(at=clock.now(), name="cli:test")
    holders.tree(caller)
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=caller)
    marie = holders.new(caller)
    holders.activate(marie, caller)
    clock.advance(minutes=1)
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token"], caller=caller)

    def register(**given):
        return services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK],
                                        details_types=["paraph_confirmation"], caller=caller, **given)

    return marie, register


def confirm(address, marie, clock):
    """The holder's browser, from the program's address to the one that leads back."""
    person, target = Person(), urlsplit(address)
    answered = person.get(f"{target.path}?{target.query}")
    door = person.get(answered["Location"])["Location"]
    person.post(door.replace("/login/?", "/login/password?device=token&"),
                {"user_id": marie.user_id, "password": holders.PASSWORD})
    page = person.get(person.post("/login/code", {"code": marie.code(clock.now())})["Location"])["Location"]
    clock.advance(seconds=30)
    return person.post(choose(person, page, marie.device.serial), {"code": marie.code(clock.now())})["Location"]


@pytest.fixture
def house(transactional_db, live_server, settings, signer):
    """The service's address."""
    settings.URL = live_server.url
    # The first question loads all pages, and takes longer than a program waits.
    httpx.get(f"{live_server.url}/.well-known/openid-configuration", timeout=120)
    return live_server.url


def test_authlibs_client_asks_and_gets_the_enriched_details(house, clock):
    marie, register = settled(clock)
    client_id, secret = register()
    # Closed at its end: pytest tells of a socket that the garbage collector closes, in the midst of what Python compiles then.
    with OAuth2Client(client_id, secret, scope="openid", redirect_uri=CALLBACK, code_challenge_method="S256") as program:
        found = program.request("GET", f"{house}/.well-known/openid-configuration", withhold_token=True).json()
        assert found["authorization_details_types_supported"] == ["paraph_confirmation"]
        verifier = secrets.token_urlsafe(48)
        address, state = program.create_authorization_url(
            found["authorization_endpoint"], code_verifier=verifier, nonce="n", authorization_details=details())
        asked = dict(parse_qsl(urlsplit(address).query))
        pushed = httpx.post(found["pushed_authorization_request_endpoint"], data=asked, auth=(client_id, secret),
                            timeout=60).json()
        brought = urlencode({"client_id": client_id, "request_uri": pushed["request_uri"]})
        address = f"{found['authorization_endpoint']}?{brought}"
        program.fetch_token(found["token_endpoint"], authorization_response=confirm(address, marie, clock), state=state,
                            code_verifier=verifier)
        [detail] = program.token["authorization_details"]
    assert (detail["text"], detail["result"]) == (TEXT, "confirmed")


def test_openid_client_pushes_the_details_and_reads_what_was_confirmed(house, clock):
    marie, register = settled(clock)
    key = programs.key("ES256")
    register(public_keys=client_assertion.read_keys(programs.public(key)))
    judge = subprocess.Popen(["node", "confirmation.mjs"], cwd=Path(__file__).parent / "node", stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    with judge:
        def ask(**question):
            judge.stdin.write(json.dumps(question) + "\n")
            judge.stdin.flush()
            return json.loads(judge.stdout.readline())

        asked = ask(issuer=house, client="bank", key=key.as_dict(private=True), kid=key.kid, redirect=CALLBACK,
                    details=json.loads(details()))
        answered = ask(back=confirm(asked["pushed"], marie, clock))
        judge.stdin.close()
    [detail] = answered["details"]
    assert (detail["text"], detail["result"]) == (TEXT, "confirmed")
    statement = b64decode(detail["proof"]["statement"])
    assert answered["claims"]["confirmation"] == sha256(statement).hexdigest()
