# SPDX-License-Identifier: Apache-2.0
"""A partner asks, a holder reads and answers: the steps that tests of confirmations share."""

import json
import re
from base64 import b64decode

from paraph.domain.identity_provider import services
from paraph.kernel import clock as clocks
from paraph.kernel.caller import Caller

from .flow import asking, parameters_of

TEXT = "Virement de 1 250,00 € à Jean Weber, IBAN LU28 0019 4006 4475 0000"


def details(text=TEXT, **more):
    given = {"type": "paraph_confirmation", **({"text": text} if text else {}), **more}
    return json.dumps([{name: value for name, value in given.items() if value is not None}])


def ask(person, **changes):
    """The answer of the authorisation endpoint to what the partner's program has pushed. Raises ProtocolError."""
    given = asking(**{"scope": "openid", "authorization_details": details(), **changes})
    name = services.push(client_id=given["client_id"], parameters={name: [value] for name, value in given.items()},
                         caller=Caller(at=clocks.bound().now(), channel="web"))
    return person.get("/openid/authorize", {"client_id": given["client_id"], "request_uri": name})


def page_of(person, holder, at, **changes):
    """The address of the confirmation's page, after a login where there is none."""
    answered = ask(person, **changes)
    target = person.get(answered["Location"])["Location"]
    if target.startswith("/login/"):
        person.post(target.replace("/login/?", "/login/password?device=token&"),
                    {"user_id": holder.user_id, "password": "Abc123"})
        target = person.post("/login/code", {"code": holder.code(at)})["Location"]
        target = person.get(target)["Location"]
    assert re.fullmatch(r"/openid/confirmations/[0-9a-f-]{36}", target), target
    return target


def choose(person, page, serial):
    """The device waits; the address where its code goes."""
    answered = person.post(page, {"answer": "confirm", "device": serial})
    assert answered.status_code == 302, answered.content.decode()
    return answered["Location"]


def confirmed(person, holder, clock, **changes):
    """From the question to what the partner gets back. Two codes: one for the login, one for this."""
    page = page_of(person, holder, clock.now(), **changes)
    clock.advance(seconds=30)
    answered = person.post(choose(person, page, holder.device.serial), {"code": holder.code(clock.now())})
    assert answered.status_code == 303, answered.content.decode()
    return parameters_of(answered)


def proof_of(answer):
    """The enriched details of the token endpoint, octets decoded."""
    [detail] = answer.json()["authorization_details"]
    proof = detail["proof"]
    for name in ("statement", "signature", "device_statement", "public_key"):
        if name in proof:
            proof[name] = b64decode(proof[name])
    proof["certificates"] = [b64decode(der) for der in proof.get("certificates", ())]
    return detail
