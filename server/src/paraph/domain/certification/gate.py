# SPDX-License-Identifier: Apache-2.0
"""The pre-issuance gate: nothing is signed that was not linted in its final bytes.

The bytes to be signed are signed by a throw-away key of the same kind as the issuer's and linted as a whole
certificate; then the issuer's key signs the same bytes, and what comes back is compared byte for byte and linted again.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import DatabaseError, connection
from django.utils.translation import gettext_noop

from paraph.domain.certification import policy
from paraph.domain.certification.models import Authority, Certificate
from paraph.domain.certification.publication import scopes
from paraph.kernel.errors import Refusal
from paraph.pki import profiles, x509
from paraph.pki.keys import SoftwareKey
from paraph.pki.lint import Finding, lint
from paraph.pki.profiles import Profile

logger = logging.getLogger("paraph.certification")


class SignatureMismatch(Refusal):
    """What the signer gave is not a signature of the issuer's key over the stored bytes. An alarm, never a routine."""

    code = "signature_mismatch"
    sentence = gettext_noop(
        "Le certificat n’a pas pu être signé correctement. L’exploitant est averti ; rien n’a été délivré."
    )
    status = 503


@dataclass(frozen=True)
class Prepared:
    """A certificate before its signature: what it says, in which bytes, and what our rules say of it."""

    profile: Profile
    instruction: x509.Instruction
    tbs: bytes
    findings: list[Finding]


def prepare(
    authority: Authority,
    *,
    profile: str,
    version: int,
    serial: str,
    subject: x509.Subject,
    public_key_der: bytes,
    at: datetime,
    shard: int = scopes.WHOLE,
    identification: str = "",
    dns_names: tuple[str, ...] = (),
) -> Prepared:
    """What `authority` would sign at `at`, linted with a throw-away signature. It names the list of its shard."""
    rules = profiles.get(profile, version, authority.policy_arc)
    request = profiles.Request(
        serial=serial,
        subject=subject,
        public_key_der=public_key_der,
        not_before=at.replace(microsecond=0),
        issuer_not_after=authority.not_after,
        disclosures=tuple((language, url) for language, url in authority.disclosures),
        identification=policy.IDENTIFICATIONS.get(identification, ""),
        dns_names=dns_names,
    )
    instruction = profiles.instruction(rules, _issuer(authority, shard), request)
    tbs = x509.to_be_signed(instruction)
    key = POOL.take(authority.algorithm)
    certificate = x509.assemble(tbs, authority.algorithm, key.sign(tbs))
    issuer = _issuer_certificate(authority, rules)
    findings = lint(certificate, rules, issuer, verification_key=key.public_key_der)
    return Prepared(rules, instruction, tbs, [*findings, *_outside(certificate, profile)])


def rehearse(
    authority: Authority, *, profile: str, version: int, subject: x509.Subject, at: datetime
) -> list[Finding]:
    """What would stop a certificate for this subject, before there is a key: so that a name is put right in time."""
    key = POOL.take("P-256" if authority.algorithm != "P-256" else "P-384")
    serial = f"{1 << 158:x}"
    return prepare(
        authority, profile=profile, version=version, serial=serial, subject=subject, public_key_der=key.public_key_der,
        at=at,
    ).findings


def complete(certificate: Certificate, signature: bytes) -> bytes:
    """The reserved certificate's DER, once the issuer's signature is known to belong to exactly the stored bytes.

    What its waiver allows is no finding here either. Refuses: SignatureMismatch.
    """
    authority, tbs = certificate.authority, bytes(certificate.tbs_der)
    profile = profiles.get(certificate.profile, certificate.profile_version, authority.policy_arc)
    encoded = x509.assemble(tbs, authority.algorithm, signature)
    findings = [
        finding for finding in lint(encoded, profile, _issuer_certificate(authority, profile))
        if finding.code not in waived(certificate)
    ]
    if findings or x509.signed_part(encoded) != tbs:
        raise SignatureMismatch(findings=[finding.code for finding in findings])
    return encoded


def waived(certificate: Certificate) -> frozenset[str]:
    """The codes of what was wrong with a certificate when it was issued, and was allowed."""
    return frozenset(certificate.waiver.content["findings"]) if certificate.waiver else frozenset()


class Pool:
    """Throw-away keys of each kind, made in advance, in this process's memory and used for nothing but the gate.

    What they sign is seen by nobody, so they are taken in turn; a kind that nobody prepared is made when it is needed.
    """

    def __init__(self, size: int = 4) -> None:
        self._size = size
        self._keys: dict[str, deque[SoftwareKey]] = {}
        self._lock = threading.Lock()

    def prepare(self, algorithm: str) -> None:
        """The pool has its full number of keys of this kind. Whoever takes one meanwhile doesn't wait for all of them."""
        while len(self._keys.get(algorithm, ())) < self._size:
            key = SoftwareKey.generate(algorithm)
            with self._lock:
                self._keys.setdefault(algorithm, deque()).append(key)

    def take(self, algorithm: str) -> SoftwareKey:
        with self._lock:
            if keys := self._keys.get(algorithm):
                keys.rotate(1)
                return keys[0]
        key = SoftwareKey.generate(algorithm)
        with self._lock:
            self._keys.setdefault(algorithm, deque()).append(key)
        return key


POOL = Pool()


def prepare_pool() -> None:
    """There are throw-away keys for every authority in service, and for rehearsals, before somebody waits for one.

    Runs in a thread of its own when a process starts: RSA keys take seconds.
    """
    try:
        kinds = set(Authority.objects.filter(in_service=True).values_list("algorithm", flat=True))
    except DatabaseError:
        # No database yet: the first certificate waits for its key.
        logger.warning("no throw-away keys were made in advance")
        return
    finally:
        connection.close()
    for algorithm in sorted(kinds | {"P-256", "P-384"}):
        POOL.prepare(algorithm)


class Judge(Protocol):
    """Another's judgement of a certificate: the codes of what it finds and nobody explained."""

    def __call__(self, certificate: bytes, profile: str) -> Iterable[str]: ...


_judge: Judge | None = None


def bind_judge(judge: Judge | None) -> None:
    """Let a judge from outside (pki.lint.outside, where pkilint is installed) take part; None for our rules alone."""
    global _judge
    _judge = judge


def _outside(certificate: bytes, profile: str) -> list[Finding]:
    if _judge is None:
        return []
    return [Finding(f"outside:{code}", "a judge from outside", code) for code in sorted(_judge(certificate, profile))]


def _issuer(authority: Authority, shard: int) -> x509.Issuer:
    """An authority as the issuer that stands in what it signs."""
    return x509.Issuer(
        name=bytes(authority.subject_der),
        public_key_der=bytes(authority.public_key_der),
        certificate_url=authority.certificate_url,
        list_url=scopes.list_address(authority, shard),
        ocsp_url=authority.ocsp_url,
    )


def _issuer_certificate(authority: Authority, profile: Profile) -> bytes | None:
    return None if profile.is_self_signed else bytes(authority.certificate_der)
