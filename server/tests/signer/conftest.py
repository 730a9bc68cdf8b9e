# SPDX-License-Identifier: Apache-2.0
"""A signer in process with two holders: Marie, who has keys and a Token, and Jean, who has his own."""

import json
from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import count

import pyotp
import pytest

from paraph.pki.names import Subject
from paraph.signer.client import HolderKeys, Outcome
from paraph.signer.core import Signer
from paraph.signer.stores import software

from .content import HOUSE, Service, person

SEEDS = {"T-MARIE": b"12345678901234567890", "T-JEAN": b"jean's seed, 20 byte", "T-STOCK": b"stock seed, 20 bytes"}
DOCUMENT = bytes(range(32))
PASSPHRASE = "test passphrase"
# Marie's and Jean's numbers stand in certificates of these tests.
NUMBERS = {"marie": 8536, "jean": 8537}


TYPES = {"login": "paraph-login-1", "confirm": "paraph-confirmation-1"}


def statement(kind: str, holder: str, **changes) -> bytes:
    """What the authentication key signs in a login or a confirmation, in canonical form."""
    said = {"identity": holder, "type": TYPES[kind], **changes}
    if kind == "confirm":
        said = {"at": "2026-11-24T09:00:00.000000+00:00", "device": "token", "device_serial": "T-MARIE", "digest": "",
                "client": "bank-web", "label": "", "language": "fr", "nonce": "bm9uY2U", "partner": "bank",
                "partner_name": "Banque Exemple", "reference": "C-2345-6789-B", "ssn": "1",
                "text": "Virement de 1 250,00 € vers LU28 0019 4006 4475 0000", **said}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


@dataclass
class Holder:
    """Somebody with a Token, who may get keys."""

    signer: Signer
    name: str
    serial: str
    keys: HolderKeys | None = None
    numbers: count = field(default_factory=count)

    def attempt(self) -> str:
        return f"{self.name}-{next(self.numbers)}"

    def code(self, at: datetime) -> str:
        return pyotp.TOTP(b32encode(SEEDS[self.serial]).decode()).at(at)

    def open(self, kind: str, **given):
        if kind == "activate":
            named(self.signer, self.name)
        key = None
        if self.keys is not None and kind != "activate":
            key = (self.keys.signature if kind == "sign" else self.keys.authentication).key_id
        given = {"holder": self.name, "key_id": key, "device_serial": self.serial, **given}
        if kind in TYPES and given["key_id"] is not None:
            given.setdefault("statement", statement(kind, given["holder"]))
            given.setdefault("hashes", [sha256(given["statement"]).digest()])
        given.setdefault("hashes", [] if kind == "activate" else [DOCUMENT])
        given.setdefault("labels", [] if kind == "confirm" else ["contrat.pdf"] * len(given["hashes"]))
        return self.signer.open_session(attempt=self.attempt(), kind=kind, **given)

    def authorise(self, session, code: str, **given) -> Outcome:
        given = {"device_serial": self.serial, **given}
        return self.signer.authorise_with_code(
            attempt=self.attempt(), session_id=session.session_id, code=code, **given)

    def sign(self, session) -> list[bytes]:
        return self.signer.holder_sign(attempt=self.attempt(), session_id=session.session_id)

    def make_keys(self, session) -> HolderKeys:
        self.keys = self.signer.make_holder_keys(attempt=self.attempt(), session_id=session.session_id)
        return self.keys


def named(signer, holder: str, subject: Subject | None = None, *, same_as: str | None = None) -> bytes:
    """Somebody on the signer's own host says who this holder is."""
    core = getattr(signer, "core", None) or getattr(signer, "_signer", signer)
    number = f"0010097885510560{NUMBERS.setdefault(holder, 8536 + len(NUMBERS)):04d}"
    whole = (subject or person(number)).encode()
    core.admit_name(attempt=f"name-{holder}-{sha256(whole).hexdigest()}", holder=holder, subject=whole, same_as=same_as)
    return whole


def activate(signer: Signer, name: str, serial: str, clock) -> Holder:
    """A holder whose keys were made with a code of his Token; the next code is already a new one."""
    holder = Holder(signer, name, serial)
    session = holder.open("activate")
    assert holder.authorise(session, holder.code(clock.now())) is Outcome.ACCEPTED
    holder.make_keys(session)
    clock.advance(seconds=60)
    return holder


@pytest.fixture(autouse=True)
def cheap_passphrase(monkeypatch):
    """scrypt at a cost that tests can pay; test_stores.py pays the real one."""
    monkeypatch.setattr(software, "_COST", 2)


@pytest.fixture
def service(tmp_path, clock):
    """A signer of its own with a root, an issuing authority and the other keys; no operator stands beside it."""
    core = Signer.open(tmp_path / "service", PASSPHRASE, clock, house=HOUSE)
    yield Service(core, clock)
    core.close()


@pytest.fixture
def stocked(signer):
    for serial, seed in SEEDS.items():
        signer.import_token(attempt=f"import-{serial}", serial=serial, seed=seed)
    return signer


@pytest.fixture
def marie(stocked, clock):
    return activate(stocked, "marie", "T-MARIE", clock)


@pytest.fixture
def jean(stocked, clock):
    return activate(stocked, "jean", "T-JEAN", clock)
