# SPDX-License-Identifier: Apache-2.0
"""TBSCertificate (RFC 5280 clause 4.1): what a certificate would say, read from the bytes that are to be signed."""

from dataclasses import dataclass
from datetime import datetime

from paraph.pki import der, keys, oids
from paraph.pki.x509 import KEY_USAGES
from paraph.signer.purposes.content import Extension, extensions, must, reading

LARGEST = 16 * 1024
_VERSION_3 = der.explicit(0, der.integer(2))
_LARGEST_SERIAL = 1 << 159


@dataclass(frozen=True)
class Certificate:
    """`issuer`, `subject`, `algorithm` and `public_key_der` are encodings; `purposes` None: no extended key usage."""

    serial: int
    algorithm: bytes
    issuer: bytes
    not_before: datetime
    not_after: datetime
    subject: bytes
    subject_number: str | None
    public_key_der: bytes
    extensions: dict[str, Extension]
    key_usages: frozenset[str]
    purposes: frozenset[str] | None
    authority: bool
    path_length: int | None


def read(data: bytes) -> Certificate:
    """Refuses wrong_content, too_large."""
    must(len(data) <= LARGEST, "too_large")
    with reading():
        version, serial, algorithm, issuer, validity, subject, public_key, wrapped = der.read(data).children()
        must(version.encoding == _VERSION_3 and 0 < serial.integer() < _LARGEST_SERIAL)
        must(serial.tag == der.INTEGER)
        begin, end = validity.children()
        must(begin.encoding == der.time(begin.time()) and end.encoding == der.time(end.time()))
        found = extensions(wrapped, 0xA3)
        authority, path_length = _constraints(found.get(oids.BASIC_CONSTRAINTS))
        # An unreadable key, or the same key in another dress, has no name here.
        keys.algorithm_of(public_key.encoding)
        return Certificate(
            serial=serial.integer(), algorithm=algorithm.encoding, issuer=issuer.encoding, not_before=begin.time(),
            not_after=end.time(), subject=subject.encoding, subject_number=_number(subject),
            public_key_der=public_key.encoding, extensions=found, key_usages=_usages(found),
            purposes=_purposes(found.get(oids.EXTENDED_KEY_USAGE)), authority=authority, path_length=path_length)


def _number(name: der.Element) -> str | None:
    """The serialNumber attribute of a name. Every part has one attribute, and none comes twice."""
    attributes: dict[str, der.Element] = {}
    for part in name.children():
        [pair] = part.children(der.SET)
        kind, value = pair.children()
        must(kind.object_identifier() not in attributes)
        attributes[kind.object_identifier()] = value
    must(bool(attributes))
    number = attributes.get(oids.SERIAL_NUMBER)
    return None if number is None else number.text()


def _usages(found: dict[str, Extension]) -> frozenset[str]:
    usage = found[oids.KEY_USAGE]
    bits = der.read(usage.value)
    must(usage.critical and bits.tag == der.BIT_STRING and 2 <= len(bits.content) <= 3)
    number = int.from_bytes(bits.content[1:], "big")
    width = 8 * (len(bits.content) - 1)
    positions = [place for place in range(width) if number >> (width - 1 - place) & 1]
    must(bool(positions) and usage.value == der.named_bits(*positions))
    return frozenset(KEY_USAGES[place] for place in positions)


def _purposes(extended: Extension | None) -> frozenset[str] | None:
    if extended is None:
        return None
    purposes = [purpose.object_identifier() for purpose in der.read(extended.value).children()]
    must(0 < len(purposes) == len(set(purposes)))
    return frozenset(purposes)


def _constraints(constraints: Extension | None) -> tuple[bool, int | None]:
    if constraints is None:
        return False, None
    fields = der.read(constraints.value).children()
    if not fields:
        return False, None
    must(constraints.critical and fields[0].encoding == der.boolean(True) and len(fields) <= 2)
    if len(fields) == 1:
        return True, None
    must(fields[1].tag == der.INTEGER and fields[1].integer() >= 0)
    return True, fields[1].integer()
