# SPDX-License-Identifier: Apache-2.0
"""What passes between the service and a Scan: statements, the images that carry them, and the codes that answer.

The protocol and its security argument stand in docs/standards/scan.md. Pure bytes: which code is awaited, until when
and how often is the signer's business. All numbers are big endian, all texts UTF-8, all keys 32 octets.
"""

import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from paraph.pki import ocra

VERSION = 1
# What an image holds: the opening of an activation (under the factory key), or a statement (under the operating key).
OPENING, STATEMENT = 1, 2

KEY_OCTETS = RANDOM_OCTETS = 32
NONCE_OCTETS = 16
DEVICE_CODE_DIGITS, DEVICE_RANDOM_DIGITS = 10, 4
LEAST_DIGITS, MOST_DIGITS = 6, 10

# An image of 1 000 octets of statement is still an ordinary QR code (version 28) that a camera reads from a screen.
LARGEST_STATEMENT = 1000
LONGEST_PARTNER, LONGEST_TEXT, LONGEST_LABEL, MOST_DOCUMENTS = 64, 600, 255, 16

_GCM_NONCE, _GCM_TAG = 12, 16
_PREFIX = "PARAPH:"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
# French typography: « 1 250,00 € » has no-break spaces, which are not "printable" to Python.
_SPACES = "\n\u00a0\u202f"
# Signs that Python prints and nobody sees: fillers, joiners, choosers of a sign's form (Unicode's Default_Ignorable), blanks.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U0001d159") | {
    chr(number) for start, end in ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF)) for number in range(start, end + 1)}
# A hole in which the rest is missed: two empty lines, or nine spaces.
_GAP = re.compile("\n[ \u00a0\u202f]*\n[ \u00a0\u202f]*\n|[ \u00a0\u202f]{9}")
_MOST_MARKS = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Purpose(IntEnum):
    """What a code is for. The device shows it in words; the code covers it. Stored in images: numbers never change."""

    LOGIN = 1
    SIGN = 2
    ACTIVATE = 3
    UNBLOCK = 4
    GRANT = 5
    JOIN = 6
    CONFIRM = 7
    NAME = 8


class Unreadable(ValueError):
    """The octets are no statement, no image, or not meant for this key."""


@dataclass(frozen=True)
class Document:
    """One thing to be signed: its name for people, and its SHA-256."""

    label: str
    digest: bytes


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Everything that a code covers, and that the device shows. `at` is a whole second."""

    purpose: Purpose
    partner: str
    text: str
    documents: tuple[Document, ...]
    digits: int
    at: datetime
    nonce: bytes

    def encode(self) -> bytes:
        """The canonical octets. Raises ValueError for what has no place in a statement."""
        if len(self.nonce) != NONCE_OCTETS or not LEAST_DIGITS <= self.digits <= MOST_DIGITS:
            raise ValueError("nonce or digits out of range")
        if len(self.documents) > MOST_DOCUMENTS:
            raise ValueError("too many documents")
        if any(len(document.digest) != 32 for document in self.documents):
            raise ValueError("a document's digest is its SHA-256")
        seconds, fraction = divmod(self.at - _EPOCH, timedelta(seconds=1))
        if fraction:
            raise ValueError("the instant is not a whole second")
        octets = bytes((VERSION, self.purpose, self.digits)) + seconds.to_bytes(8, "big") + self.nonce
        octets += _text(self.partner, LONGEST_PARTNER, 1) + _text(self.text, LONGEST_TEXT, 2)
        octets += bytes((len(self.documents),))
        for document in self.documents:
            octets += document.digest + _text(document.label, LONGEST_LABEL, 1)
        if len(octets) > LARGEST_STATEMENT:
            raise ValueError("the statement is too long for an image")
        return octets


def decode(octets: bytes) -> Statement:
    """The statement that these octets are. Raises Unreadable; what it returns encodes to the same octets again."""
    reader = _Reader(octets)
    try:
        version, purpose, digits = reader.take(3)
        if version != VERSION:
            raise Unreadable("another version")
        at = _EPOCH + timedelta(seconds=int.from_bytes(reader.take(8), "big"))
        nonce, partner, text = reader.take(NONCE_OCTETS), reader.text(1), reader.text(2)
        documents = []
        for _ in range(reader.number(1)):
            digest = reader.take(32)
            documents.append(Document(reader.text(1), digest))
        statement = Statement(purpose=Purpose(purpose), partner=partner, text=text, documents=tuple(documents),
                              digits=digits, at=at, nonce=nonce)
        if statement.encode() != octets:
            raise Unreadable("not in canonical form")
    except (ValueError, OverflowError) as error:
        raise Unreadable(str(error)) from error
    return statement


class _Reader:
    def __init__(self, octets: bytes) -> None:
        self._octets, self._place = octets, 0

    def take(self, count: int) -> bytes:
        taken = self._octets[self._place:self._place + count]
        if len(taken) != count:
            raise Unreadable("it ends too early")
        self._place += count
        return taken

    def number(self, octets: int) -> int:
        return int.from_bytes(self.take(octets), "big")

    def text(self, octets: int) -> str:
        return self.take(self.number(octets)).decode("utf-8")


def is_showable(text: str) -> bool:
    """Whether a device shows exactly what is written: no control, direction or invisible character in it."""
    return all(character.isprintable() or character in _SPACES for character in text)


def is_plain(text: str) -> bool:
    """Whether people who read it on any screen read the same: showable, from left to right, nothing unseen, nothing struck
    through or written over, no hole behind which it goes on. For words that somebody stands by; names of files need not be."""
    marks = 0
    for sign in text:
        marks = marks + 1 if unicodedata.category(sign).startswith("M") else 0
        over = unicodedata.combining(sign) == 1 or unicodedata.category(sign) == "Me" or marks > _MOST_MARKS
        if over or sign in _UNSEEN or unicodedata.bidirectional(sign) in ("R", "AL", "AN"):
            return False
    return is_showable(text) and not _GAP.search(text) and not unicodedata.category(text[:1] or "a").startswith("M")


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis, in at most so many octets of UTF-8."""
    octets = text.encode("utf-8")
    if len(octets) <= most:
        return text
    return octets[:most - len("…".encode())].decode("utf-8", errors="ignore").rstrip() + "…"


