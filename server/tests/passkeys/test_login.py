# SPDX-License-Identifier: Apache-2.0
"""A passkey at the door: the right one, what is wrong with others, and what a login with it is worth."""

import json
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from paraph.domain.audit.models import Event
from paraph.domain.authentication import queries
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import Credential, LoginEvidence, LoginTransaction
from paraph.domain.authentication.policy import LEVEL_LOW, LEVEL_SUBSTANTIAL
from paraph.domain.authentication.services import DeviceNotAccepted, NoUsablePasskey
from paraph.domain.devices.methods import passkey as methods
from paraph.domain.devices.models import Device, Passkey
from paraph.domain.notifications.models import Message
from paraph.domain.partners import services as partners
from testkit.simulators.authenticator import ELIGIBLE, PRESENT, VERIFIED, Authenticator, unb64

pytestmark = pytest.mark.requirement("R067", part="passkey beside the six devices")


def session_of(step, clock):
    return queries.session(step.session_id, clock.now())


def test_a_passkey_opens_a_session_and_its_signature_is_kept(with_passkey, authenticator, first_step, options, answer, clock):
    login = first_step(with_passkey)
    step = answer(login, authenticator.use(options(login)))
    assert step.outcome == "accepted"
    session = session_of(step, clock)
    assert (session.scope, session.acr, session.amr) == ("full", LEVEL_SUBSTANTIAL, ("pwd", "swk", "user"))
    evidence = LoginEvidence.objects.get(session_id=step.session_id)
    assert (evidence.signer_session, evidence.key_id, bytes(evidence.signature)) == ("", "", b"")
    assert evidence.device_serial == Device.objects.get(type="passkey").serial
    kept = json.loads(bytes(evidence.device_statement))
    client = json.loads(unb64(kept["response"]["clientDataJSON"]))
    assert unb64(client["challenge"]) == sha256(bytes(evidence.statement)).digest()
    [credential] = authenticator.credentials
    signed = unb64(kept["response"]["authenticatorData"]) + sha256(
        unb64(kept["response"]["clientDataJSON"])).digest()
    credential.key.public_key().verify(unb64(kept["response"]["signature"]), signed, ec.ECDSA(hashes.SHA256()))
