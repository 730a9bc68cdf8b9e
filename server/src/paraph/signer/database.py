# SPDX-License-Identifier: Apache-2.0
"""The signer's own SQLite file: the whole schema, and transactions that hold the write lock from their first line.

Instants are whole microseconds since 1970 (UTC). Nothing in here opens without the key store: private keys and seeds
are sealed by it, labels of documents too.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS internals (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS infrastructure_keys (
    key_id         TEXT PRIMARY KEY,
    purpose        TEXT NOT NULL CHECK (purpose IN ('root','issuing','ocsp','tsu','audit','openid','seal')),
    algorithm      TEXT NOT NULL,
    label          TEXT NOT NULL,
    public_key_der BLOB NOT NULL,
    material       BLOB NOT NULL,
    made_at        INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS holder_keys (
    key_id         TEXT PRIMARY KEY,
    purpose        TEXT NOT NULL CHECK (purpose IN ('authentication','signature')),
    algorithm      TEXT NOT NULL,
    holder         TEXT NOT NULL,
    public_key_der BLOB NOT NULL,
    material       BLOB,
    made_at        INTEGER NOT NULL,
    destroyed_at   INTEGER,
    CHECK ((material IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE TABLE IF NOT EXISTS tokens (
    serial         TEXT PRIMARY KEY,
    method         TEXT NOT NULL CHECK (method IN ('totp','hotp')),
    digits         INTEGER NOT NULL,
    step_seconds   INTEGER NOT NULL,
    seed           BLOB NOT NULL,
    seed_index     BLOB NOT NULL UNIQUE,
    holder         TEXT UNIQUE,
    last_accepted  INTEGER NOT NULL DEFAULT -1,
    failures       INTEGER NOT NULL DEFAULT 0,
    failures_since INTEGER NOT NULL DEFAULT 0,
    imported_at    INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS sessions (
    session_id    TEXT PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('login','sign','activate')),
    holder        TEXT NOT NULL,
    key_id        TEXT REFERENCES holder_keys,
    device_serial TEXT REFERENCES tokens,
    hashes        BLOB NOT NULL,
    labels        BLOB NOT NULL,
    nonce         BLOB NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open','authorised','used')),
    opened_at     INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    usable_until  INTEGER
);

CREATE TABLE IF NOT EXISTS attempts (
    attempt   TEXT PRIMARY KEY,
    call      TEXT NOT NULL,
    arguments BLOB NOT NULL,
    answer    BLOB NOT NULL,
    at        INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS record (
    sequence INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    event    TEXT NOT NULL,
    facts    BLOB NOT NULL,
    previous BLOB NOT NULL,
    hash     BLOB NOT NULL,
    seal     BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS record_head (
    place    INTEGER PRIMARY KEY CHECK (place = 1),
    sequence INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    seal     BLOB NOT NULL
);

CREATE TRIGGER IF NOT EXISTS record_no_update BEFORE UPDATE ON record
    BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS record_no_delete BEFORE DELETE ON record
    BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS attempts_no_update BEFORE UPDATE ON attempts
    BEGIN SELECT RAISE(ABORT, 'an answer given stands'); END;
CREATE TRIGGER IF NOT EXISTS tokens_step_rises BEFORE UPDATE OF last_accepted ON tokens
    WHEN NEW.last_accepted <= OLD.last_accepted
    BEGIN SELECT RAISE(ABORT, 'an accepted step never falls'); END;
CREATE TRIGGER IF NOT EXISTS sessions_used_is_final BEFORE UPDATE OF state ON sessions
    WHEN OLD.state = 'used' OR NEW.state = 'open'
    BEGIN SELECT RAISE(ABORT, 'a session is used once'); END;
CREATE TRIGGER IF NOT EXISTS sessions_content_stands
    BEFORE UPDATE OF kind, holder, key_id, device_serial, hashes, labels, nonce ON sessions
    BEGIN SELECT RAISE(ABORT, 'what a session covers never changes'); END;
"""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND


def to_instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


class Database:
    """One connection. Its owner serialises the calls; several processes may have the same file open."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made by us first, so that the file and SQLite's side files are readable by nobody else.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        with self.transaction() as connection:
            for statement in _statements(SCHEMA):
                connection.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, with the write lock taken at the start: what is read inside still stands at the end."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @property
    def reading(self) -> sqlite3.Connection:
        return self._connection

    def forget_deleted(self) -> None:
        """Leaves no copy of erased columns in the write-ahead log."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._connection.close()


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
