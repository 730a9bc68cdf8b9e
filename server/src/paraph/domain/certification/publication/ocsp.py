# SPDX-License-Identifier: Apache-2.0
"""OCSP answers: signed in advance and stored, or signed at once where a stored one can't serve.

A stored answer serves only while its `status_version` is the certificate's: from the commit of a change on, questions
get an answer that is made at once, until the stored one has been made again. At once are answered too: requests with a
nonce or for several certificates, serials that were never issued (unknown, never good), and expired certificates.

Of a short-term certificate, which says itself that there is no status of it (RFC 9608), none is given: the answer is
`unauthorized`, not able to respond authoritatively (RFC 6960 clause 2.3). Never `good`, which would promise that somebody
looks; not `unknown` either, since it was issued, and programs take that for a forgery.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef

from paraph.domain.certification import policy
from paraph.domain.certification.models import Authority, Certificate, StatusAnswer
from paraph.domain.certification.publication import facts
from paraph.kernel import rules, tokens
from paraph.kernel.errors import NotFound
from paraph.pki import ocsp, oids
from paraph.pki.ocsp import CertificateId, Failure, OcspError, SingleAnswer, Status
from paraph.signer.client import Signer

HASH_NAMES = {oids.SHA1: "sha1", oids.SHA256: "sha256"}
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Answered:
    """An OCSPResponse, and for how many seconds a cache may keep it (0: not at all).

    `stored` tells that it was made in advance: it stays the right answer until the authority's next change of status.
    `unknown` is how many of the serials were never issued by the authority.
    """

    der: bytes
    max_age: int
    made_at: datetime
    until: datetime
    stored: bool
    authority_id: object
    unknown: int = 0
    statement: "Statement | None" = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What was read about one certificate, enough to answer questions about it without the database.

    It is true until the authority's next change of status, and names the responder that answers now.
    """

    authority_id: object
    responder: facts.Responder
    published: policy.Published
    archive_cutoff: datetime


def answer(request_der: bytes, at: datetime, signer: Signer) -> Answered:
    """Answer an OCSPRequest.

    Raises OcspError (malformed; unauthorized when the issuer is not one of ours or has no responder, when one request asks
    about several issuers, or about a certificate that says that it has no status), refuses with NoResponder,
    SignerUnavailable or SignerRefusal.
    """
    request = ocsp.parse_request(request_der)
    authority = _authority_of(request.certificates)
    if request.nonce is None and len(request.certificates) == 1:
        stored = stored_answer(authority, request.certificates[0], at)
        if stored is not None:
            return Answered(bytes(stored.der), cache_seconds(stored.next_update, at), stored.this_update,
                            stored.next_update, stored=True, authority_id=authority.pk)
    made_at = at.replace(microsecond=0)
    encoding, unknown, statement = _answer_at_once(authority, request.certificates, request.nonce, made_at, signer)
    # What is not known now may be issued in a moment.
    cacheable = request.nonce is None and len(request.certificates) == 1 and not unknown
    until = _next_update(made_at)
    return Answered(encoding, cache_seconds(until, at) if cacheable else 0, made_at, until,
                    stored=False, authority_id=authority.pk, unknown=unknown, statement=statement)


def answer_from(
    statement: Statement, certificate: CertificateId, nonce: bytes, known_at: datetime, at: datetime, signer: Signer,
) -> bytes:
    """The OCSPResponse to one question with a nonce, from what was known to be true at `known_at`, which it says.

    Refuses with SignerUnavailable or SignerRefusal.
    """
    single = _said(statement.published, certificate.encoding, statement.archive_cutoff, known_at.replace(microsecond=0))
    return _sign(statement.responder, [single], nonce, at.replace(microsecond=0), signer)


