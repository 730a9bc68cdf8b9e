# SPDX-License-Identifier: Apache-2.0
"""What has ended long ago is forgotten: sessions, and the answers to attempts.

Nothing that keeps a code from working twice is among it: the steps and counters that were accepted last stay with the
device, and an attempt that is asked again after its answer was forgotten finds its session used up, over, or gone.
Answers that made something lasting stay for ever, because the same question may come again for years.
"""

from datetime import datetime, timedelta

from paraph.kernel import rules
from paraph.signer.database import Database, to_microseconds

# In one transaction, so that nobody waits long.
MOST_AT_ONCE = 1000
_PAUSE = timedelta(hours=1)
_LASTING = ("make_key", "make_holder_keys", "destroy_key", "import_token", "import_scan", "grant_device",
            "retire_device", "trust_agent", "dismiss_agent", "open_ceremony", "close_ceremony", "admit_authority",
            "allow_certificate", "accept_audit_loss", "rearm_device", "trust_registrar", "dismiss_registrar", "admit_name",
            "approve_name", "add_passkey", "remove_passkey")


class Upkeep:
    def __init__(self) -> None:
        self._next: datetime | None = None

    def forget(self, database: Database, at: datetime) -> int:
        """Looks once an hour, and goes on at the next call while there is more. Returns how many rows are gone."""
        if self._next is not None and at < self._next:
            return 0
        before = to_microseconds(at - timedelta(days=rules.current().signer_keep_days))
        lasting = ",".join("?" * len(_LASTING))
        with database.transaction() as connection:
            gone = connection.execute(
                f"DELETE FROM attempts WHERE rowid IN (SELECT rowid FROM attempts WHERE at < ? "
                f"AND call NOT IN ({lasting}) ORDER BY at LIMIT ?)", (before, *_LASTING, MOST_AT_ONCE)).rowcount
            ended = [row["session_id"] for row in connection.execute(
                "SELECT session_id FROM sessions WHERE expires_at < ?1 AND coalesce(usable_until, 0) < ?1 "
                "ORDER BY expires_at LIMIT ?2", (before, MOST_AT_ONCE))]
            for table in ("scan_activations", "scan_challenges", "logins", "sessions"):
                connection.executemany(f"DELETE FROM {table} WHERE session_id = ?", [(name,) for name in ended])
        if max(gone, len(ended)) < MOST_AT_ONCE:
            self._next = at + _PAUSE
        return gone + len(ended)
