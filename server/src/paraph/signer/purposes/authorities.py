# SPDX-License-Identifier: Apache-2.0
"""Which certificates an authority's key may sign.

The root certifies authorities, and only while a ceremony is open at the signer's own host; both names and keys of the
authorities that come into being there are remembered. An issuing authority certifies, under its own name and within its
own life: the OCSP and time-stamping keys that this signer holds; holders' keys that this signer made in an authorised
activation, each for the use it was made for, under the number that this holder has and nobody else, and the name that
was approved for him; and any other key only where somebody at the signer's own host allowed exactly this key with
exactly this name for exactly these uses.
"""

import sqlite3
from datetime import datetime, timedelta
from hashlib import sha256

from paraph.kernel import rules
from paraph.pki import der, keys, oids, profiles
from paraph.signer.activation import names
from paraph.signer.database import to_instant, to_microseconds
from paraph.signer.errors import SignerRefusal
from paraph.signer.purposes.certificates import Certificate, read
from paraph.signer.purposes.content import Extension, InfrastructureKey, must, reading
from paraph.signer.stores import Store

_AUTHORITY_USAGES = frozenset(("keyCertSign", "cRLSign"))
_SIGNING_USAGES = frozenset(("digitalSignature", "nonRepudiation"))

_EVERYWHERE = frozenset((
    oids.AUTHORITY_KEY_IDENTIFIER, oids.SUBJECT_KEY_IDENTIFIER, oids.KEY_USAGE, oids.CERTIFICATE_POLICIES,
    oids.AUTHORITY_INFORMATION_ACCESS, oids.CRL_DISTRIBUTION_POINTS))
_OF_AUTHORITIES = _EVERYWHERE | {oids.BASIC_CONSTRAINTS}
_OF_LEAVES = _EVERYWHERE | {oids.EXTENDED_KEY_USAGE, oids.BASIC_CONSTRAINTS}
_OF_HOLDERS = _OF_LEAVES | {oids.QC_STATEMENTS, oids.VALIDITY_ASSURED, oids.NO_REVOCATION_AVAILABLE}
# What the uses of a holder's two keys are (EN 319 412-2 NAT-4.3.2, types C and A).
_HOLDER_USES = {
    "authentication": (frozenset(("digitalSignature",)), frozenset((oids.PURPOSE_CLIENT_AUTHENTICATION,))),
    "signature": (frozenset(("nonRepudiation",)), frozenset((oids.PURPOSE_DOCUMENT_SIGNING,))),
}
_SERVICE_USES = {
    "ocsp": (frozenset((oids.PURPOSE_OCSP_SIGNING,)), _OF_LEAVES | {oids.OCSP_NO_CHECK}),
    "tsu": (frozenset((oids.PURPOSE_TIME_STAMPING,)), _OF_LEAVES | {oids.PRIVATE_KEY_USAGE_PERIOD}),
}


def permit(
    connection: sqlite3.Connection, store: Store, key: InfrastructureKey, certificate: Certificate, data: bytes, at: datetime
) -> dict[str, object]:
    """Notes the certificate and returns the facts for the record.

    Refuses no_ceremony, no_authority, wrong_issuer, wrong_name, wrong_usage, wrong_validity, wrong_time,
    unknown_subject_key, key_destroyed, serial_used, wrong_content.
    """
    must(certificate.algorithm == keys.signature_algorithm(key.algorithm), "wrong_issuer")
    _permit_times(certificate, at)
    if key.purpose == "root":
        holder_key = None
        _permit_authority(connection, key, certificate, at)
    else:
        holder_key = _permit_leaf(connection, store, key, certificate, at)
    digest = sha256(data).digest()
    known = connection.execute(
        "SELECT digest FROM certified WHERE issuer_key = ? AND serial = ?", (key.key_id, _serial(certificate))).fetchone()
    must(known is None or known["digest"] == digest, "serial_used")
    connection.execute(
        "INSERT OR IGNORE INTO certified VALUES (?,?,?,?,?,?,NULL)",
        (key.key_id, _serial(certificate), digest, sha256(certificate.public_key_der).digest(), holder_key,
         to_microseconds(certificate.not_after)))
    return {"form": "certificate", "serial": f"{certificate.serial:x}"}


def _serial(certificate: Certificate) -> str:
    return f"{certificate.serial:x}"


def _permit_times(certificate: Certificate, at: datetime) -> None:
    """It begins about now. One that was reserved before the service went down is still signed after it."""
    current = rules.current()
    must(certificate.not_before <= at + timedelta(seconds=current.signer_clock_seconds), "wrong_time")
    must(certificate.not_before >= at - timedelta(hours=current.signer_settle_hours), "wrong_time")
    must(certificate.not_before < certificate.not_after, "wrong_validity")


def _permit_life(certificate: Certificate, years: int, issuer_ends: datetime) -> None:
    must(certificate.not_after <= profiles.add_years(certificate.not_before, years), "wrong_validity")
    must(certificate.not_after <= issuer_ends, "wrong_validity")