def _text(text: str, most: int, octets: int) -> bytes:
    encoded = text.encode("utf-8")
    if len(encoded) > most or not is_showable(text):
        raise ValueError("a text is too long or cannot be shown")
    return len(encoded).to_bytes(octets, "big") + encoded


# --- keys -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Keys:
    """`image` opens images (AES-256-GCM), `code` makes codes (OCRA)."""

    image: bytes
    code: bytes


def factory_keys(factory: bytes, serial: str) -> Keys:
    """The two keys of a device as its maker left it, for activation only."""
    return _derive(factory, b"", b"factory", serial, b"")


def operating_keys(factory: bytes, serial: str, server_random: bytes, device_random: str) -> Keys:
    """The two keys that service and device share from this activation on; they never travel."""
    if len(server_random) != RANDOM_OCTETS or len(device_random) != DEVICE_RANDOM_DIGITS:
        raise ValueError("the random parts have fixed lengths")
    return _derive(factory, server_random, b"operating", serial, device_random.encode("ascii"))


def _derive(factory: bytes, salt: bytes, stage: bytes, serial: str, device_random: bytes) -> Keys:
    if len(factory) != KEY_OCTETS:
        raise ValueError(f"a factory key has {KEY_OCTETS} octets")
    name = serial.encode("ascii")
    information = b"paraph scan 1\0" + stage + b"\0" + bytes((len(name),)) + name + device_random
    octets = HKDF(algorithm=hashes.SHA256(), length=2 * KEY_OCTETS, salt=salt or None, info=information).derive(factory)
    return Keys(octets[:KEY_OCTETS], octets[KEY_OCTETS:])


# --- images ---------------------------------------------------------------------------------------------------------------


def seal(image_key: bytes, kind: int, content: bytes, nonce: bytes) -> bytes:
    """What an image carries: version, kind, nonce (12 octets, never twice under one key), AES-256-GCM."""
    head = bytes((VERSION, kind))
    return head + nonce + AESGCM(image_key).encrypt(nonce, content, head)


def open_sealed(image_key: bytes, kind: int, payload: bytes) -> bytes:
    """The content, if the image is of this kind and made for this key. Raises Unreadable."""
    head, nonce = bytes((VERSION, kind)), payload[2:2 + _GCM_NONCE]
    if payload[:2] != head or len(payload) < 2 + _GCM_NONCE + _GCM_TAG:
        raise Unreadable("another version or kind")
    try:
        return AESGCM(image_key).decrypt(nonce, payload[2 + _GCM_NONCE:], head)
    except InvalidTag as error:
        raise Unreadable("made for another device, or changed") from error


def image_text(payload: bytes) -> str:
    """The text to put into a QR code: base 45 (RFC 9285), whose characters every reader returns unchanged."""
    digits = []
    for start in range(0, len(payload), 2):
        pair = payload[start:start + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            digits.append(_ALPHABET[digit])
    return _PREFIX + "".join(digits)


def payload_of(text: str) -> bytes:
    """What an image's text carries. Raises Unreadable."""
    if not text.startswith(_PREFIX):
        raise Unreadable("no image of ours")
    body = text[len(_PREFIX):]
    octets = bytearray()
    for start in range(0, len(body), 3):
        group = body[start:start + 3]
        places = [_ALPHABET.find(character) for character in group]
        number = sum(place * 45**power for power, place in enumerate(places))
        if len(group) == 1 or -1 in places or number >= 256 ** (len(group) - 1):
            raise Unreadable("not base 45")
        octets += number.to_bytes(len(group) - 1, "big")
    return bytes(octets)


# --- codes ----------------------------------------------------------------------------------------------------------------


def answer(code_key: bytes, statement: bytes, digits: int) -> str:
    """The code that covers every octet of a statement: OCRA over its SHA-256."""
    return ocra.code(code_key, ocra.suite(f"OCRA-1:HOTP-SHA256-{digits}:QH64"), sha256(statement).hexdigest())


def device_code(code_key: bytes, server_random: bytes, device_random: str) -> str:
    """The ten digits after the first image: four that the device drew, six that prove that it read the image."""
    proof = answer(code_key, b"paraph scan 1 device code\0" + server_random + device_random.encode("ascii"),
                   DEVICE_CODE_DIGITS - DEVICE_RANDOM_DIGITS)
    return device_random + proof


def device_random_of(code: str) -> str | None:
    """The part of a device code that the device drew; None for a text that is no device code."""
    well_formed = len(code) == DEVICE_CODE_DIGITS and code.isascii() and code.isdigit()
    return code[:DEVICE_RANDOM_DIGITS] if well_formed else None


def same(expected: str, given: str) -> bool:
    """Compared as text, in constant time: digits of another script are other characters."""
    return hmac.compare_digest(expected.encode("ascii"), given.encode("utf-8", "surrogatepass"))
