# SPDX-License-Identifier: Apache-2.0
"""Seam: where documents' bytes lie. A folder of files named after their SHA-256, sealed in chunks; a row per document.

A file is ``PBL1 | key id (4) | salt (16)`` and then chunks of 64 KiB, each encrypted with AES-256-GCM under a key derived
from the ring's key, the salt and the digest. The chunk's number and whether it is the last are authenticated with it, so
chunks can't be reordered, dropped, or taken from another document. `config` binds the folder once with `use`.
"""

import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from paraph.domain.signing.models import Blob
from paraph.kernel import sealing, tokens

MAGIC = b"PBL1"
CHUNK = 64 * 1024
TAG = 16
HEADER = len(MAGIC) + 4 + 16

_folder: Path | None = None


class BlobLost(Exception):
    """The bytes of a stored document are missing, damaged, or sealed with a key that is not on the ring."""


def use(folder: Path) -> None:
    global _folder
    _folder = folder


def store(content: bytes, *, media_type: str, retention_class: str, at: datetime) -> Blob:
    """The content is on the disk for good before its row is written. The same content is stored once."""
    digest = sha256(content).hexdigest()
    path = _path(digest)
    if not _holds(path, digest):
        _write(path, _seal(content, digest))
    row, _ = Blob.objects.get_or_create(sha256=digest, defaults={
        "size": len(content), "media_type": media_type, "retention_class": retention_class, "stored_at": at})
    if row.erased_at is not None:
        row.erased_at = None
        row.save(update_fields=["erased_at"])
    return row


def erase(digest: str, at: datetime) -> None:
    """The bytes are gone; who still needs them was asked before. Storing the same content again brings them back."""
    Blob.objects.filter(sha256=digest, erased_at=None).update(erased_at=at)
    _path(digest).unlink(missing_ok=True)


def read(digest: str) -> bytes:
    """The content with this SHA-256, checked against it. Raises BlobLost."""
    try:
        sealed = _path(digest).read_bytes()
    except FileNotFoundError as error:
        raise BlobLost(digest) from error
    content = _unseal(sealed, digest)
    if sha256(content).hexdigest() != digest:
        raise BlobLost(digest)
    return content


def _holds(path: Path, digest: str) -> bool:
    try:
        return path.exists() and sha256(_unseal(path.read_bytes(), digest)).hexdigest() == digest
    except BlobLost:
        return False


def _path(digest: str) -> Path:
    if _folder is None:
        raise RuntimeError("no blob folder was given at start")
    return _folder / digest[:2] / digest[2:4] / digest


def _write(path: Path, sealed: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{tokens.token_bytes(8).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _cipher(key: bytes, salt: bytes, digest: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"paraph blob " + digest.encode()).derive(key))


def _associated(header: bytes, number: int, last: bool) -> bytes:
    return header + number.to_bytes(8, "big") + (b"\x01" if last else b"\x00")


def _seal(content: bytes, digest: str) -> bytes:
    ring = sealing.ring()
    salt = tokens.token_bytes(16)
    header = MAGIC + bytes.fromhex(ring.current) + salt
    cipher = _cipher(ring.keys[ring.current], salt, digest)
    starts = range(0, len(content), CHUNK) or range(1)
    pieces = [header]
    for number, start in enumerate(starts):
        last = start + CHUNK >= len(content)
        # Each key serves one file and each number one chunk, so the number alone is a nonce that never comes back.
        pieces.append(cipher.encrypt(
            number.to_bytes(12, "big"), content[start : start + CHUNK], _associated(header, number, last)))
    return b"".join(pieces)


def _unseal(sealed: bytes, digest: str) -> bytes:
    header, body = sealed[:HEADER], sealed[HEADER:]
    key = sealing.ring().keys.get(header[4:8].hex())
    if header[:4] != MAGIC or key is None or not body:
        raise BlobLost(digest)
    cipher = _cipher(key, header[8:], digest)
    size = CHUNK + TAG
    pieces = []
    try:
        for number, start in enumerate(range(0, len(body), size)):
            last = start + size >= len(body)
            pieces.append(cipher.decrypt(
                number.to_bytes(12, "big"), body[start : start + size], _associated(header, number, last)))
    except InvalidTag as error:
        raise BlobLost(digest) from error
    return b"".join(pieces)
