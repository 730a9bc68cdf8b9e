# SPDX-License-Identifier: Apache-2.0
"""How a thief reads a copy of a database: every column of every table, unwrapped as far as no key is needed."""

import base64
import binascii
import hashlib
import re
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

RUN = re.compile(rb"[A-Za-z0-9+/_-]{8,}={0,2}")
DIGESTS = ("md5", "sha1", "sha256", "sha512")
# So long that nobody finds it by trying, so that its digest tells nothing.
UNGUESSABLE = 16


def columns() -> Iterator[tuple[str, bytes]]:
    """Everything in the service's database: (table.column, content)."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [described[0] for described in cursor.description]
            for row in cursor.fetchall():
                yield from ((f"{table}.{name}", octets(value)) for name, value in zip(names, row, strict=True))


def columns_of(file: Path) -> Iterator[tuple[str, bytes]]:
    """The same for an SQLite file, as the signer has one."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = database.execute(f"SELECT * FROM {table}")
            names = [described[0] for described in rows.description]
            for row in rows:
                yield from ((f"signer.{table}.{name}", octets(value)) for name, value in zip(names, row, strict=True))
    database.close()


def octets(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def readings(content: bytes, depth: int = 3) -> Iterator[bytes]:
    """The content, and what is inside it under hex, base64 and compression."""
    yield content
    if depth == 0:
        return
    for run in {match[0] for match in RUN.finditer(content)}:
        for inner in decoded(run):
            yield from readings(inner, depth - 1)
    if inner := inflated(content):
        yield from readings(inner, depth - 1)


def decoded(run: bytes) -> Iterator[bytes]:
    if len(run) % 2 == 0 and re.fullmatch(rb"[0-9a-fA-F]+", run):
        yield binascii.unhexlify(run)
    plain = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    if len(plain) % 4 != 1:
        yield base64.b64decode(plain + b"=" * (-len(plain) % 4))


def inflated(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return b""


def forms(secret: str | bytes) -> Iterator[bytes]:
    """What to look for: the secret as it is, as a Token's maker writes it, and digests of what can be guessed."""
    plain = octets(secret)
    yield plain
    yield plain[::-1]
    if isinstance(secret, str):
        yield secret.encode("utf-16-le")
        yield repr(secret).encode("unicode_escape").strip(b"'")
    yield base64.b32encode(plain).rstrip(b"=")
    if len(plain) < UNGUESSABLE:
        yield from (hashlib.new(name, plain).digest() for name in DIGESTS)
        yield from (hashlib.new(name, plain).hexdigest().encode() for name in DIGESTS)


def holds(content: bytes, secret: str | bytes) -> bool:
    """Whether the secret stands in it; short ones only as words of their own, for five signs are found by chance."""
    return any(re.search(rb"(?<![0-9A-Za-z])" + re.escape(form) + rb"(?![0-9A-Za-z])" if len(form) < 12
                         else re.escape(form), content) for form in forms(secret))
