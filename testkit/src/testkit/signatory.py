# SPDX-License-Identifier: Apache-2.0
"""Somebody who can sign, in a house that can stamp: on top of `holders`, published status, a time-stamping unit with a trusted
clock, and the folder of documents."""

from dataclasses import dataclass
from pathlib import Path

from paraph.domain.accounts.models import ContactPoint
from paraph.domain.certification import queries as certificates
from paraph.domain.certification.publication import crl
from paraph.domain.signing import blobs
from paraph.domain.timestamping import services as timestamping
from paraph.domain.timestamping.clock_trust import EvenRun
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.clock import Clock
from paraph.pki import oids
from paraph.signer.client import Signer
from testkit import holders


@dataclass
class Signatory:
    """`code()` presses the Token's button; `caller()` is the logged-in holder."""

    holder: holders.Holder
    clock: Clock

    @property
    def identity_id(self) -> str:
        return str(self.holder.identity.id)

    @property
    def person_id(self) -> str:
        return str(self.holder.identity.person_id)

    @property
    def device_serial(self) -> str:
        return self.holder.device.serial

    @property
    def generation(self) -> str:
        return holders.generation_of(self.holder)

    def code(self) -> str:
        return self.holder.code(self.clock.now())

    def caller(self, **given) -> Caller:
        return Caller(**{"at": self.clock.now(), "channel": "web", "person": self.person_id,
                         "identity": self.identity_id, "session": str(tokens.uuid7()), "scope": "full"} | given)


def open_house(*, signer: Signer, clock: Clock, folder: Path) -> None:
    system = Caller.system(at=clock.now(), name="cli:test")
    holders.tree(system)
    for authority in certificates.authorities():
        crl.publish(authority, clock.now(), signer)
    [unit] = certificates.services("tsu", clock.now())
    timestamping.install_unit(
        name="tsu", key_id=unit.key_id, certificate=bytes(unit.der), chain=certificates.chain(unit)[1:-1],
        policy=oids.EXAMPLE_TIMESTAMP_POLICY, caller=system)
    trust_clock(clock)
    blobs.use(folder)


def new_signatory(*, clock: Clock, given_names: str = "Marie") -> Signatory:
    """Activated a minute ago, with a verified e-mail address."""
    system = Caller.system(at=clock.now(), name="cli:test")
    holder = holders.new(system, given_names=given_names)
    ContactPoint.objects.create(identity=holder.identity, kind="email", value="marie@example.org",
                                verified_at=clock.now(), since=clock.now())
    holders.activate(holder, system)
    pass_time(clock, minutes=1)
    return Signatory(holder, clock)


def pass_time(clock: Clock, **parts: float) -> None:
    clock.advance(**parts)
    trust_clock(clock)


def trust_clock(clock: Clock) -> None:
    """As the worker does every few seconds. A scripted clock runs evenly with itself."""
    source = EvenRun(clock, lambda: clock.now().timestamp())
    timestamping.renew_clock_trust(source=source, caller=Caller.system(at=clock.now(), name="job:clock"))
