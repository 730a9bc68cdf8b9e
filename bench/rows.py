# SPDX-License-Identifier: Apache-2.0
"""The rows of the population. Imported after Django has been set up."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.core.management import call_command

from paraph.domain.certification import authorities, publication, services
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Certificate, StatusAnswer
from paraph.domain.certification.publication import facts
from paraph.kernel import clock, rules, tokens
from paraph.kernel.caller import Caller
from paraph.pki import crl, der, names, oids, x509
from paraph.pki.keys import SoftwareKey
from paraph.signer import client
from paraph.signer.core import Signer
from testkit.attended_signer import AttendedSigner


def signer(data: Path) -> Signer:
    """The signer in this process, bound for everybody."""
    core = Signer.open(data / "signer", passphrase="bench", clock=clock.SystemClock())
    client.bind(AttendedSigner(core))
    return core


def authority_and_certificate(
    data: Path, algorithms: Mapping[str, str] | None = None,
) -> tuple[Certificate, datetime]:
    """A new database with a tree whose keys are thrown away afterwards, and one certificate issued as usual."""
    call_command("migrate", interactive=False, verbosity=0)
    core = signer(data)
    now = clock.SystemClock().now()
    caller = Caller.system(at=now, name="cli:bench")
    _, issuing = authorities.create_demo_tree(
        names=authorities.TreeNames(
            organization="Bench", organization_identifier="NTRLU-B000000", country="LU", root="Root",
            issuing="Issuing", ocsp="OCSP", tsu="TSU"),
        pki_url="http://localhost/pki", caller=caller, algorithms={**authorities.ALGORITHMS, **(algorithms or {})})
    (data / "issuing.pem").write_text(x509.pem(bytes(issuing.certificate_der)))
    first = services.issue(
        attempt="bench", profile="natural-signature-ncp", subject_id="bench", generation="bench",
        subject=names.natural_person(given_names="Marie", family_names="Muller", country="LU",
                                     ssn="00100978855105608536"),
        public_key_der=SoftwareKey.generate("P-256").public_key_der, identification="desk", key_id="bench",
        caller=caller)
    core.close()
    return first, now


def fill(data: Path, count: int) -> tuple[list[str], list[bytes], int, int, float]:
    """One certificate issued as usual, the others as copies of its row under other serials, a third of them on hold."""
    first, now = authority_and_certificate(data)
    core = signer(data)
    since = (now - timedelta(hours=1)).replace(microsecond=0)
    hold = crl.Reason.CERTIFICATE_HOLD
    copies = []
    for number in range(count - 1):
        serial = tokens.certificate_serial()
        copies.append(
            copy(first, number, serial, State.SUSPENDED, since, hold, crl.revoked_entry(serial, since, hold))
            if number % 3 == 0 else copy(first, number, serial, State.ACTIVE, since))
    Certificate.objects.bulk_create(copies, batch_size=500)
    begun = time.monotonic()
    # So that no answer runs out while the servers are measured.
    rules.use(rules.from_mapping({"ocsp_life_seconds": 86400}))
    publication.refresh(now, client.bound())
    seconds = time.monotonic() - begun
    core.close()
    serials = [first.serial, *(row.serial for row in copies)]
    issuer = facts.issuer_of(first.authority)
    requests = [
        der.sequence(der.sequence(der.sequence(der.sequence(issuer.certificate_id(oids.SHA256, serial)))))
        for serial in serials]
    sample = StatusAnswer.objects.filter(hash_name="sha256").first()
    return serials, requests, StatusAnswer.objects.count(), len(sample.der), seconds


def copy(
    first: Certificate, number: object, serial: str, state: State, since: datetime, reason: crl.Reason | None = None,
    entry: bytes = b"",
) -> Certificate:
    """The row of another certificate, without its bytes."""
    return Certificate(
        attempt=f"bench-{number}", authority=first.authority, serial=serial, profile=first.profile,
        profile_version=first.profile_version, usage=first.usage, level=first.level, subject_id="bench",
        generation=f"bench-{number}", key_id=f"bench-{number}", public_key_digest=f"{number}", tbs_der=b"", der=b"",
        not_before=first.not_before, not_after=first.not_after, state=state, state_since=since,
        revocation_date=since if reason else None, revocation_reason=int(reason) if reason else None, crl_entry=entry)


def fill_many(data: Path, count: int) -> dict[str, int]:
    """`count` certificates, of three one suspended or revoked, and all that is published of them.

    Their rows carry the bytes of the first one, so that they are linted like any other; the serial is the row's own.
    """
    first, now = authority_and_certificate(data)
    core = signer(data)
    since = (now - timedelta(hours=1)).replace(microsecond=0)
    states = {State.ACTIVE: 0, State.SUSPENDED: 0, State.REVOKED: 0}
    for start in range(0, count, 1000):
        waiting = []
        for number in range(start, min(start + 1000, count)):
            serial = tokens.certificate_serial()
            state = {0: State.SUSPENDED, 3: State.REVOKED}.get(number % 6, State.ACTIVE)
            reason = {State.SUSPENDED: crl.Reason.CERTIFICATE_HOLD, State.REVOKED: crl.Reason.KEY_COMPROMISE}.get(state)
            row = copy(first, number, serial, state, since, reason,
                       crl.revoked_entry(serial, since, reason) if reason else b"")
            row.tbs_der, row.der = bytes(first.tbs_der), bytes(first.der)
            states[state] += 1
            waiting.append(row)
        Certificate.objects.bulk_create(waiting)
    rules.use(rules.from_mapping({"ocsp_life_seconds": 86400}))
    publication.refresh(now, client.bound())
    core.close()
    return {str(state): number for state, number in states.items()}
