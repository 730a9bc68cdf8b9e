# SPDX-License-Identifier: Apache-2.0
"""A certificate taken apart by the strict reader, keeping the bytes of each part."""

from collections.abc import Sequence
from dataclasses import dataclass

from paraph.pki import der, names


@dataclass(frozen=True, slots=True)
class Extension:
    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Examined:
    """The fields of RFC 5280 clause 4.1; what a rule has to judge (serial number, times) stays as it was encoded."""

    encoding: bytes
    signed_part: bytes
    version: int
    serial: der.Element
    inner_algorithm: bytes
    outer_algorithm: bytes
    issuer: bytes
    not_before: der.Element
    not_after: der.Element
    subject: bytes
    attributes: Sequence[names.Attribute]
    public_key_der: bytes
    extensions: Sequence[Extension]
    signature: bytes

    def extension(self, oid: str) -> bytes | None:
        """The value of the first extension of this type, or None."""
        return next((extension.value for extension in self.extensions if extension.oid == oid), None)

    def attribute(self, oid: str) -> str:
        """The text of the first subject attribute of this type, or nothing."""
        return next((attribute.text for attribute in self.attributes if attribute.oid == oid), "")


def read(certificate: bytes) -> Examined:
    """Raises der.Malformed when this is not a certificate of version 3 in DER."""
    signed_part, outer_algorithm, signature = _exactly(der.read(certificate), 3)
    fields = signed_part.children()
    if not fields or fields[0].tag != 0xA0:
        raise der.Malformed("no version: only version 3 has extensions")
    if len(fields) != 8 or fields[7].tag != 0xA3:
        raise der.Malformed("not the eight fields of a certificate with extensions and without unique identifiers")
    version, serial, inner_algorithm, issuer, validity, subject, public_key, extensions = fields
    not_before, not_after = _exactly(validity, 2)
    return Examined(
        encoding=certificate,
        signed_part=signed_part.encoding,
        version=_exactly(version, 1)[0].integer() + 1,
        serial=serial,
        inner_algorithm=inner_algorithm.encoding,
        outer_algorithm=outer_algorithm.encoding,
        issuer=issuer.encoding,
        not_before=not_before,
        not_after=not_after,
        subject=subject.encoding,
        attributes=names.decode(subject.encoding),
        public_key_der=public_key.encoding,
        extensions=[_extension(element) for element in _exactly(extensions, 1)[0].children()],
        signature=signature.content[1:],
    )


def _extension(element: der.Element) -> Extension:
    parts = element.children()
    critical = len(parts) == 3
    # DER leaves a default out: a written critical flag can only be TRUE.
    if len(parts) not in (2, 3) or parts[-1].tag != der.OCTET_STRING or (critical and parts[1].content != b"\xff"):
        raise der.Malformed("not an extension")
    return Extension(parts[0].object_identifier(), critical, parts[-1].content)


def _exactly(element: der.Element, count: int) -> list[der.Element]:
    parts = element.children()
    if len(parts) != count:
        raise der.Malformed(f"{len(parts)} elements instead of {count}")
    return parts
