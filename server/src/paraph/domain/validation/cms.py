# SPDX-License-Identifier: Apache-2.0
"""Signed data (RFC 5652) as it stands in signatures and time-stamps: whose it is, over what, and whether it verifies.

Clauses 5.2.2 (format), 5.2.3 (signing certificate) and 5.2.7 (cryptographic verification) of EN 319 102-1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import new as new_hash
from hashlib import sha1

from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.general import CMSStructuralError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from paraph.domain.validation import paths

DATA, TST = "data", "tst_info"
HASHES = {"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"}
WEAK = {"md5", "sha1"}
# What taking foreign ASN.1 apart may raise.
MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OverflowError,
             NotImplementedError, RecursionError, CMSStructuralError)


class Unsound(Exception):
    """The container is not what the standard asks for. `sub_indication` is the standard's word, `code` ours."""

    def __init__(self, sub_indication: str, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.sub_indication, self.code, self.detail = sub_indication, code, detail


@dataclass(frozen=True)
class Container:
    """Signed data with one signer, his certificate bound by a signed attribute."""

    data: cms.SignedData
    signer: cms.SignerInfo
    certificate: x509.Certificate
    others: tuple[bytes, ...]

    @property
    def value(self) -> bytes:
        """The signature value: what a signature time-stamp stamps."""
        return self.signer["signature"].native

    @property
    def algorithms(self) -> dict[str, str]:
        return {"digest": self.signer["digest_algorithm"]["algorithm"].native,
                "signature": self.signer["signature_algorithm"]["algorithm"].native}

    def tokens(self) -> Iterator[bytes]:
        """The signature time-stamps in the unsigned attributes."""
        attributes = self.signer["unsigned_attrs"]
        if isinstance(attributes, core.Void):
            return
        for attribute in attributes:
            if attribute["type"].native == "signature_time_stamp_token":
                for value in attribute["values"]:
                    yield value.dump()


def open_container(encoding: bytes, content_type: str) -> Container:
    """Raises Unsound for everything that is not one readable SignedData of this type with one signer."""
    try:
        content = cms.ContentInfo.load(encoding)
        if content["content_type"].native != "signed_data":
            raise Unsound("FORMAT_FAILURE", "not_signed_data")
        data = content["content"]
        if data["encap_content_info"]["content_type"].native != content_type:
            raise Unsound("FORMAT_FAILURE", "wrong_content_type")
        if len(data["signer_infos"]) != 1:
            raise Unsound("FORMAT_FAILURE", "not_one_signer")
        signer = data["signer_infos"][0]
        if isinstance(signer["signed_attrs"], core.Void):
            raise Unsound("FORMAT_FAILURE", "no_signed_attributes")
        found = [entry.chosen.dump() for entry in data["certificates"] if entry.name == "certificate"] \
            if not isinstance(data["certificates"], core.Void) else []
        return Container(data, signer, _signing_certificate(signer, found), tuple(found))
    except MALFORMED as error:
        raise Unsound("FORMAT_FAILURE", "unreadable", type(error).__name__) from error


def _signing_certificate(signer: cms.SignerInfo, found: list[bytes]) -> x509.Certificate:
    """The certificate that the signed reference names by its hash (RFC 5035): without the reference another certificate
    for the same key could be put in its place."""
    references = {attribute["type"].native: attribute["values"] for attribute in signer["signed_attrs"]}
    for name, otherwise in (("signing_certificate_v2", "sha256"), ("signing_certificate", "sha1")):
        if name not in references or len(references[name]) != 1:
            continue
        reference = references[name][0]["certs"][0]
        algorithm = reference["hash_algorithm"]["algorithm"].native if name.endswith("v2") else otherwise
        for encoding in found:
            if _hash(algorithm, encoding) == reference["cert_hash"].native:
                certificate = paths.readable(encoding)
                if certificate is None:
                    raise Unsound("FORMAT_FAILURE", "unreadable_certificate")
                return certificate
        raise Unsound("NO_SIGNING_CERTIFICATE_FOUND", "no_signing_certificate")
    raise Unsound("SIG_CONSTRAINTS_FAILURE", "certificate_not_bound")


def verify(container: Container, content_type: str, digest: bytes) -> str:
    """"" when the digest is the one that was signed and the signature verifies; else HASH_FAILURE or SIG_CRYPTO_FAILURE.

    Raises Unsound for algorithms that are unknown or no longer relied upon.
    """
    names = container.algorithms
    if names["digest"] in WEAK or paths.is_weak(container.certificate, signed=False):
        raise Unsound("CRYPTO_CONSTRAINTS_FAILURE", "weak_algorithm", names["digest"])
    own = asn1_x509.Certificate.load(container.certificate.public_bytes(Encoding.DER))
    try:
        intact, valid = validate_sig_integrity(container.signer, own, content_type, digest)
    except SignatureValidationError as error:
        code = error.ades_subindication.standard_name if error.ades_subindication else "FORMAT_FAILURE"
        raise Unsound(code, "unsound_container", type(error).__name__) from error
    except MALFORMED as error:
        raise Unsound("FORMAT_FAILURE", "unsound_container", type(error).__name__) from error
    if not intact:
        return "HASH_FAILURE"
    return "" if valid else "SIG_CRYPTO_FAILURE"


@dataclass(frozen=True)
class Token:
    """A time-stamp token that verifies over the imprint it should have. Whether its unit is trusted is not said here."""

    container: Container
    at: datetime
    serial: str
    policy: str


def open_token(encoding: bytes, imprint_of) -> Token:
    """A TimeStampToken; `imprint_of(name)` gives the digest that it must have stamped. Raises Unsound."""
    container = open_container(encoding, TST)
    try:
        content = container.data["encap_content_info"]["content"]
        information: tsp.TSTInfo = content.parsed
        algorithm = information["message_imprint"]["hash_algorithm"]["algorithm"].native
        stamped = information["message_imprint"]["hashed_message"].native
        at = information["gen_time"].native
        if algorithm not in HASHES:
            raise Unsound("CRYPTO_CONSTRAINTS_FAILURE", "weak_algorithm", algorithm)
        if imprint_of(algorithm) != stamped:
            raise Unsound("HASH_FAILURE", "stamps_something_else")
        digest = _hash(container.algorithms["digest"], bytes(content))
        failure = verify(container, TST, digest)
        if failure:
            raise Unsound(failure, "token_changed")
        return Token(container, at.astimezone(UTC), format(information["serial_number"].native, "x"),
                     information["policy"].dotted)
    except MALFORMED as error:
        raise Unsound("FORMAT_FAILURE", "unreadable", type(error).__name__) from error


def digest_of(algorithm: str, content: bytes) -> bytes:
    """Raises Unsound for a hash that is not known."""
    if algorithm in WEAK:
        raise Unsound("CRYPTO_CONSTRAINTS_FAILURE", "weak_algorithm", algorithm)
    if algorithm not in HASHES:
        raise Unsound("CRYPTO_CONSTRAINTS_FAILURE", "unknown_algorithm", algorithm)
    return _hash(algorithm, content)


def _hash(algorithm: str, content: bytes) -> bytes:
    if algorithm == "sha1":
        return sha1(content, usedforsecurity=False).digest()
    return new_hash(algorithm, content).digest()