def current_answer(serial: str, at: datetime, signer: Signer, *, made_since: datetime | None = None) -> bytes:
    """Return an answer about one of our certificates, for embedding into a document (SHA-1 CertID, which all read).

    The stored one if it is not older than `made_since`, else one that is made now and stored. Refuses with NotFound for
    a serial that was never issued, and for a certificate that says that it has no status.
    """
    has_status = facts.known().exclude(profile__in=facts.SAYS_NO_STATUS)
    certificate = has_status.select_related("authority").filter(serial=serial).first()
    if certificate is None:
        raise NotFound(serial=serial)
    stored = StatusAnswer.objects.filter(
        certificate=certificate, hash_name="sha1", status_version=certificate.status_version, next_update__gt=at,
    ).exclude(der=b"").first()
    if stored is not None and (made_since is None or stored.this_update >= made_since):
        return bytes(stored.der)
    return _make([certificate], at, signer)[certificate.id, oids.SHA1]


def stored_answer(authority: Authority, certificate: CertificateId, at: datetime) -> StatusAnswer | None:
    """The stored answer to one question, if it still says the truth and has not run out."""
    return StatusAnswer.objects.filter(
        certificate__serial=certificate.serial,
        certificate__authority=authority,
        hash_name=HASH_NAMES[certificate.hash_algorithm],
        status_version=F("certificate__status_version"),
        next_update__gt=at,
    ).exclude(der=b"").first()


def cache_seconds(next_update: datetime, at: datetime) -> int:
    """How long caches may keep an answer: never until its end, so that a change is seen soon (RFC 9919 clause 7)."""
    left = int((next_update - at).total_seconds())
    return max(0, min(left - 1, rules.current().ocsp_cache_seconds))


def mark_due(certificates: Iterable[Certificate]) -> None:
    """Throw away the stored answers of certificates that change in this transaction; publish_due makes them again."""
    asked = [certificate for certificate in certificates
             if certificate.usage not in facts.NOT_ASKED_ONLINE and not _has_no_status(certificate)]
    StatusAnswer.objects.bulk_create(
        [
            StatusAnswer(certificate=certificate, hash_name=name, status_version=certificate.status_version,
                         this_update=certificate.state_since, next_update=certificate.state_since, der=b"")
            for certificate in asked for name in HASH_NAMES.values()
        ],
        update_conflicts=True,
        unique_fields=["certificate", "hash_name"],
        update_fields=["status_version", "this_update", "next_update", "der"],
    )


def forget_all(authority_id: object, at: datetime) -> int:
    """No stored answer of this authority is served any more: whoever signed them is not to be believed.

    publish_due makes them again with the key that answers then. Returns how many there were.
    """
    return StatusAnswer.objects.filter(certificate__authority=authority_id).update(der=b"", next_update=at)


def publish_due(at: datetime, signer: Signer) -> int:
    """Make the answers that were thrown away or have run out. Returns for how many certificates."""
    return _make_all(StatusAnswer.objects.filter(next_update__lte=at), at, signer)


def refresh(at: datetime, signer: Signer) -> int:
    """Make the answers that would get too old and those that are missing; drop those of expired certificates.

    Returns for how many certificates answers were made.
    """
    StatusAnswer.objects.filter(certificate__not_after__lte=at).delete()
    current = rules.current()
    horizon = at + timedelta(seconds=current.ocsp_life_seconds - current.ocsp_refresh_seconds)
    made = _make_all(StatusAnswer.objects.filter(next_update__lte=horizon), at, signer)
    usable = StatusAnswer.objects.filter(
        certificate=OuterRef("pk"), hash_name="sha256", status_version=OuterRef("status_version"))
    missing = facts.asked_online().filter(~Exists(usable), not_after__gt=at)
    return made + _make_in_batches(missing.values_list("pk", flat=True), at, signer)


def _make_all(answers, at: datetime, signer: Signer) -> int:
    due = answers.filter(certificate__not_after__gt=at).order_by("next_update").values_list("certificate_id", flat=True)
    return _make_in_batches(dict.fromkeys(due), at, signer)


def _make_in_batches(identifiers: Iterable[object], at: datetime, signer: Signer) -> int:
    waiting = list(identifiers)
    for start in range(0, len(waiting), _BATCH):
        batch = waiting[start:start + _BATCH]
        _make(list(Certificate.objects.select_related("authority").filter(pk__in=batch)), at, signer)
    return len(waiting)


