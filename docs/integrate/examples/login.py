# SPDX-License-Identifier: Apache-2.0
"""One login with Paraph, from end to end: a partner's program in its smallest careful form (OpenID Connect, code flow, PKCE).

    CLIENT_SECRET=… python login.py http://localhost:8000 my-client http://localhost:8200/callback

Needs httpx and joserfc. It prints the address to open, waits on the callback address, and prints who logged in as JSON.
A web application does the same in two requests; `begun` then lies in its session.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

LEVELS = ["http://eidas.europa.eu/LoA/substantial", "http://eidas.europa.eu/LoA/high"]


def begin(provider: dict, client_id: str, callback: str) -> tuple[str, dict]:
    """The address for the browser, and what to keep until it comes back."""
    begun = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(begun["verifier"].encode()).digest()).rstrip(b"=").decode()
    return f"{provider['authorization_endpoint']}?" + urlencode({
        "response_type": "code", "client_id": client_id, "redirect_uri": callback, "scope": "openid profile",
        "state": begun["state"], "nonce": begun["nonce"], "prompt": "login", "acr_values": LEVELS[0],
        "code_challenge": challenge, "code_challenge_method": "S256"}), begun


def finish(http: httpx.Client, provider: dict, client: tuple[str, str], callback: str, answer: dict, begun: dict) -> dict:
    """Who logged in. Every line that raises is a check that the standard asks for: leave none out."""
    if not hmac.compare_digest(answer.get("state", ""), begun["state"]):
        raise ValueError("this answer belongs to no login that began here")
    if answer.get("iss") != provider["issuer"]:
        raise ValueError("this answer comes from another provider (RFC 9207)")
    if "error" in answer:
        raise ValueError(answer["error"])  # access_denied: the person said no, or turned back
    reply = http.post(provider["token_endpoint"], auth=client, data={
        "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": callback,
        "code_verifier": begun["verifier"]})
    reply.raise_for_status()
    tokens = reply.json()
    keys = KeySet.import_key_set(http.get(provider["jwks_uri"]).raise_for_status().json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256", "RS256"]).claims
    jwt.JWTClaimsRegistry(
        leeway=60, iss={"essential": True, "value": provider["issuer"]}, aud={"essential": True, "value": client[0]},
        nonce={"essential": True, "value": begun["nonce"]}, exp={"essential": True}, sub={"essential": True},
        acr={"essential": True, "values": LEVELS}).validate(claims)
    person = http.get(provider["userinfo_endpoint"], headers={"Authorization": f"Bearer {tokens['access_token']}"})
    values = person.raise_for_status().json()
    if values["sub"] != claims["sub"]:
        raise ValueError("these values are another person's")
    return {**values, "acr": claims["acr"], "amr": claims["amr"], "auth_time": claims["auth_time"]}


def wait_for_answer(callback: str) -> dict:
    """Serves the callback address until the browser comes there, and returns the query."""
    answers: list[dict] = []
    where = urlsplit(callback)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == where.path:
                answers.append(dict(parse_qsl(asked.query)))
            self.send_response(200 if asked.path == where.path else 404)
            self.end_headers()
            self.wfile.write(b"You may close this window.")

        def log_message(self, *_: object) -> None:
            """The query holds a code: it is not written down."""

    with HTTPServer((where.hostname, where.port), Handler) as server:
        while not answers:
            server.handle_request()
    return answers[0]


def main() -> None:
    issuer, client_id, callback = sys.argv[1:]
    with httpx.Client(timeout=10) as http:
        provider = http.get(f"{issuer}/.well-known/openid-configuration").raise_for_status().json()
        if provider["issuer"] != issuer:
            raise SystemExit("this is another provider")
        address, begun = begin(provider, client_id, callback)
        print(address, flush=True)
        answer = wait_for_answer(callback)
        login = finish(http, provider, (client_id, os.environ["CLIENT_SECRET"]), callback, answer, begun)
    print(json.dumps(login, ensure_ascii=False))


if __name__ == "__main__":
    main()
