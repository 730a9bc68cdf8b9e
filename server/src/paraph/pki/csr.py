# SPDX-License-Identifier: Apache-2.0
"""Certification requests of PKCS#10 (RFC 2986): read with bounds, and believed only when the key signed them.

What is wrong is told with the names that CMP gives it (PKIFailureInfo, RFC 9810 clause 5.2.3), and with nothing of what was
sent. A request says which key and, for a server, which names; whom a certificate names is decided by registration.
"""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum

from paraph.pki import der, keys, oids

# An RSA-4096 request with a hundred names has about 6 KiB.
MAXIMUM_BYTES = 16 * 1024
MAXIMUM_NAMES = 100
_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"


class Failure(StrEnum):
    """PKIFailureInfo: too big or no PKCS#10, an algorithm that is not ours, no proof of possession, too many names."""

    BAD_FORMAT = "badDataFormat"
    BAD_ALGORITHM = "badAlg"
    BAD_PROOF = "badPOP"
    BAD_TEMPLATE = "badCertTemplate"


class Refused(ValueError):
    """The request is refused; `failure` is what its sender is told."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True)
class Request:
    """What a request proves and asks for: the key, its algorithm, the subject as it was written, a server's names.

    `encoding` is the whole request in DER, which is the proof.
    """

    encoding: bytes
    public_key_der: bytes
    algorithm: str
    subject_der: bytes
    dns_names: tuple[str, ...]


def parse(encoding: bytes) -> Request:
    """The request in DER or PEM. Raises Refused."""
    # PEM is a third longer.
    if len(encoding) > MAXIMUM_BYTES * 3 // 2:
        raise Refused(Failure.BAD_FORMAT)
    if encoding.lstrip()[:5] == b"-----":
        encoding = _from_pem(encoding)
    if len(encoding) > MAXIMUM_BYTES:
        raise Refused(Failure.BAD_FORMAT)
    try:
        return _parse(encoding)
    except (der.Malformed, UnicodeDecodeError) as error:
        raise Refused(Failure.BAD_FORMAT) from error


def _from_pem(text: bytes) -> bytes:
    for label in (b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"):
        _before, begin, rest = text.partition(b"-----BEGIN " + label + b"-----")
        body, end, _after = rest.partition(b"-----END " + label + b"-----")
        if begin and end:
            try:
                return base64.b64decode(b"".join(body.split()), validate=True)
            except binascii.Error as error:
                raise Refused(Failure.BAD_FORMAT) from error
    raise Refused(Failure.BAD_FORMAT)


def _parse(encoding: bytes) -> Request:
    information, algorithm, signature = _exactly(der.read(encoding), 3)
    version, subject, public_key, attributes = _exactly(information, 4)
    if version.integer() != 0 or attributes.tag != 0xA0 or subject.tag != der.SEQUENCE:
        raise der.Malformed("not a version 1 request")
    if signature.tag != der.BIT_STRING or signature.content[:1] != b"\x00":
        raise der.Malformed("not a signature of whole octets")
    try:
        kind = keys.algorithm_of(public_key.encoding)
    except keys.UnsupportedKey as error:
        raise Refused(Failure.BAD_ALGORITHM) from error
    if algorithm.encoding != keys.signature_algorithm(kind):
        raise Refused(Failure.BAD_ALGORITHM)
    # Proof of possession: the key that asks has signed what it asks.
    if not keys.verifies(public_key.encoding, signature.content[1:], information.encoding):
        raise Refused(Failure.BAD_PROOF)
    return Request(encoding, public_key.encoding, kind, subject.encoding, _names(attributes))


def _names(attributes: der.Element) -> tuple[str, ...]:
    found: list[str] = []
    for attribute in attributes.children(0xA0):
        kind, values = _exactly(attribute, 2)
        if kind.object_identifier() != _EXTENSION_REQUEST:
            continue
        for extension in _exactly(values, 1, der.SET)[0].children():
            parts = extension.children()
            if len(parts) not in (2, 3):
                raise der.Malformed("not an extension")
            if parts[0].object_identifier() == oids.SUBJECT_ALTERNATIVE_NAME:
                found += _dns_names(parts[-1])
    if len(found) > MAXIMUM_NAMES:
        raise Refused(Failure.BAD_TEMPLATE)
    return tuple(found)


def _dns_names(value: der.Element) -> list[str]:
    entries = der.read(value.content).children()
    if any(entry.tag != 0x82 for entry in entries):
        raise Refused(Failure.BAD_TEMPLATE)
    return [entry.content.decode("ascii") for entry in entries]


def _exactly(element: der.Element, count: int, tag: int = der.SEQUENCE) -> list[der.Element]:
    parts = element.children(tag)
    if len(parts) != count:
        raise der.Malformed(f"{len(parts)} elements instead of {count}")
    return parts