def _permit_identifiers(key: InfrastructureKey, certificate: Certificate) -> None:
    """The key identifiers, where there are some, are those of the two keys."""
    given = certificate.extensions.get(oids.AUTHORITY_KEY_IDENTIFIER)
    expected = der.sequence(der.implicit(0, der.octet_string(keys.key_identifier(key.public_key_der))))
    must(given is None or given.value == expected, "wrong_issuer")
    own = certificate.extensions.get(oids.SUBJECT_KEY_IDENTIFIER)
    expected = der.octet_string(keys.key_identifier(certificate.public_key_der))
    must(own is None or own.value == expected, "wrong_content")


def _permit_extensions(found: dict[str, Extension], allowed: frozenset[str]) -> None:
    must(found.keys() <= allowed, "wrong_content")


# --- the root ---------------------------------------------------------------------------------------------------------


def ceremony_is_open(connection: sqlite3.Connection, at: datetime) -> bool:
    moment = to_microseconds(at)
    return connection.execute(
        "SELECT 1 FROM ceremonies WHERE opened_at <= ? AND until >= ? AND closed_at IS NULL", (moment, moment)
    ).fetchone() is not None


def _permit_authority(
    connection: sqlite3.Connection, key: InfrastructureKey, certificate: Certificate, at: datetime
) -> None:
    must(ceremony_is_open(connection, at), "no_ceremony")
    own = connection.execute("SELECT * FROM authorities WHERE key_id = ?", (key.key_id,)).fetchone()
    subject_key = connection.execute(
        "SELECT * FROM infrastructure_keys WHERE public_key_der = ?", (certificate.public_key_der,)).fetchone()
    must(subject_key is not None and subject_key["purpose"] in ("root", "issuing"), "unknown_subject_key")
    must(certificate.authority and certificate.key_usages == _AUTHORITY_USAGES and certificate.purposes is None,
         "wrong_usage")
    _permit_extensions(certificate.extensions, _OF_AUTHORITIES)
    _permit_identifiers(key, certificate)
    self_signed = subject_key["key_id"] == key.key_id
    must(self_signed or own is not None, "no_authority")
    issuer = certificate.subject if own is None else own["name"]
    must(certificate.issuer == issuer, "wrong_issuer")
    must(not self_signed or certificate.subject == certificate.issuer, "wrong_name")
    # A root may be certified by another one, for those who know that one only; nobody else certifies authorities.
    must(subject_key["purpose"] == "root" or certificate.path_length == 0, "wrong_usage")
    ends = certificate.not_after if self_signed else to_instant(own["not_after"])
    _permit_life(certificate, profiles.get(subject_key["purpose"]).years, ends)
    _remember(connection, subject_key["key_id"], certificate)


def _remember(connection: sqlite3.Connection, key_id: str, certificate: Certificate) -> None:
    """The name of an authority stands from its first certificate on; a later one may prolong its life."""
    known = connection.execute("SELECT name FROM authorities WHERE key_id = ?", (key_id,)).fetchone()
    must(known is None or known["name"] == certificate.subject, "wrong_name")
    connection.execute(
        "INSERT INTO authorities VALUES (?1,?2,?3) "
        "ON CONFLICT (key_id) DO UPDATE SET not_after = max(not_after, ?3)",
        (key_id, certificate.subject, to_microseconds(certificate.not_after)))


# --- an issuing authority ---------------------------------------------------------------------------------------------


def _permit_leaf(
    connection: sqlite3.Connection, store: Store, key: InfrastructureKey, certificate: Certificate, at: datetime
) -> str | None:
    """Returns the holder's key that it certifies, if it is one."""
    own = connection.execute("SELECT * FROM authorities WHERE key_id = ?", (key.key_id,)).fetchone()
    must(own is not None, "no_authority")
    must(certificate.issuer == own["name"] != certificate.subject, "wrong_issuer")
    must(not certificate.authority and not certificate.key_usages & _AUTHORITY_USAGES, "wrong_usage")
    _permit_identifiers(key, certificate)
    ends, public = to_instant(own["not_after"]), (certificate.public_key_der,)
    service = connection.execute(
        "SELECT purpose FROM infrastructure_keys WHERE public_key_der = ?", public).fetchone()
    if service is not None:
        _permit_service(service["purpose"], certificate, ends)
        return None
    held = connection.execute("SELECT * FROM holder_keys WHERE public_key_der = ?", public).fetchone()
    if held is not None:
        _permit_life(certificate, rules.current().certificate_years, ends)
        _permit_holder(connection, store, held, certificate)
        return held["key_id"]
    _permit_allowed(connection, certificate, ends, at)
    return None


def _permit_service(purpose: str, certificate: Certificate, issuer_ends: datetime) -> None:
    must(purpose in _SERVICE_USES, "unknown_subject_key")
    uses, allowed = _SERVICE_USES[purpose]
    must(certificate.purposes == uses and certificate.key_usages <= _SIGNING_USAGES, "wrong_usage")
    _permit_extensions(certificate.extensions, allowed)
    _permit_life(certificate, profiles.get(purpose).years, issuer_ends)


