# SPDX-License-Identifier: Apache-2.0
"""Certificates of RFC 5280: from an instruction to the bytes that will be signed, and with a signature the certificate.

Nothing here signs. The bytes to be signed exist first, are linted and stored, and only then go to the key, wherever it
is; so a crash can never leave a signature over something that nobody kept.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from paraph.pki import der, keys, oids
from paraph.pki.names import Subject

NULL = der.null()

# RFC 5280 clause 4.2.1.3, by bit number.
KEY_USAGES = (
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: its type, whether a program that does not know it must refuse, and its value in DER."""

    oid: str
    critical: bool
    value: bytes

    def encode(self) -> bytes:
        critical = der.boolean(True) if self.critical else b""
        return der.sequence(der.object_identifier(self.oid), critical, der.octet_string(self.value))


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Who signs: name and key exactly as in the issuer's own certificate, and the addresses that it publishes."""

    name: bytes
    public_key_der: bytes
    certificate_url: str = ""
    list_url: str = ""
    ocsp_url: str = ""

    @property
    def algorithm(self) -> str:
        return keys.algorithm_of(self.public_key_der)


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """Everything that a certificate says. Instants are whole seconds in UTC; the serial number is lower-case hex."""

    serial: str
    algorithm: str
    issuer: bytes
    not_before: datetime
    not_after: datetime
    subject: Subject
    public_key_der: bytes
    extensions: tuple[Extension, ...]


def to_be_signed(instruction: Instruction) -> bytes:
    """The TBSCertificate (RFC 5280 clause 4.1.2), version 3."""
    return der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(int(instruction.serial, 16)),
        keys.signature_algorithm(instruction.algorithm),
        instruction.issuer,
        der.sequence(der.time(instruction.not_before), der.time(instruction.not_after)),
        instruction.subject.encode(),
        instruction.public_key_der,
        der.explicit(3, der.sequence(*(extension.encode() for extension in instruction.extensions))),
    )


def assemble(tbs: bytes, algorithm: str, signature: bytes) -> bytes:
    """The certificate: what was signed, by which algorithm, and the signature."""
    return der.sequence(tbs, keys.signature_algorithm(algorithm), der.bit_string(signature))


def signed_part(certificate: bytes) -> bytes:
    """The TBSCertificate inside a certificate, byte for byte."""
    return der.read(certificate).children()[0].encoding


def subject_and_key(certificate: bytes) -> tuple[bytes, bytes]:
    """Subject name and SubjectPublicKeyInfo of a certificate, byte for byte."""
    fields = der.read(signed_part(certificate)).children()
    return fields[5].encoding, fields[6].encoding


def pem(certificate: bytes) -> str:
    """The certificate as PEM text (RFC 7468)."""
    text = base64.b64encode(certificate).decode("ascii")
    lines = (text[start : start + 64] for start in range(0, len(text), 64))
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))


def from_pem(text: str) -> bytes:
    """The first certificate in PEM text. Raises der.Malformed when there is none."""
    _before, begin, rest = text.partition("-----BEGIN CERTIFICATE-----")
    body, end, _after = rest.partition("-----END CERTIFICATE-----")
    if not begin or not end:
        raise der.Malformed("no certificate in PEM")
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except binascii.Error as error:
        raise der.Malformed("not base64") from error


# --- extensions -------------------------------------------------------------------------------------------------------


def authority_key_identifier(issuer_key_der: bytes) -> bytes:
    """Only the key identifier, never issuer and serial: the issuer may get a new certificate for the same key."""
    return der.sequence(der.implicit(0, der.octet_string(keys.key_identifier(issuer_key_der))))


def subject_key_identifier(public_key_der: bytes) -> bytes:
    return der.octet_string(keys.key_identifier(public_key_der))


def key_usage(usages: Sequence[str]) -> bytes:
    return der.named_bits(*(KEY_USAGES.index(usage) for usage in usages))


