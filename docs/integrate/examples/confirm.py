# SPDX-License-Identifier: Apache-2.0
"""One confirmation with Paraph, from end to end: a text that a person confirms with his device, and its proof in files.

    CLIENT_SECRET=… python confirm.py http://localhost:8000 my-client http://localhost:8200/callback "Pay 1 250,00 €" proof

Needs httpx, joserfc and login.py beside it. It pushes what is asked, prints the address to open, waits on the callback address,
checks the answer and leaves the proof in the folder `proof`. A web application keeps `begun` in its session.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet
from login import wait_for_answer

TYPE = "paraph_confirmation"


def begin(http: httpx.Client, provider: dict, client: tuple[str, str], callback: str, text: str) -> tuple[str, dict]:
    """The address for the browser, and what to keep until it comes back. The text never stands in the address."""
    begun = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")} | {"text": text}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(begun["verifier"].encode()).digest()).rstrip(b"=").decode()
    pushed = http.post(provider["pushed_authorization_request_endpoint"], auth=client, data={
        "response_type": "code", "redirect_uri": callback, "scope": "openid", "state": begun["state"], "nonce": begun["nonce"],
        "code_challenge": challenge, "code_challenge_method": "S256",
        "authorization_details": json.dumps([{"type": TYPE, "text": text}])})
    name = pushed.raise_for_status().json()["request_uri"]
    return f"{provider['authorization_endpoint']}?" + urlencode({"client_id": client[0], "request_uri": name}), begun


def finish(http: httpx.Client, provider: dict, client: tuple[str, str], callback: str, answer: dict, begun: dict) -> dict:
    """What was confirmed, with its proof. Every line that raises is a check: leave none out."""
    if not hmac.compare_digest(answer.get("state", ""), begun["state"]):
        raise ValueError("this answer belongs to nothing that was asked here")
    if answer.get("iss") != provider["issuer"]:
        raise ValueError("this answer comes from another provider (RFC 9207)")
    if "error" in answer:
        raise ValueError(answer["error"])  # access_denied: the person did not confirm
    reply = http.post(provider["token_endpoint"], auth=client, data={
        "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": callback,
        "code_verifier": begun["verifier"]})
    tokens = reply.raise_for_status().json()
    keys = KeySet.import_key_set(http.get(provider["jwks_uri"]).raise_for_status().json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256", "RS256"]).claims
    jwt.JWTClaimsRegistry(
        leeway=60, iss={"essential": True, "value": provider["issuer"]}, aud={"essential": True, "value": client[0]},
        nonce={"essential": True, "value": begun["nonce"]}, exp={"essential": True}, sub={"essential": True}).validate(claims)
    [detail] = tokens["authorization_details"]
    statement = base64.b64decode(detail["proof"]["statement"])
    if (detail["type"], detail["result"], json.loads(statement)["text"]) != (TYPE, "confirmed", begun["text"]):
        raise ValueError("another text was confirmed")
    if claims["confirmation"] != hashlib.sha256(statement).hexdigest():
        raise ValueError("the ID token tells of another statement")
    return {"sub": claims["sub"], **detail}


def keep(detail: dict, folder: Path) -> None:
    """The proof as files, for tools that know nothing of us."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "confirmation.json").write_text(json.dumps(detail, indent=2, ensure_ascii=False))
    (folder / "statement.json").write_bytes(base64.b64decode(detail["proof"]["statement"]))
    (folder / "signature.bin").write_bytes(base64.b64decode(detail["proof"].get("signature", "")))
    for name, text in zip(("holder", "issuing", "root"), detail["proof"].get("certificates", ()), strict=False):
        (folder / f"{name}.cer").write_bytes(base64.b64decode(text))


def main() -> None:
    issuer, client_id, callback, text, folder = sys.argv[1:]
    client = client_id, os.environ["CLIENT_SECRET"]
    with httpx.Client(timeout=10) as http:
        provider = http.get(f"{issuer}/.well-known/openid-configuration").raise_for_status().json()
        if provider["issuer"] != issuer:
            raise SystemExit("this is another provider")
        address, begun = begin(http, provider, client, callback, text)
        print(address, flush=True)
        detail = finish(http, provider, client, callback, wait_for_answer(callback), begun)
    keep(detail, Path(folder))
    print(f"{detail['reference']} confirmed at {detail['confirmed_at']}, {detail['proof']['evidence']}")


if __name__ == "__main__":
    main()
