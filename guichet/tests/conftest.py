# SPDX-License-Identifier: Apache-2.0
"""The portal against a provider of another make: joserfc's keys and a few lines of HTTP, in process."""

import os
import tempfile

_data = tempfile.mkdtemp(prefix="guichet-test-")
os.environ.update({
    "DJANGO_SETTINGS_MODULE": "guichet.settings", "GUICHET_DATA": _data, "GUICHET_ISSUER": "https://trust.example",
    "GUICHET_URL": "http://localhost:8100", "GUICHET_CLIENT_ID": "guichet"})
os.makedirs(f"{_data}/secrets", exist_ok=True)
with open(f"{_data}/secrets/guichet-client", "w") as _file:
    _file.write("the secret\n")

import base64  # noqa: E402
from hashlib import sha256  # noqa: E402
from urllib.parse import parse_qs, parse_qsl, urlsplit  # noqa: E402

import django  # noqa: E402
import httpx  # noqa: E402
import pytest  # noqa: E402
from joserfc import jwt  # noqa: E402
from joserfc.jwk import ECKey, KeySet, RSAKey  # noqa: E402

django.setup()

ISSUER = "https://trust.example"
SUBSTANTIAL = "http://eidas.europa.eu/LoA/substantial"


class Provider:
    """Answers discovery, keys, token and userinfo. `claims` and `person` are what a test wants asserted."""

    def __init__(self):
        self.key = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"}, auto_kid=False)
        self.algorithm = "ES256"
        self.published = [self.key]
        self.claims, self.person = {}, {"sub": "s-1", "given_name": "Marie", "family_name": "Thiry"}
        self.codes, self.asked, self.down = {}, [], False
        self.configuration = {"issuer": ISSUER, **{f"{name}_endpoint": f"{ISSUER}/openid/{name}" for name in
                                                   ("authorization", "token", "userinfo")},
                              "pushed_authorization_request_endpoint": f"{ISSUER}/openid/par",
                              "jwks_uri": f"{ISSUER}/openid/jwks", "devices_endpoint": f"{ISSUER}/openid/devices"}
        self.devices = ["token", "scan", "passkey"]
        self.pushed, self.details = {}, None

    def answer(self, address, now, **changes):
        """The person logs in and agrees: the parameters of the redirect back."""
        asked = dict(parse_qsl(urlsplit(address).query))
        asked = self.pushed.pop(asked["request_uri"]) if "request_uri" in asked else asked
        self.codes["c-1"] = (asked, now)
        return {name: value for name, value in
                {"code": "c-1", "state": asked["state"], "iss": ISSUER, **changes}.items() if value is not None}

    def handle(self, request):
        self.asked.append(request)
        if self.down:
            raise httpx.ConnectError("down")
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self.configuration)
        if path == "/openid/jwks":
            return httpx.Response(200, json=KeySet(self.published).as_dict(private=False))
        if path == "/openid/devices" and request.url.params["client_id"] == "guichet":
            return httpx.Response(200, json={"client_id": "guichet", "devices": self.devices})
        if path == "/openid/par":
            name = f"urn:ietf:params:oauth:request_uri:{len(self.asked)}"
            self.pushed[name] = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
            return httpx.Response(201, json={"request_uri": name, "expires_in": 90})
        if path == "/openid/token":
            return self._token(request)
        if path == "/openid/userinfo" and request.headers["authorization"] == "Bearer at-1":
            return httpx.Response(200, json=self.person)
        return httpx.Response(404)

    def _token(self, request):
        given = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        expected = "Basic " + base64.b64encode(b"guichet:the+secret").decode()
        asked, now = self.codes.pop(given["code"], ({}, None))
        digest = base64.urlsafe_b64encode(sha256(given["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if request.headers["authorization"] != expected or asked.get("code_challenge") != digest:
            return httpx.Response(400, json={"error": "invalid_grant"})
        issued = int(now.timestamp())
        claims = {"iss": ISSUER, "aud": "guichet", "sub": "s-1", "iat": issued, "exp": issued + 300,
                  "auth_time": issued, "acr": SUBSTANTIAL, "amr": ["pwd", "otp"], "nonce": asked["nonce"], **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, self.key, algorithms=[self.algorithm])
        more = {} if self.details is None else {"authorization_details": self.details}
        return httpx.Response(200, json={"id_token": token, "access_token": "at-1", "token_type": "Bearer", **more})


@pytest.fixture
def provider(monkeypatch):
    from guichet import views

    answering = Provider()
    fresh = views.RelyingParty(
        issuer=ISSUER, client_id="guichet", partner="guichet", secret=views.trust_service._secret,
        redirect_address="http://localhost:8100/callback",
        http=httpx.Client(transport=httpx.MockTransport(answering.handle)))
    monkeypatch.setattr(views, "trust_service", fresh)
    yield answering
    fresh._http.close()


@pytest.fixture
def rsa_key():
    return RSAKey.generate_key(2048, {"kid": "k2", "use": "sig"}, auto_kid=False)