def _permit_holder(
    connection: sqlite3.Connection, store: Store, held: sqlite3.Row, certificate: Certificate
) -> None:
    must(held["destroyed_at"] is None, "key_destroyed")
    usages, purposes = _HOLDER_USES[held["purpose"]]
    must(certificate.key_usages == usages and certificate.purposes == purposes, "wrong_usage")
    _permit_extensions(certificate.extensions, _OF_HOLDERS)
    must(certificate.subject_number is not None, "wrong_name")
    for row in connection.execute("SELECT * FROM holder_numbers WHERE holder = ? OR number = ?",
                                  (held["holder"], certificate.subject_number)):
        must((row["holder"], row["number"]) == (held["holder"], certificate.subject_number), "wrong_name")
    connection.execute("INSERT OR IGNORE INTO holder_numbers VALUES (?,?)", (held["holder"], certificate.subject_number))
    names.permit_subject(connection, store, holder=held["holder"], subject=certificate.subject)


def _permit_allowed(
    connection: sqlite3.Connection, certificate: Certificate, issuer_ends: datetime, at: datetime
) -> None:
    allowed = connection.execute(
        "SELECT subject, purposes FROM allowed_keys WHERE public_key_digest = ? AND until >= ?",
        (sha256(certificate.public_key_der).digest(), to_microseconds(at))).fetchone()
    must(allowed is not None, "unknown_subject_key")
    must(allowed["subject"] == certificate.subject, "wrong_name")
    must(certificate.purposes is not None and allowed["purposes"] == " ".join(sorted(certificate.purposes)),
         "wrong_usage")
    for purpose, (uses, extensions) in _SERVICE_USES.items():
        if certificate.purposes == uses:
            # A responder or a time-stamping unit that lives elsewhere.
            _permit_extensions(certificate.extensions, extensions)
            _permit_life(certificate, profiles.get(purpose).years, issuer_ends)
            return
    _permit_life(certificate, rules.current().certificate_years, issuer_ends)
    if certificate.subject_number is not None:
        # Nobody's own number, which his keys in this signer have, is given to a key from elsewhere unnoticed.
        taken = connection.execute("SELECT 1 FROM holder_numbers WHERE number = ?", (certificate.subject_number,))
        must(taken.fetchone() is None, "wrong_name")
    _permit_extensions(certificate.extensions, _OF_HOLDERS | {oids.SUBJECT_ALTERNATIVE_NAME})


def allow(
    connection: sqlite3.Connection, *, public_key_der: bytes, subject: bytes, purposes: list[str], until: datetime
) -> str:
    """A key from elsewhere may be certified with exactly this name and these uses until then. Returns its digest in hex. Refuses
    wrong_content (a key that nothing of ours knows), wrong_purpose (a key of this signer)."""
    try:
        keys.algorithm_of(public_key_der)
    except keys.UnsupportedKey as error:
        raise SignerRefusal("wrong_content") from error
    if connection.execute(
        "SELECT 1 FROM infrastructure_keys WHERE public_key_der = ?1 UNION "
        "SELECT 1 FROM holder_keys WHERE public_key_der = ?1", (public_key_der,)
    ).fetchone():
        raise SignerRefusal("wrong_purpose")
    digest = sha256(public_key_der)
    connection.execute("INSERT OR REPLACE INTO allowed_keys VALUES (?,?,?,?)",
                       (digest.digest(), subject, " ".join(sorted(purposes)), to_microseconds(until)))
    return digest.hexdigest()


def admit(connection: sqlite3.Connection, encoded: bytes) -> str:
    """The authority of a certificate that one of this signer's roots signed is remembered. Returns its key, or nothing
    when it is known. Refuses wrong_content, wrong_issuer, wrong_usage, unknown_subject_key, wrong_name."""
    with reading():
        tbs, _algorithm, signature = der.read(encoded).children()
        must(signature.tag == der.BIT_STRING and signature.content[:1] == b"\0")
    certificate = read(tbs.encoding)
    must(certificate.authority and certificate.key_usages == _AUTHORITY_USAGES, "wrong_usage")
    subject_key = connection.execute(
        "SELECT key_id, purpose FROM infrastructure_keys WHERE public_key_der = ?", (certificate.public_key_der,)
    ).fetchone()
    must(subject_key is not None and subject_key["purpose"] in ("root", "issuing"), "unknown_subject_key")
    roots = connection.execute("SELECT public_key_der FROM infrastructure_keys WHERE purpose = 'root'")
    must(any(keys.verifies(row["public_key_der"], signature.content[1:], tbs.encoding) for row in roots), "wrong_issuer")
    known = connection.execute("SELECT 1 FROM authorities WHERE key_id = ?", (subject_key["key_id"],)).fetchone()
    _remember(connection, subject_key["key_id"], certificate)
    return "" if known else subject_key["key_id"]
