# SPDX-License-Identifier: Apache-2.0
"""Distinguished Encoding Rules (ITU-T X.690): a small writer, and a strict reader for what the writer can write.

The writer exists because the bytes to be signed must be known before anything signs them (the key is elsewhere), and
because a revocation list of a million entries has to be a concatenation. The reader refuses what DER forbids:
indefinite lengths, lengths longer than needed, bytes left over.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import NamedTuple

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
ENUMERATED = 0x0A
UTF8_STRING = 0x0C
PRINTABLE_STRING = 0x13
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

_TIME = re.compile(rb"[0-9]{12}(?:[0-9]{2})?Z")
# PrintableString, X.680 clause 41.4.
_PRINTABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")


class Malformed(ValueError):
    """The bytes are not DER, or not the structure that was asked for."""


# --- writing ----------------------------------------------------------------------------------------------------------


def length(count: int) -> bytes:
    """The length octets for `count` content octets, in the shortest form."""
    if count < 0x80:
        return bytes((count,))
    octets = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def tagged(tag: int, content: bytes) -> bytes:
    """One element: identifier octet, length, content. Tag numbers above 30 are not needed by any of our structures."""
    return bytes((tag,)) + length(len(content)) + content


def sequence(*elements: bytes) -> bytes:
    return tagged(SEQUENCE, b"".join(elements))


def set_of(*elements: bytes) -> bytes:
    """A SET OF, its elements in ascending order of their encodings (X.690 clause 11.6)."""
    return tagged(SET, b"".join(sorted(elements)))


def explicit(number: int, element: bytes) -> bytes:
    """[number] EXPLICIT: the element inside a constructed context-specific tag."""
    return tagged(0xA0 | number, element)


def implicit(number: int, element: bytes) -> bytes:
    """[number] IMPLICIT: the element with its own tag replaced; constructed elements stay constructed."""
    return bytes((0x80 | (element[0] & 0x20) | number,)) + element[1:]


def boolean(value: bool) -> bytes:
    return tagged(BOOLEAN, b"\xff" if value else b"\x00")


def integer(value: int) -> bytes:
    return tagged(INTEGER, _integer_content(value))


def enumerated(value: int) -> bytes:
    return tagged(ENUMERATED, _integer_content(value))


def _integer_content(value: int) -> bytes:
    # One more bit than the magnitude needs, for the sign; ~value has the same length as a negative value's magnitude.
    bits = (value if value >= 0 else ~value).bit_length() + 1
    return value.to_bytes((bits + 7) // 8, "big", signed=True)


def null() -> bytes:
    return tagged(NULL, b"")


@cache
def object_identifier(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted text, such as "2.5.4.3"."""
    first, second, *others = (int(part) for part in dotted.split("."))
    if first > 2 or (first < 2 and second > 39):
        raise ValueError(f"not an object identifier: {dotted}")
    return tagged(OBJECT_IDENTIFIER, b"".join(_base128(arc) for arc in (first * 40 + second, *others)))


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | (arc & 0x7F))
    return bytes(reversed(octets))


def octet_string(value: bytes) -> bytes:
    return tagged(OCTET_STRING, value)


def bit_string(value: bytes, unused: int = 0) -> bytes:
    """A BIT STRING of whole octets, the last `unused` bits of which do not count."""
    return tagged(BIT_STRING, bytes((unused,)) + value)


