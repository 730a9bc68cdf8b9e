# SPDX-License-Identifier: Apache-2.0
"""What lists and answers need to know of an authority: its name and key as others write them, and its first instant."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from django.db.models import QuerySet

from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Authority, Certificate
from paraph.kernel.errors import Refusal
from paraph.pki import keys, profiles
from paraph.pki.ocsp import Issuer
from paraph.pki.x509 import subject_and_key

NOT_ASKED_ONLINE = ("ca", "ocsp")
# Certificates that end before anybody could revoke them and say that nobody publishes a status (RFC 9608).
SAYS_NO_STATUS = frozenset(profile.name for profile in profiles.ALL if profile.validity_assured)


class NoResponder(Refusal):
    """The authority has no certificate for an OCSP key that is valid now."""

    code = "no_responder"
    sentence = "L’état des certificats de cette autorité n’est pas disponible en ligne pour le moment."
    status = 503


@dataclass(frozen=True)
class Responder:
    """The delegated OCSP key of an authority (RFC 6960 clause 4.2.2.2)."""

    key_id: str
    algorithm: str
    public_key_der: bytes
    certificate: bytes


def known() -> QuerySet[Certificate]:
    """The certificates of which something may be said: all but those that are only reserved."""
    return Certificate.objects.exclude(state=State.RESERVED)


def asked_online() -> QuerySet[Certificate]:
    """Those that say where to ask: not authorities, which have lists, nor responders (EN 319 411-1 CSS-6.6.3-01B), nor what
    says that it has no status."""
    return known().exclude(usage__in=NOT_ASKED_ONLINE).exclude(profile__in=SAYS_NO_STATUS)


def has_responder(authority_id: object) -> bool:
    """Whether the authority ever had an OCSP key: one that had none is answered for by its list alone."""
    return Certificate.objects.filter(authority_id=authority_id, usage="ocsp").exclude(state=State.RESERVED).exists()


def responder_of(authority_id: object, at: datetime) -> Responder:
    """Return the newest responder of an authority that is valid at `at`; refuses with NoResponder."""
    row = (
        Certificate.objects.filter(
            authority_id=authority_id, usage="ocsp", state__in=(State.ISSUED, State.ACTIVE),
            not_before__lte=at, not_after__gt=at)
        # One issued by hand: its key answers somewhere else.
        .exclude(key_id="")
        .order_by("-not_before", "-id")
        .values_list("key_id", "der")
        .first()
    )
    if row is None:
        raise NoResponder(authority=authority_id)
    key_id, certificate = row[0], bytes(row[1])
    algorithm, public_key_der = _key_of(certificate)
    return Responder(key_id, algorithm, public_key_der, certificate)


def issuer_of(authority: Authority) -> Issuer:
    """The authority as a CertID names it."""
    return _issuer(bytes(authority.subject_der), bytes(authority.public_key_der))


def beginning_of(authority: Authority) -> datetime:
    """The authority's notBefore: since then the status of every certificate is kept, also when it has expired."""
    return _not_before(bytes(authority.certificate_der))


@lru_cache(maxsize=64)
def _issuer(name: bytes, public_key_der: bytes) -> Issuer:
    return Issuer.of(name, public_key_der)


@lru_cache(maxsize=64)
def _not_before(certificate: bytes) -> datetime:
    return x509.load_der_x509_certificate(certificate).not_valid_before_utc


@lru_cache(maxsize=64)
def _key_of(certificate: bytes) -> tuple[str, bytes]:
    _, public_key_der = subject_and_key(certificate)
    return keys.algorithm_of(public_key_der), public_key_der
