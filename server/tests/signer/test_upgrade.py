# SPDX-License-Identifier: Apache-2.0
"""A database of the first release, with a Token in use, serves on: no seed is lost, no used code works again."""

import sqlite3
from base64 import b32encode

import pyotp
import pytest

from paraph.kernel import tokens
from paraph.signer import schema
from paraph.signer.activation.codes import seed_context
from paraph.signer.client import InProcessSigner, Outcome
from paraph.signer.core import Signer
from paraph.signer.database import to_microseconds
from paraph.signer.stores.software import SoftwareStore

from .conftest import SEEDS, Holder

# The two tables of the first release that have changed since, and one that refers to nothing new.
FIRST = """
CREATE TABLE holder_keys (
    key_id TEXT PRIMARY KEY, purpose TEXT NOT NULL, algorithm TEXT NOT NULL, holder TEXT NOT NULL,
    public_key_der BLOB NOT NULL, material BLOB, made_at INTEGER NOT NULL, destroyed_at INTEGER);
CREATE TABLE tokens (
    serial TEXT PRIMARY KEY, method TEXT NOT NULL CHECK (method IN ('totp','hotp')), digits INTEGER NOT NULL,
    step_seconds INTEGER NOT NULL, seed BLOB NOT NULL, seed_index BLOB NOT NULL UNIQUE, holder TEXT UNIQUE,
    last_accepted INTEGER NOT NULL DEFAULT -1, failures INTEGER NOT NULL DEFAULT 0,
    failures_since INTEGER NOT NULL DEFAULT 0, imported_at INTEGER NOT NULL);
CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('login','sign','activate')), holder TEXT NOT NULL,
    key_id TEXT REFERENCES holder_keys, device_serial TEXT REFERENCES tokens, hashes BLOB NOT NULL,
    labels BLOB NOT NULL, nonce BLOB NOT NULL, state TEXT NOT NULL, opened_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, usable_until INTEGER);
CREATE TRIGGER tokens_step_rises BEFORE UPDATE OF last_accepted ON tokens WHEN NEW.last_accepted <= OLD.last_accepted
    BEGIN SELECT RAISE(ABORT, 'an accepted step never falls'); END;
CREATE TRIGGER sessions_used_is_final BEFORE UPDATE OF state ON sessions WHEN OLD.state = 'used' OR NEW.state = 'open'
    BEGIN SELECT RAISE(ABORT, 'a session is used once'); END;
CREATE TRIGGER sessions_content_stands
    BEFORE UPDATE OF kind, holder, key_id, device_serial, hashes, labels, nonce ON sessions
    BEGIN SELECT RAISE(ABORT, 'what a session covers never changes'); END;
"""


def test_a_token_in_use_stays_in_use(tmp_path, clock):
    store = SoftwareStore.open(tmp_path, "passphrase")
    now, step = to_microseconds(clock.now()), int(clock.now().timestamp()) // 30
    with sqlite3.connect(tmp_path / "signer.sqlite3") as connection:
        connection.executescript(FIRST)
        seed = store.seal(SEEDS["T-MARIE"], seed_context("T-MARIE"))
        connection.execute("INSERT INTO tokens VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                           ("T-MARIE", "totp", 6, 30, seed, b"index", "marie", step, 9, now, now))
        connection.execute("INSERT INTO sessions VALUES (?,'login','marie',NULL,'T-MARIE',?,?,?,'open',?,?,NULL)",
                           ("old", bytes(32), b"sealed", tokens.token_bytes(32), now, now))
    connection.close()
    Signer.open(tmp_path, "passphrase", clock).close()
    core = Signer.open(tmp_path, "passphrase", clock)
    signer = InProcessSigner(core)
    assert signer.device("T-MARIE").holder == "marie"
    marie = Holder(signer, "marie", "T-MARIE")
    show = pyotp.TOTP(b32encode(SEEDS["T-MARIE"]).decode()).at
    assert signer.authorise_with_code(attempt=str(tokens.uuid7()), session_id="old", device_serial="T-MARIE",
                                      code=show(clock.now())) is Outcome.WRONG  # used before the change of release
    clock.advance(seconds=30)
    assert marie.authorise(marie.open("login", key_id=None), "000000") is Outcome.WRONG  # the tenth failure
    assert marie.authorise(marie.open("login", key_id=None), show(clock.now())) is Outcome.TOO_MANY
    clock.advance(hours=12)
    assert marie.authorise(marie.open("login", key_id=None), show(clock.now())) is Outcome.ACCEPTED
    with sqlite3.connect(tmp_path / "signer.sqlite3") as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert not names & {"tokens_1", "sessions_1"} and "tokens_step_rises" in names
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT COUNT(*) FROM sessions").fetchone() == (4,)
    connection.close()
    core.close()


def test_a_file_of_a_later_release_is_left_alone(tmp_path, clock):
    Signer.open(tmp_path, "passphrase", clock).close()
    with sqlite3.connect(tmp_path / "signer.sqlite3") as connection:
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    with pytest.raises(schema.NewerSchema):
        Signer.open(tmp_path, "passphrase", clock)
