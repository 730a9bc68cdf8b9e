# SPDX-License-Identifier: Apache-2.0
import base64
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from paraph.domain.identity_provider import services
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners

from testkit import holders

CALLBACK = "https://bank.example/callback"
VERIFIER = "v" * 43


def challenge(verifier=VERIFIER):
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def tree(db, signer, system):
    holders.tree(system)
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=system)


@pytest.fixture
def marie(tree, clock, system):
    holder = holders.new(system)
    holders.activate(holder, system)
    clock.advance(minutes=1)
    return holder


@pytest.fixture
def bank(tree, system):
    """A partner with a registered program: (client id, secret)."""
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple", "de": "Musterbank", "en": "Example Bank"},
                                category="bank", accepts=["token", "app"], caller=system)
    return services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK],
                                    scopes=["profile"], caller=system)


class Person(Client):
    """A browser that comes from the bank."""

    def authorize(self, **changes):
        parameters = {
            "client_id": "bank", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid profile",
            "state": "st", "nonce": "no", "code_challenge": challenge(), "code_challenge_method": "S256", **changes}
        query = urlencode({name: value for name, value in parameters.items() if value is not None}, doseq=True)
        return self.get(f"/openid/authorize?{query}")

    def log_in_for(self, answer, holder, at):
        """From the answer of authorize to the consent page."""
        door = self.get(answer["Location"])
        password_page = self.get(door["Location"])["Location"] if "device=token" in door["Location"] \
            else door["Location"].replace("/login/?", "/login/password?device=token&")
        assert self.post(password_page, {"user_id": holder.user_id, "password": holders.PASSWORD}).status_code == 302
        done = self.post("/login/code", {"code": holder.code(at)})
        assert done.status_code == 302, done.content
        return done["Location"]

    def agree(self, address, **changes):
        page = self.get(address)
        assert page.status_code == 200
        values = {f"value_{row['claim']}": row["value"] for row in page.context["rows"]}
        return self.post(address, {"answer": "yes", **values, **changes})

    def code_for(self, holder, at, **changes):
        answer = self.agree(self.log_in_for(self.authorize(**changes), holder, at))
        return parameters_of(answer)["code"]


def parameters_of(answer):
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


@pytest.fixture
def person():
    return Person()


class Program(Client):
    """The bank's program."""

    def redeem(self, code, credentials, **changes):
        pair = base64.b64encode(":".join(credentials).encode()).decode()
        return self.post("/openid/token", {
            "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
            **changes}, headers={"authorization": f"Basic {pair}"})

    def userinfo(self, access_token):
        return self.get("/openid/userinfo", headers={"authorization": f"Bearer {access_token}"})


@pytest.fixture
def program():
    return Program()