def extended_key_usage(purposes: Sequence[str]) -> bytes:
    return der.sequence(*(der.object_identifier(purpose) for purpose in purposes))


def basic_constraints(*, authority: bool, path_length: int | None = None) -> bytes:
    if not authority:
        return der.sequence()
    return der.sequence(der.boolean(True), b"" if path_length is None else der.integer(path_length))


@dataclass(frozen=True, slots=True)
class Policy:
    """A certificate policy; `notice` is text for whoever relies on the certificate (200 characters at most)."""

    oid: str
    notice: str = ""


def certificate_policies(policies: Sequence[Policy]) -> bytes:
    return der.sequence(*(_policy(policy) for policy in policies))


def _policy(policy: Policy) -> bytes:
    if not policy.notice:
        return der.sequence(der.object_identifier(policy.oid))
    notice = der.sequence(
        der.object_identifier(oids.QUALIFIER_USER_NOTICE), der.sequence(der.utf8_string(policy.notice))
    )
    return der.sequence(der.object_identifier(policy.oid), der.sequence(notice))


def list_distribution_points(url: str) -> bytes:
    """cRLDistributionPoints with one address (RFC 5280 clause 4.2.1.13)."""
    return der.sequence(der.sequence(der.explicit(0, der.implicit(0, der.sequence(_uri(url))))))


def authority_information_access(*, ocsp_url: str, certificate_url: str) -> bytes:
    """Where to ask for the status and where to fetch the issuer's certificate; an empty address is left out."""
    methods = ((oids.ACCESS_OCSP, ocsp_url), (oids.ACCESS_CA_ISSUERS, certificate_url))
    return der.sequence(*(der.sequence(der.object_identifier(oid), _uri(url)) for oid, url in methods if url))


def private_key_usage_period(not_before: datetime, not_after: datetime) -> bytes:
    """The time in which the key signs, shorter than the certificate's (EN 319 421 TIS-7.7.1-09)."""
    return der.sequence(
        der.implicit(0, der.generalized_time(not_before)), der.implicit(1, der.generalized_time(not_after))
    )


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a qualified certificate (RFC 3739 clause 3.2.6): its type and, if any, its value in DER."""

    oid: str
    value: bytes = b""


def qualified_statements(statements: Sequence[Statement]) -> bytes:
    return der.sequence(*(der.sequence(der.object_identifier(entry.oid), entry.value) for entry in statements))


def certificate_types(*types: str) -> bytes:
    """The value of esi4-qcStatement-6, and of -8: a list of object identifiers (EN 319 412-5 clause 4.2.3, 4.3.5)."""
    return der.sequence(*(der.object_identifier(oid) for oid in types))


def semantics(oid: str) -> bytes:
    """The value of qcStatement-2: what the subject's identifier means (RFC 3739 clause 3.2.6.1)."""
    return der.sequence(der.object_identifier(oid))


def dns_names(names: Sequence[str]) -> bytes:
    """subjectAltName with the names of a server (RFC 5280 clause 4.2.1.6)."""
    return der.sequence(*(der.implicit(2, der.ia5_string(name)) for name in names))


def disclosure_statements(addresses: Sequence[tuple[str, str]]) -> bytes:
    """The value of esi4-qcStatement-5 from (language, https address) pairs (EN 319 412-5 clause 4.3.4)."""
    return der.sequence(
        *(der.sequence(der.ia5_string(url), der.printable_string(language)) for language, url in addresses)
    )


def _uri(url: str) -> bytes:
    return der.implicit(6, der.ia5_string(url))


def issuer_of(certificate: bytes, *, certificate_url: str = "", list_url: str = "", ocsp_url: str = "") -> Issuer:
    """The issuer that a CA certificate makes."""
    name, public_key_der = subject_and_key(certificate)
    return Issuer(
        name=name,
        public_key_der=public_key_der,
        certificate_url=certificate_url,
        list_url=list_url,
        ocsp_url=ocsp_url,
    )
