# SPDX-License-Identifier: Apache-2.0
"""The CMS container of a PAdES baseline signature (RFC 5652, EN 319 122-1, EN 319 142-1 clause 6.3), in two halves.

`signed_attributes` gives the bytes whose SHA-256 goes to the signer; `assemble` puts the released signature, the chain and
the signature time-stamp together. The claimed time stands in the PDF's signature dictionary, never in an attribute.
"""

from hashlib import sha256

from paraph.pki import der, keys, oids

DATA = "1.2.840.113549.1.7.1"
SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
_SHA256 = der.sequence(der.object_identifier(oids.SHA256))


def signed_attributes(document_digest: bytes, certificate: bytes) -> bytes:
    """The DER of the signed attributes as a SET: content type, SHA-256 of the byte range, and the signing certificate
    by ESSCertIDv2 (RFC 5035), so that no other certificate for the same key can be put in its place."""
    certificate_id = der.sequence(der.octet_string(sha256(certificate).digest()), _issuer_serial(certificate))
    return der.set_of(
        _attribute(oids.CONTENT_TYPE, der.object_identifier(DATA)),
        _attribute(oids.MESSAGE_DIGEST, der.octet_string(document_digest)),
        _attribute(oids.SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(certificate_id))),
    )


def assemble(*, attributes: bytes, signature: bytes, algorithm: str, chain: list[bytes], timestamp: bytes) -> bytes:
    """The ContentInfo. `chain` begins with the signer's certificate; `timestamp` is a TimeStampToken over the signature."""
    issuer, serial = _issuer_and_serial(chain[0])
    signer = der.sequence(
        der.integer(1),
        der.sequence(issuer, serial),
        _SHA256,
        der.implicit(0, attributes),
        keys.signature_algorithm(algorithm),
        der.octet_string(signature),
        der.implicit(1, der.set_of(_attribute(SIGNATURE_TIMESTAMP, timestamp))),
    )
    data = der.sequence(
        der.integer(1),
        der.set_of(_SHA256),
        der.sequence(der.object_identifier(DATA)),
        der.implicit(0, der.set_of(*chain)),
        der.set_of(signer),
    )
    return der.sequence(der.object_identifier(oids.SIGNED_DATA), der.explicit(0, data))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.object_identifier(oid), der.set_of(value))


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    fields = der.read(der.read(certificate).children()[0].encoding).children()
    return fields[3].encoding, fields[1].encoding


def _issuer_serial(certificate: bytes) -> bytes:
    """IssuerSerial: the issuer as a GeneralName (directoryName) and the serial number."""
    issuer, serial = _issuer_and_serial(certificate)
    return der.sequence(der.sequence(der.explicit(4, issuer)), serial)
