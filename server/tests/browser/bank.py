# SPDX-License-Identifier: Apache-2.0
"""A partner on another origin: where it waits for the answer, and how its program asks and redeems."""

import json
import secrets
import threading
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx


class Callback(BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802  (the library's name)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>bank</title><link rel=icon href=data:,><p>bank")

    def log_message(self, *given):
        pass


@contextmanager
def callback():
    """The address at which the partner's page answers."""
    server = HTTPServer(("127.0.0.1", 0), Callback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/callback"
    server.shutdown()
    server.server_close()


class Bank:
    """The program of the partner at `callback`, which asks the service at `url`."""

    def __init__(self, url, callback, credentials):
        self.url, self.callback, self.credentials = url, callback, credentials
        self.host = urlsplit(callback).netloc

    def asks(self, device="token", **detail):
        """Pushes a request for a confirmation; the address that the browser is sent to."""
        self.verifier = secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        pushed = httpx.post(f"{self.url}/openid/par", auth=self.credentials, data={
            "redirect_uri": self.callback, "response_type": "code", "scope": "openid", "state": "st", "device": device,
            "code_challenge": challenge, "code_challenge_method": "S256",
            "authorization_details": json.dumps([{"type": "paraph_confirmation", **detail}])}, timeout=60)
        assert pushed.status_code == 201, pushed.text
        return f"{self.url}/openid/authorize?" + urlencode(
            {"client_id": self.credentials[0], "request_uri": pushed.json()["request_uri"]})

    def redeems(self, address):
        """What the browser brought to the callback, redeemed: the detail with its proof."""
        answered = httpx.post(f"{self.url}/openid/token", auth=self.credentials, data={
            "grant_type": "authorization_code", "code": parse_qs(urlsplit(address).query)["code"][0],
            "redirect_uri": self.callback, "code_verifier": self.verifier}, timeout=60)
        assert answered.status_code == 200, answered.text
        [detail] = answered.json()["authorization_details"]
        return detail
