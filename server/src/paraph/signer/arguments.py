# SPDX-License-Identifier: Apache-2.0
"""What crosses the boundary is checked here, whoever sent it: types, sizes, characters."""

from datetime import datetime
from typing import Any

from paraph.pki import scan
from paraph.signer.errors import SignerRefusal

MOST_HASHES = 1000
LARGEST_DATA = 16 * 1024 * 1024
LARGEST_NAME = 8 * 1024
_BASE64URL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def _refuse(allowed: bool, code: str = "bad_argument") -> None:
    if not allowed:
        raise SignerRefusal(code)


def name(value: Any) -> str:
    """An identifier, a purpose, a serial number: 1 to 128 visible ASCII characters."""
    _refuse(isinstance(value, str) and 1 <= len(value) <= 128 and all("!" <= character <= "~" for character in value))
    return value


def label(value: Any) -> str:
    _refuse(isinstance(value, str) and len(value) <= 1000 and value.isprintable())
    return value


def typed_code(value: Any) -> str:
    """Whatever a person typed, as text; which text is a right code is decided elsewhere."""
    _refuse(isinstance(value, str) and len(value) <= 64)
    return value


def instant(value: Any) -> datetime | None:
    _refuse(value is None or (isinstance(value, datetime) and value.tzinfo is not None))
    return value


def data(value: Any) -> bytes:
    _refuse(isinstance(value, bytes))
    _refuse(len(value) <= LARGEST_DATA, "too_large")
    return value


def subject(value: Any) -> bytes:
    """A Name in DER."""
    _refuse(isinstance(value, bytes) and 0 < len(value) <= LARGEST_NAME)
    return value


def credential(value: Any) -> str:
    """A passkey's credential id, base64url: 1023 octets at most (WebAuthn)."""
    _refuse(isinstance(value, str) and 0 < len(value) <= 1364 and set(value) <= _BASE64URL)
    return value


def flag(value: Any) -> bool:
    _refuse(isinstance(value, bool))
    return value


def digest(value: Any, octets: int) -> bytes:
    """A digest of exactly this length."""
    _refuse(isinstance(value, bytes) and len(value) == octets)
    return value


def seed(value: Any) -> bytes:
    """RFC 4226 section 4, R6: at least 128 bits."""
    _refuse(isinstance(value, bytes) and 16 <= len(value) <= 64)
    return value


def factory_key(value: Any) -> bytes:
    _refuse(isinstance(value, bytes) and len(value) == scan.KEY_OCTETS)
    return value


def shown_text(value: Any) -> str:
    """What a Scan will show: no invisible character; its length is limited by the image."""
    _refuse(isinstance(value, str) and scan.is_showable(value))
    return value


def two_codes(value: Any) -> tuple[str, str]:
    _refuse(isinstance(value, tuple) and len(value) == 2)
    return typed_code(value[0]), typed_code(value[1])


def number(value: Any, least: int, most: int) -> int:
    _refuse(isinstance(value, int) and not isinstance(value, bool) and least <= value <= most)
    return value


def hashes(value: Any) -> list[bytes]:
    _refuse(isinstance(value, list) and all(isinstance(item, bytes) and len(item) == 32 for item in value))
    _refuse(len(value) <= MOST_HASHES, "too_large")
    return value


def labels(value: Any, count: int) -> list[str]:
    _refuse(isinstance(value, list) and len(value) == count)
    return [label(item) for item in value]