def named_bits(*positions: int) -> bytes:
    """A BIT STRING with named bits: trailing zero bits are left out (X.690 clause 11.2.2)."""
    if not positions:
        return bit_string(b"")
    width = max(positions) + 1
    octets = bytearray((width + 7) // 8)
    for position in positions:
        octets[position // 8] |= 0x80 >> (position % 8)
    return bit_string(bytes(octets), len(octets) * 8 - width)


def utf8_string(text: str) -> bytes:
    return tagged(UTF8_STRING, text.encode("utf-8"))


def printable_string(text: str) -> bytes:
    if not is_printable(text):
        raise ValueError("not a PrintableString")
    return tagged(PRINTABLE_STRING, text.encode("ascii"))


def is_printable(text: str) -> bool:
    """Whether every character belongs to PrintableString."""
    return _PRINTABLE.issuperset(text)


def ia5_string(text: str) -> bytes:
    return tagged(IA5_STRING, text.encode("ascii"))


def generalized_time(at: datetime) -> bytes:
    """GeneralizedTime in UTC, whole seconds (RFC 5280 clause 4.1.2.5.2). A fraction is refused, never silently cut."""
    return tagged(GENERALIZED_TIME, _whole_utc(at).strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def utc_time(at: datetime) -> bytes:
    """UTCTime, whole seconds, years 1950 to 2049 (RFC 5280 clause 4.1.2.5.1)."""
    moment = _whole_utc(at)
    if not 1950 <= moment.year <= 2049:
        raise ValueError("UTCTime holds the years 1950 to 2049")
    return tagged(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode("ascii"))


def time(at: datetime) -> bytes:
    """The Time choice of RFC 5280 clause 4.1.2.5: UTCTime through the year 2049, GeneralizedTime from 2050."""
    return utc_time(at) if 1950 <= at.astimezone(UTC).year <= 2049 else generalized_time(at)


def _whole_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    if at.microsecond:
        raise ValueError("whole seconds only")
    return at.astimezone(UTC)


# --- reading ----------------------------------------------------------------------------------------------------------


class Element(NamedTuple):
    """One element that was read: its identifier octet, its content octets and its whole encoding."""

    tag: int
    content: bytes
    encoding: bytes

    def children(self, tag: int = SEQUENCE) -> list["Element"]:
        """The elements inside a constructed element, which must have this tag."""
        if self.tag != tag:
            raise Malformed(f"a constructed element with tag {self.tag:#04x} instead of {tag:#04x}")
        return list(elements(self.content))

    def integer(self) -> int:
        if self.tag not in (INTEGER, ENUMERATED) or not self.content:
            raise Malformed("not an INTEGER")
        value = int.from_bytes(self.content, "big", signed=True)
        if _integer_content(value) != self.content:
            raise Malformed("an INTEGER longer than needed")
        return value

    def object_identifier(self) -> str:
        if self.tag != OBJECT_IDENTIFIER:
            raise Malformed("not an OBJECT IDENTIFIER")
        return _object_identifier(self.content)

    def text(self) -> str:
        if self.tag not in (UTF8_STRING, PRINTABLE_STRING, IA5_STRING):
            raise Malformed("not a character string")
        try:
            return self.content.decode("utf-8" if self.tag == UTF8_STRING else "ascii")
        except UnicodeDecodeError as error:
            raise Malformed("characters outside the string's type") from error

    def time(self) -> datetime:
        """A UTCTime or GeneralizedTime, also under an implicit tag (told apart by its length), as an aware instant."""
        if not _TIME.fullmatch(self.content):
            raise Malformed("not a time in whole seconds of UTC")
        digits = self.content.decode("ascii")
        if len(digits) == 13:  # RFC 5280: two digits from 50 mean 19xx
            digits = ("19" if digits >= "50" else "20") + digits
        try:
            return datetime(int(digits[:4]), *(int(digits[at:at + 2]) for at in range(4, 14, 2)), tzinfo=UTC)
        except ValueError as error:
            raise Malformed("not a time") from error


# The same few come again and again.
@lru_cache(maxsize=512)
def _object_identifier(content: bytes) -> str:
    if not content or content[-1] & 0x80:
        raise Malformed("not an OBJECT IDENTIFIER")
    arcs, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(part) for part in (first, arcs[0] - first * 40, *arcs[1:]))


def read(encoding: bytes) -> Element:
    """The one element that `encoding` is. Raises Malformed when it is not exactly one."""
    first, end = _read_at(encoding, 0)
    if end != len(encoding):
        raise Malformed("bytes after the end")
    return first


def elements(content: bytes) -> Iterator[Element]:
    """The elements that stand one after another in `content`."""
    offset = 0
    while offset < len(content):
        element, offset = _read_at(content, offset)
        yield element


def _read_at(data: bytes, start: int) -> tuple[Element, int]:
    if start + 2 > len(data):
        raise Malformed("cut short")
    tag, first = data[start], data[start + 1]
    if tag & 0x1F == 0x1F:
        raise Malformed("a tag number above 30")
    begin, count = start + 2, first
    if first & 0x80:
        octets = first & 0x7F
        if not 1 <= octets <= 4 or begin + octets > len(data):
            raise Malformed("a length that DER does not allow")
        count = int.from_bytes(data[begin : begin + octets], "big")
        begin += octets
        if length(count) != data[start + 1 : begin]:
            raise Malformed("a length longer than needed")
    end = begin + count
    if end > len(data):
        raise Malformed("cut short")
    return Element(tag, data[begin:end], data[start:end]), end
