# SPDX-License-Identifier: Apache-2.0
"""A person's browser and a partner's program on the two sides of the code flow."""

import base64
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from testkit import holders

CALLBACK = "https://bank.example/callback"
VERIFIER = "v" * 43


def challenge(verifier=VERIFIER):
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def parameters_of(answer):
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def asking(**changes):
    """The parameters of the bank's request."""
    parameters = {
        "client_id": "bank", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid profile",
        "state": "st", "nonce": "no", "code_challenge": challenge(), "code_challenge_method": "S256", **changes}
    return {name: value for name, value in parameters.items() if value is not None}


class Person(Client):
    """A browser that comes from the bank."""

    def authorize(self, **changes):
        return self.get(f"/openid/authorize?{urlencode(asking(**changes), doseq=True)}")

    def log_in_for(self, answer, holder, at):
        """From the answer of authorize through the door; returns the address of the consent."""
        door = self.get(answer["Location"])["Location"]
        password = door.replace("/login/?", "/login/password?device=token&")
        assert self.post(password, {"user_id": holder.user_id, "password": holders.PASSWORD}).status_code == 302
        done = self.post("/login/code", {"code": holder.code(at)})
        assert done.status_code == 302
        return done["Location"]

    def agree(self, address, **changes):
        rows = self.get(address).context["rows"]
        return self.post(address, {"answer": "yes", **{f"value_{row['claim']}": row["value"] for row in rows},
                                   **changes})

    def code_for(self, holder, at, **changes):
        return parameters_of(self.agree(self.log_in_for(self.authorize(**changes), holder, at)))["code"]


class Program(Client):
    """The bank's program."""

    def redeem(self, code, credentials, /, **changes):
        pair = base64.b64encode(":".join(credentials).encode()).decode()
        return self.post("/openid/token", {
            "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
            **changes}, headers={"authorization": f"Basic {pair}"})

    def userinfo(self, access_token):
        return self.get("/openid/userinfo", headers={"authorization": f"Bearer {access_token}"})