def _make(certificates: list[Certificate], at: datetime, signer: Signer) -> dict[tuple[object, str], bytes]:
    """Sign and store the answers of some certificates, for each way to name them."""
    responders: dict[object, facts.Responder] = {}
    made, rows = {}, []
    this_update = at.replace(microsecond=0)
    next_update = _next_update(this_update)
    for certificate in certificates:
        authority = certificate.authority
        if authority.pk not in responders:
            responders[authority.pk] = facts.responder_of(authority.pk, at)
        issuer = facts.issuer_of(authority)
        for algorithm, name in HASH_NAMES.items():
            single = _single(certificate, issuer.certificate_id(algorithm, certificate.serial), authority, this_update)
            encoding = _sign(responders[authority.pk], [single], None, this_update, signer)
            made[certificate.pk, algorithm] = encoding
            rows.append(StatusAnswer(
                certificate=certificate, hash_name=name, status_version=certificate.status_version,
                this_update=this_update, next_update=next_update, der=encoding))
    StatusAnswer.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["certificate", "hash_name"],
        update_fields=["status_version", "this_update", "next_update", "der"])
    return made


def _answer_at_once(
    authority: Authority, asked: tuple[CertificateId, ...], nonce: bytes | None, this_update: datetime, signer: Signer,
) -> tuple[bytes, int, Statement | None]:
    """The answer, how many of the serials are not known, and what is known of the one certificate that was asked about."""
    found = {
        certificate.serial: certificate
        for certificate in facts.known().filter(authority=authority, serial__in=[one.serial for one in asked])
    }
    if any(_has_no_status(certificate) for certificate in found.values()):
        raise OcspError(Failure.UNAUTHORIZED)
    singles = [_single(found.get(one.serial), one.encoding, authority, this_update) for one in asked]
    unknown = sum(single.status is Status.UNKNOWN for single in singles)
    responder = facts.responder_of(authority.pk, this_update)
    statement = None
    if len(asked) == 1 and found:
        statement = Statement(
            authority.pk, responder, policy.published(found[asked[0].serial]), facts.beginning_of(authority))
    return _sign(responder, singles, nonce, this_update, signer), unknown, statement


def _has_no_status(certificate: Certificate) -> bool:
    # A serial that was given up is revoked, whatever it would have said.
    return certificate.profile in facts.SAYS_NO_STATUS and certificate.revocation_date is None


def _single(
    certificate: Certificate | None, certificate_id: bytes, authority: Authority, this_update: datetime,
) -> SingleAnswer:
    if certificate is None:
        return SingleAnswer(
            certificate_id, Status.UNKNOWN, this_update=this_update, next_update=_next_update(this_update))
    return _said(policy.published(certificate), certificate_id, facts.beginning_of(authority), this_update)


def _said(
    published: policy.Published, certificate_id: bytes, archive_cutoff: datetime, this_update: datetime,
) -> SingleAnswer:
    return SingleAnswer(
        certificate_id, Status.REVOKED if published.revoked else Status.GOOD, this_update=this_update,
        next_update=_next_update(this_update), revoked_at=published.since, reason=published.reason,
        invalid_since=published.invalid_since, archive_cutoff=archive_cutoff)


def _sign(
    responder: facts.Responder, singles: list[SingleAnswer], nonce: bytes | None, at: datetime, signer: Signer,
) -> bytes:
    body = ocsp.to_be_signed(responder_key=responder.public_key_der, produced_at=at, answers=singles, nonce=nonce)
    signature = signer.sign(attempt=str(tokens.uuid7()), key_id=responder.key_id, purpose="ocsp", data=body)
    return ocsp.assemble(body, responder.algorithm, signature, [responder.certificate])


def _next_update(this_update: datetime) -> datetime:
    return this_update + timedelta(seconds=rules.current().ocsp_life_seconds)


def _authority_of(asked: tuple[CertificateId, ...]) -> Authority:
    """The one authority that all CertIDs name; a responder that can't speak for the issuer is unauthorized (RFC 9919)."""
    for authority in Authority.objects.exclude(certificate_der=b""):
        issuer = facts.issuer_of(authority)
        if all(issuer.issued(certificate) for certificate in asked) and facts.has_responder(authority.pk):
            return authority
    raise OcspError(Failure.UNAUTHORIZED)
