# SPDX-License-Identifier: Apache-2.0
"""Do list and OCSP answers say the same of every serial (EN 319 411-1 CSS-6.3.10-09, -10)?

What is compared are the published bytes, read by another library than the one that wrote them: the newest list of each
authority, and the stored answers. For a certificate without stored answer it is what would be answered at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509 import ocsp as reader
from django.db.models import F

from paraph.domain.certification import policy
from paraph.domain.certification.models import Authority, Certificate, StatusAnswer
from paraph.domain.certification.publication import crl, facts, scopes
from paraph.pki.crl import Reason

# What is said of one serial: None while it is good, else since when and why it is revoked or on hold, and its
# invalidityDate if there is one.
Said = tuple[datetime, str, datetime | None] | None
_AT_ONCE = 1000
_NAMES = {
    Reason.KEY_COMPROMISE: "keyCompromise",
    Reason.CA_COMPROMISE: "cACompromise",
    Reason.AFFILIATION_CHANGED: "affiliationChanged",
    Reason.SUPERSEDED: "superseded",
    Reason.CESSATION_OF_OPERATION: "cessationOfOperation",
    Reason.CERTIFICATE_HOLD: "certificateHold",
    Reason.PRIVILEGE_WITHDRAWN: "privilegeWithdrawn",
    Reason.AA_COMPROMISE: "aACompromise",
}


@dataclass(frozen=True)
class Disagreement:
    """One serial of which two sources say different things, or an authority without a list (then `serial` is "")."""

    authority: str
    serial: str
    on_list: Said
    answered: Said
    since: datetime | None


def disagreements() -> Iterator[Disagreement]:
    """Yield every serial that list and answers don't agree on. `since` is when its status last changed.

    Right after a change there is one until it is published; a service whose changes are published has none.
    """
    for authority in Authority.objects.exclude(certificate_der=b"").order_by("created_at"):
        newest = crl.newest_of(authority.name)
        if newest is None:
            yield Disagreement(authority.name, "", None, None, None)
            continue
        listed = _read_list(b"".join(crl.content(newest)))
        # A certificate's own list and the full one must say the same.
        of_shards = {shard: _read_shard(authority.name, shard) for shard in scopes.shards(authority) if shard}
        for certificate, encoding in _with_answers(authority):
            on_list = listed.pop(certificate.serial, None)
            on_own = of_shards[certificate.crl_shard].pop(certificate.serial, None) if certificate.crl_shard else on_list
            said = _read_answer(encoding) if encoding else _would_say(certificate)
            if not said == on_list == on_own:
                wrong = on_list if on_list != said else on_own
                yield Disagreement(authority.name, certificate.serial, wrong, said, certificate.state_since)
        for remaining in (listed, *of_shards.values()):
            for serial, on_list in remaining.items():
                yield Disagreement(authority.name, serial, on_list, None, None)


def _with_answers(authority: Authority) -> Iterator[tuple[Certificate, bytes | None]]:
    """Each certificate with its stored answer, if there is one, a thousand at a time."""
    rows = facts.known().filter(authority=authority).defer("tbs_der", "der").order_by("serial")
    last = ""
    while batch := list(rows.filter(serial__gt=last)[:_AT_ONCE]):
        answers = dict(StatusAnswer.objects.filter(
            certificate__in=batch, hash_name="sha256", status_version=F("certificate__status_version"),
        ).exclude(der=b"").values_list("certificate_id", "der"))
        for certificate in batch:
            encoding = answers.get(certificate.pk)
            yield certificate, bytes(encoding) if encoding else None
        last = batch[-1].serial


def _read_shard(name: str, shard: int) -> dict[str, Said]:
    newest = crl.newest_of(name, shard)
    return {} if newest is None else _read_list(b"".join(crl.content(newest)))


def _read_list(encoding: bytes) -> dict[str, Said]:
    found = {}
    for entry in x509.load_der_x509_crl(encoding):
        told = {type(extension.value): extension.value for extension in entry.extensions}
        reason, date = told.get(x509.CRLReason), told.get(x509.InvalidityDate)
        found[f"{entry.serial_number:x}"] = (
            entry.revocation_date_utc, reason.reason.value if reason else "", date.invalidity_date_utc if date else None)
    return found


def _read_answer(encoding: bytes) -> Said:
    answer = reader.load_der_ocsp_response(encoding)
    if answer.certificate_status is reader.OCSPCertStatus.GOOD:
        return None
    if answer.revocation_time_utc is None:
        return datetime.min.replace(tzinfo=UTC), "unknown", None
    told = (one.value for one in answer.single_extensions if isinstance(one.value, x509.InvalidityDate))
    date = next((one.invalidity_date_utc for one in told), None)
    return answer.revocation_time_utc, answer.revocation_reason.value if answer.revocation_reason else "", date


def _would_say(certificate: Certificate) -> Said:
    published = policy.published(certificate)
    if published is None or not published.revoked:
        return None
    return published.since, _NAMES.get(published.reason, ""), published.invalid_since
