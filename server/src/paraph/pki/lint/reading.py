# SPDX-License-Identifier: Apache-2.0
"""A certificate taken apart by the strict reader, keeping the bytes of each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from paraph.pki import der, names


@dataclass(frozen=True, slots=True)
class Extension:
    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Examined:
    """The fields of RFC 5280 clause 4.1; a serial number stays as it was encoded, for its rule to judge."""

    encoding: bytes
    signed_part: bytes
    version: int
    serial: der.Element
    inner_algorithm: bytes
    outer_algorithm: bytes
    issuer: bytes
    not_before: datetime
    not_after: datetime
    time_tags: tuple[int, int]
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
    # Without unique identifiers; a version that is left out means version 1, which has no extensions.
    version, serial, inner_algorithm, issuer, validity, subject, public_key, extensions = _exactly(signed_part, 8)
    not_before, not_after = _exactly(validity, 2)
    if signature.tag != der.BIT_STRING or signature.content[:1] != b"\x00":
        raise der.Malformed("not a signature of whole octets")
    return Examined(
        encoding=certificate,
        signed_part=signed_part.encoding,
        version=_exactly(version, 1, 0xA0)[0].integer() + 1,
        serial=serial,
        inner_algorithm=inner_algorithm.encoding,
        outer_algorithm=outer_algorithm.encoding,
        issuer=issuer.encoding,
        not_before=not_before.time(),
        not_after=not_after.time(),
        time_tags=(not_before.tag, not_after.tag),
        subject=subject.encoding,
        attributes=names.decode(subject.encoding),
        public_key_der=public_key.encoding,
        extensions=[_extension(element) for element in _exactly(extensions, 1, 0xA3)[0].children()],
        signature=signature.content[1:],
    )


def _extension(element: der.Element) -> Extension:
    parts = element.children()
    critical = len(parts) == 3
    # DER leaves a default out: a written critical flag can only be TRUE.
    if len(parts) not in (2, 3) or parts[-1].tag != der.OCTET_STRING:
        raise der.Malformed("not an extension")
    if critical and parts[1].encoding != der.boolean(True):
        raise der.Malformed("not an extension")
    return Extension(parts[0].object_identifier(), critical, parts[-1].content)


def _exactly(element: der.Element, count: int, tag: int = der.SEQUENCE) -> list[der.Element]:
    parts = element.children(tag)
    if len(parts) != count:
        raise der.Malformed(f"{len(parts)} elements instead of {count}")
    return parts
