# SPDX-License-Identifier: Apache-2.0
"""A holder with a Scan: the simulated device in his hand, the signer at the other end."""

from dataclasses import dataclass, field
from hashlib import sha256

from paraph.pki.scan import image_text
from paraph.signer.client import Outcome, ScanChallenge
from testkit.simulators import scan as simulated
from testkit.simulators.scan import SimulatedScan

from .conftest import Holder

PARTNER = "Banque de démonstration"
TRANSFER = "Virement de 1\u202f250,00\u00a0€ à LU28 0019 4006 4475 0000"


def factory_key(serial: str) -> bytes:
    return sha256(serial.encode()).digest()


def new_scan(signer, serial: str) -> SimulatedScan:
    signer.import_scan(attempt=f"import-{serial}", serial=serial, factory_key=factory_key(serial))
    return SimulatedScan(serial, factory_key(serial).hex())


@dataclass
class ScanHolder(Holder):
    scan: SimulatedScan = field(kw_only=True)

    def challenge(self, session, text: str = TRANSFER, **given) -> ScanChallenge:
        given = {"device_serial": self.serial, "partner": PARTNER, **given}
        return self.signer.scan_challenge(attempt=self.attempt(), session_id=session.session_id, text=text, **given)

    def look(self, challenge: ScanChallenge, **given) -> str:
        return simulated.look(self.scan, image_text(challenge.payload), **given).code

    def answer(self, session, code: str, **given) -> Outcome:
        given = {"device_serial": self.serial, **given}
        return self.signer.authorise_with_answer(
            attempt=self.attempt(), session_id=session.session_id, answer=code, **given)

    def opening(self, session) -> ScanChallenge:
        return self.signer.scan_activation(
            attempt=self.attempt(), session_id=session.session_id, device_serial=self.serial)

    def device_code(self, session, code: str) -> Outcome:
        return self.signer.scan_device_code(
            attempt=self.attempt(), session_id=session.session_id, device_serial=self.serial, code=code)

    def both_images(self, session) -> Outcome:
        assert self.device_code(session, self.look(self.opening(session))) is Outcome.ACCEPTED
        return self.answer(session, self.look(self.challenge(session, "Activer ce Scan")))


def scan_holder(signer, name: str, serial: str) -> ScanHolder:
    return ScanHolder(signer, name, serial, scan=new_scan(signer, serial))


def activated(signer, name: str, serial: str) -> ScanHolder:
    """A holder whose only device is a Scan, with keys."""
    holder = scan_holder(signer, name, serial)
    session = holder.open("activate")
    assert holder.both_images(session) is Outcome.ACCEPTED
    holder.make_keys(session)
    return holder
