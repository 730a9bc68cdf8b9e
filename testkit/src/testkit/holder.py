# SPDX-License-Identifier: Apache-2.0
"""A holder who can sign: the demonstration tree, a time-stamping unit, published status, a person with an identity, a bound
Token, keys in the signer that is bound, and two active certificates. Everything goes through the product's own services."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import ContactPoint
from paraph.domain.accounts.policy import Claims
from paraph.domain.certification import queries as certificates
from paraph.domain.certification.publication import crl
from paraph.domain.signing import blobs
from paraph.domain.timestamping import services as timestamping
from paraph.domain.timestamping.clock_trust import EvenRun
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.clock import Clock
from paraph.pki import names, oids, otp
from paraph.signer.client import Signer
from testkit import certification


@dataclass
class Holder:
    """`code()` presses the Token's button; `caller()` is his logged-in self."""

    clock: Clock
    identity_id: str
    person_id: str
    device_serial: str
    seed: bytes
    generation: str

    def code(self, steps_ago: int = 0) -> str:
        step = int(self.clock.now().timestamp()) // 30 - steps_ago
        return otp.hotp(self.seed, step, 6)

    def caller(self, **given) -> Caller:
        return Caller(**{"at": self.clock.now(), "channel": "web", "person": self.person_id,
                         "identity": self.identity_id, "session": str(tokens.uuid7()), "scope": "full"} | given)


def open_house(*, signer: Signer, clock: Clock, folder: Path) -> None:
    """Authorities, lists, a time-stamping unit with a trusted clock, and the folder of documents."""
    system = Caller.system(at=clock.now(), name="cli:test")
    certification.demo_tree(system)
    for authority in certificates.authorities():
        crl.publish(authority, clock.now(), signer)
    [unit] = certificates.services("tsu", clock.now())
    timestamping.install_unit(
        name="tsu", key_id=unit.key_id, certificate=bytes(unit.der), chain=certificates.chain(unit)[1:-1],
        policy=oids.EXAMPLE_TIMESTAMP_POLICY, caller=system)
    trust_clock(clock)
    blobs.use(folder)


def trust_clock(clock: Clock) -> None:
    """As the worker does every few seconds. A scripted clock runs evenly with itself."""
    source = EvenRun(clock, lambda: clock.now().timestamp())
    timestamping.renew_clock_trust(source=source, caller=Caller.system(at=clock.now(), name="job:clock"))


def new_holder(*, signer: Signer, clock: Clock, given_names: str = "Marie", profile: str = "") -> Holder:
    """`profile` is the signature certificate's, if not the usual one."""
    system = Caller.system(at=clock.now(), name="cli:test")
    person = accounts.create_person(
        claims=Claims(family_names="Müller", given_names=given_names, birth_date=date(1980, 2, 29)),
        document_expires_on=None, caller=system)
    identity = accounts.create_identity(
        person_id=person.id, kind="private", device_family="server", caller=system)
    ContactPoint.objects.create(identity=identity, kind="email", value="marie@example.org", verified_at=clock.now(),
                                since=clock.now())
    holder = Holder(clock=clock, identity_id=str(identity.id), person_id=str(person.id),
                    device_serial=f"T{tokens.digits(8)}", seed=tokens.token_bytes(20), generation=str(tokens.uuid7()))
    signer.import_token(attempt=str(tokens.uuid7()), serial=holder.device_serial, seed=holder.seed)
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="activate", holder=holder.identity_id, key_id=None, hashes=[], labels=[],
        device_serial=holder.device_serial)
    # With an old code, so that the present one is still fresh.
    signer.authorise_with_code(attempt=str(tokens.uuid7()), session_id=session.session_id,
                               device_serial=holder.device_serial, code=holder.code(steps_ago=3))
    made = signer.make_holder_keys(attempt=str(tokens.uuid7()), session_id=session.session_id)
    profiles = {"signature": profile} if profile else {}
    certification.active_pair(
        system, subject_id=holder.identity_id, generation=holder.generation, profiles=profiles,
        subject=names.natural_person(given_names=given_names, family_names="Müller", country="LU", ssn=identity.ssn),
        keys={"authentication": made.authentication.public_key_der, "signature": made.signature.public_key_der},
        key_ids={"authentication": made.authentication.key_id, "signature": made.signature.key_id})
    return holder


def pass_time(clock: Clock, **parts: float) -> None:
    clock.advance(**parts)
    trust_clock(clock)


