# SPDX-License-Identifier: Apache-2.0
"""Outside judge of clients' keys: openid-client, a certified OpenID library for Node, proves itself at both endpoints."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from paraph.domain.identity_provider import client_assertion, services
from paraph.domain.identity_provider.models import PushedRequest, UsedAssertion
from paraph.domain.partners import services as partners
from paraph.kernel.caller import Caller
from testkit import programs

CALLBACK = "https://bank.example/callback"


@pytest.fixture
def house(transactional_db, live_server, settings, clock):
    settings.URL = live_server.url
    clock.set(datetime.now(UTC))  # the judge has its own clock
    clock.go_on()
    # The first question loads all pages, and takes longer than a program waits.
    httpx.get(f"{live_server.url}/.well-known/openid-configuration", timeout=120)
    return live_server.url, Caller.system(at=clock.now(), name="cli:test")


def register(house, key):
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token"], caller=house[1])
    services.register_client(
        client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK], scopes=["profile"],
        public_keys=client_assertion.read_keys(programs.public(key)), caller=house[1])


def judge(issuer, key):
    question = {"issuer": issuer, "client": "bank", "key": key.as_dict(private=True), "kid": key.kid, "algorithm": key.alg,
                "redirect": CALLBACK}
    done = subprocess.run(["node", "openid.mjs"], cwd=Path(__file__).parent / "node", input=json.dumps(question) + "\n",
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_it_pushes_and_redeems_with_a_key(house, algorithm):
    key = programs.key(algorithm)
    register(house, key)
    answer = judge(house[0], key)
    query = parse_qs(urlsplit(answer["pushed"]).query)
    assert query["client_id"] == ["bank"] and query["request_uri"][0].startswith("urn:ietf:params:oauth:request_uri:")
    assert PushedRequest.objects.get().parameters["scope"] == ["openid profile"]
    assert answer["redeemed"] == "invalid_grant", "who asks is known; the code is nobody's"
    assert UsedAssertion.objects.count() == 2


def test_with_another_key_it_is_nobody(house):
    register(house, programs.key())
    assert judge(house[0], programs.key()) == {"pushed": "invalid_client", "redeemed": "invalid_client"}
    assert not UsedAssertion.objects.exists()
