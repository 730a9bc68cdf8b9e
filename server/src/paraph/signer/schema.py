# SPDX-License-Identifier: Apache-2.0
"""The signer's tables, and how a file of an earlier release becomes one of this release."""

import sqlite3
from collections.abc import Iterator

VERSION = 5

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

CREATE INDEX IF NOT EXISTS infrastructure_keys_public ON infrastructure_keys (public_key_der);

-- What the signer has read in the certificates that it signed (purposes/authorities.py).
CREATE TABLE IF NOT EXISTS authorities (
    key_id    TEXT PRIMARY KEY REFERENCES infrastructure_keys,
    name      BLOB NOT NULL,
    not_after INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS certified (
    issuer_key        TEXT NOT NULL REFERENCES infrastructure_keys,
    serial            TEXT NOT NULL,
    digest            BLOB NOT NULL,
    public_key_digest BLOB NOT NULL,
    holder_key        TEXT REFERENCES holder_keys,
    not_after         INTEGER NOT NULL,
    ended_at          INTEGER,
    PRIMARY KEY (issuer_key, serial)
);
CREATE INDEX IF NOT EXISTS certified_serial ON certified (serial);
CREATE INDEX IF NOT EXISTS certified_public ON certified (public_key_digest);
CREATE INDEX IF NOT EXISTS certified_holder ON certified (holder_key) WHERE holder_key IS NOT NULL;
CREATE TABLE IF NOT EXISTS holder_numbers (
    holder TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE
);
CREATE TABLE IF NOT EXISTS list_numbers (
    key_id      TEXT NOT NULL REFERENCES infrastructure_keys,
    scope       BLOB NOT NULL,
    delta       INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    this_update INTEGER NOT NULL,
    PRIMARY KEY (key_id, scope, delta)
);
CREATE TABLE IF NOT EXISTS audit_head (
    place INTEGER PRIMARY KEY CHECK (place = 1),
    size  INTEGER NOT NULL,
    root  TEXT NOT NULL,
    chain TEXT NOT NULL
);

-- What was allowed on the signer's own host.
CREATE TABLE IF NOT EXISTS ceremonies (
    ceremony_id TEXT PRIMARY KEY,
    opened_at   INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    closed_at   INTEGER
);
CREATE TABLE IF NOT EXISTS allowed_keys (
    public_key_digest BLOB PRIMARY KEY,
    subject           BLOB NOT NULL,
    purposes          TEXT NOT NULL,
    until             INTEGER NOT NULL
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

CREATE INDEX IF NOT EXISTS holder_keys_public ON holder_keys (public_key_der);

-- A device serves one holder for its whole life; another one joins him by a grant (docs/standards/scan.md).
CREATE TABLE IF NOT EXISTS devices (
    serial         TEXT PRIMARY KEY,
    family         TEXT NOT NULL CHECK (family IN ('token','scan')),
    secret         BLOB NOT NULL,
    secret_index   BLOB NOT NULL UNIQUE,
    holder         TEXT,
    failures       INTEGER NOT NULL DEFAULT 0,
    failures_since INTEGER NOT NULL DEFAULT 0,
    imported_at    INTEGER NOT NULL,
    retired_at     INTEGER,
    wrong_in_a_row INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS devices_one_of_a_family ON devices (holder, family)
    WHERE holder IS NOT NULL AND retired_at IS NULL;

-- `drift`: microseconds by which the Token's clock is known to be ahead (behind, when negative).
CREATE TABLE IF NOT EXISTS tokens (
    serial         TEXT PRIMARY KEY REFERENCES devices,
    method         TEXT NOT NULL CHECK (method IN ('totp','hotp')),
    digits         INTEGER NOT NULL,
    step_seconds   INTEGER NOT NULL,
    last_accepted  INTEGER NOT NULL DEFAULT -1,
    drift          INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS scans (
    serial TEXT PRIMARY KEY REFERENCES devices,
    keys   BLOB
);

CREATE TABLE IF NOT EXISTS scan_activations (
    serial        TEXT PRIMARY KEY REFERENCES scans,
    session_id    TEXT NOT NULL REFERENCES sessions,
    server_random BLOB NOT NULL,
    keys          BLOB,
    made_at       INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS scan_challenges (
    session_id TEXT PRIMARY KEY REFERENCES sessions,
    serial     TEXT NOT NULL REFERENCES scans,
    statement  BLOB NOT NULL,
    digits     INTEGER NOT NULL,
    fresh_keys INTEGER NOT NULL,
    made_at    INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS grants (
    serial     TEXT PRIMARY KEY REFERENCES devices,
    holder     TEXT NOT NULL,
    replaces   TEXT REFERENCES devices,
    expires_at INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS agents (
    serial     TEXT PRIMARY KEY REFERENCES devices,
    holder     TEXT NOT NULL,
    trusted_at INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS sessions (
    session_id    TEXT PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('login','sign','activate','unblock','grant','join','confirm')),
    holder        TEXT NOT NULL,
    key_id        TEXT REFERENCES holder_keys,
    device_serial TEXT REFERENCES devices,
    hashes        BLOB NOT NULL,
    labels        BLOB NOT NULL,
    nonce         BLOB NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open','authorised','used')),
    opened_at     INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    usable_until  INTEGER
);

CREATE INDEX IF NOT EXISTS sessions_ended ON sessions (expires_at);

-- Logins that opened a holder's key, and which device did: ID tokens stand on them (purposes/claims.py).
CREATE TABLE IF NOT EXISTS logins (
    session_id TEXT PRIMARY KEY REFERENCES sessions,
    device     TEXT NOT NULL REFERENCES devices,
    at         INTEGER NOT NULL
);

-- Under which names partners know a person (the pairwise `sub`).
CREATE TABLE IF NOT EXISTS subjects (
    value  TEXT PRIMARY KEY,
    person TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS passkeys (
    credential_id  TEXT PRIMARY KEY,
    holder         TEXT NOT NULL,
    public_key_der BLOB NOT NULL,
    attested       INTEGER NOT NULL,
    added_at       INTEGER NOT NULL,
    removed_at     INTEGER
);

-- Staff whose device may say who a new holder is; and what they said. `person`: the first holder who was the same person.
-- Without `subject`: from a release that asked nobody; the next certificate of that holder says it.
CREATE TABLE IF NOT EXISTS registrars (
    serial     TEXT PRIMARY KEY REFERENCES devices,
    holder     TEXT NOT NULL,
    trusted_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS approved_names (
    holder  TEXT PRIMARY KEY,
    person  TEXT NOT NULL,
    subject BLOB,
    device  TEXT REFERENCES devices,
    at      INTEGER NOT NULL
);

-- Wrong codes of all devices, by the minute; `told`: an alarm was given in it.
CREATE TABLE IF NOT EXISTS wrong_codes (
    minute INTEGER PRIMARY KEY,
    count  INTEGER NOT NULL,
    told   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS attempts (
    attempt   TEXT PRIMARY KEY,
    call      TEXT NOT NULL,
    arguments BLOB NOT NULL,
    answer    BLOB NOT NULL,
    at        INTEGER NOT NULL
);

CREATE INDEX IF NOT EXISTS attempts_by_age ON attempts (at);

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

CREATE INDEX IF NOT EXISTS record_alarms ON record (sequence) WHERE event LIKE 'alarm.%';

CREATE TRIGGER IF NOT EXISTS record_no_update BEFORE UPDATE ON record
    BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS record_no_delete BEFORE DELETE ON record
    BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER IF NOT EXISTS attempts_no_update BEFORE UPDATE ON attempts
    BEGIN SELECT RAISE(ABORT, 'an answer given stands'); END;
CREATE TRIGGER IF NOT EXISTS tokens_step_rises BEFORE UPDATE OF last_accepted ON tokens
    WHEN NEW.last_accepted <= OLD.last_accepted
    BEGIN SELECT RAISE(ABORT, 'an accepted step never falls'); END;
CREATE TRIGGER IF NOT EXISTS list_numbers_rise BEFORE UPDATE OF number ON list_numbers WHEN NEW.number <= OLD.number
    BEGIN SELECT RAISE(ABORT, 'numbers of lists rise'); END;
CREATE TRIGGER IF NOT EXISTS audit_head_grows BEFORE UPDATE ON audit_head WHEN NEW.size < OLD.size
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER IF NOT EXISTS certified_stands BEFORE UPDATE OF issuer_key, serial, digest, public_key_digest, not_after
    ON certified
    BEGIN SELECT RAISE(ABORT, 'what was certified stands'); END;
CREATE TRIGGER IF NOT EXISTS devices_holder_stands BEFORE UPDATE OF holder ON devices
    WHEN OLD.holder IS NOT NULL AND NEW.holder IS NOT OLD.holder
    BEGIN SELECT RAISE(ABORT, 'a device serves one holder'); END;
CREATE TRIGGER IF NOT EXISTS devices_retired_is_final BEFORE UPDATE OF retired_at ON devices
    WHEN OLD.retired_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a retired device stays so'); END;
CREATE TRIGGER IF NOT EXISTS subjects_stand BEFORE UPDATE ON subjects
    BEGIN SELECT RAISE(ABORT, 'a subject is one person for ever'); END;
CREATE TRIGGER IF NOT EXISTS approved_person_stands BEFORE UPDATE OF holder, person ON approved_names
    WHEN NEW.holder IS NOT OLD.holder OR NEW.person IS NOT OLD.person
    BEGIN SELECT RAISE(ABORT, 'a holder is one person for ever'); END;
CREATE TRIGGER IF NOT EXISTS passkeys_stand BEFORE UPDATE OF credential_id, holder, public_key_der, attested ON passkeys
    BEGIN SELECT RAISE(ABORT, 'a passkey is one holder''s for ever'); END;
CREATE TRIGGER IF NOT EXISTS passkeys_removed_is_final BEFORE UPDATE OF removed_at ON passkeys
    WHEN OLD.removed_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a removed passkey stays so'); END;
CREATE TRIGGER IF NOT EXISTS sessions_used_is_final BEFORE UPDATE OF state ON sessions
    WHEN OLD.state = 'used' OR NEW.state = 'open'
    BEGIN SELECT RAISE(ABORT, 'a session is used once'); END;
CREATE TRIGGER IF NOT EXISTS sessions_content_stands
    BEFORE UPDATE OF kind, holder, key_id, device_serial, hashes, labels, nonce ON sessions
    BEGIN SELECT RAISE(ABORT, 'what a session covers never changes'); END;
"""

# Release 1 knew Tokens only, each a row with its seed. Seeds stay sealed as they are.
_FROM_1_BEFORE = """
DROP TRIGGER IF EXISTS tokens_step_rises;
DROP TRIGGER IF EXISTS sessions_used_is_final;
DROP TRIGGER IF EXISTS sessions_content_stands;
ALTER TABLE tokens RENAME TO tokens_1;
ALTER TABLE sessions RENAME TO sessions_1;
"""
_FROM_1_AFTER = """
INSERT INTO devices (serial, family, secret, secret_index, holder, failures, failures_since, imported_at)
    SELECT serial, 'token', seed, seed_index, holder, failures, failures_since, imported_at FROM tokens_1;
INSERT INTO tokens (serial, method, digits, step_seconds, last_accepted)
    SELECT serial, method, digits, step_seconds, last_accepted FROM tokens_1;
INSERT INTO sessions SELECT * FROM sessions_1;
DROP TABLE sessions_1;
DROP TABLE tokens_1;
"""


# Release 2 counted no wrong codes beyond their window.
_FROM_2 = "ALTER TABLE devices ADD COLUMN wrong_in_a_row INTEGER NOT NULL DEFAULT 0;\n"

# Releases 1 to 3 asked nobody who a holder is. His next certificate says it, once.
_BEFORE_4 = """
INSERT OR IGNORE INTO approved_names
    SELECT holder, holder, NULL, NULL, min(made_at) FROM holder_keys GROUP BY holder;
"""

# Releases 2 to 4 had no sessions of confirmations. SQLite takes no new condition on a table that is there.
_SESSIONS = SCHEMA[SCHEMA.index("CREATE TABLE IF NOT EXISTS sessions ("):].partition(";")[0]
_BEFORE_5 = _SESSIONS.replace("sessions (", "sessions_5 (") + """;
INSERT INTO sessions_5 SELECT * FROM sessions;
DROP TABLE sessions;
ALTER TABLE sessions_5 RENAME TO sessions;
"""


class NewerSchema(RuntimeError):
    """The file was written by a later release."""


def prepare(connection: sqlite3.Connection) -> None:
    """All tables as this release wants them, with what an earlier one has left. The caller holds a transaction, with
    foreign keys off. Raises NewerSchema."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise NewerSchema(f"the signer's database has version {version}, newer than {VERSION}")
    first = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tokens'").fetchone() and version == 0
    before = _FROM_1_BEFORE if first else _FROM_2 if version == 2 else ""
    earlier = first or 0 < version < 4
    sessions = _BEFORE_5 if 1 < version < 5 else ""
    for script in (before, sessions, SCHEMA, _FROM_1_AFTER if first else "", _BEFORE_4 if earlier else ""):
        for statement in _statements(script):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
