# SPDX-License-Identifier: Apache-2.0
"""A signer process that dies at a named point: `python crashing.py POINT SOCKET FOLDER`. Point `none` is the healthy one."""

import os
import sys
from pathlib import Path

from paraph.kernel.clock import SystemClock
from paraph.signer import server, wire
from paraph.signer.record import Event, Record

USES = (Event.HOLDER_SIGNED, Event.KEY_USED, Event.HOLDER_KEYS_MADE)


def die_before_the_record() -> None:
    """The signature exists in memory; neither its line nor anything else is on disk."""
    append = Record.append

    def dying(self, connection, event, at, **facts):
        if event in USES:
            os._exit(9)
        return append(self, connection, event, at, **facts)

    Record.append = dying


def die_before_the_release() -> None:
    """The line is committed; the answer does not leave the process."""
    send = wire.send

    def dying(connection, value):
        answer = value.get("answer")
        if isinstance(answer, bytes | list) or type(answer).__name__ in ("HolderKeys", "Signed"):
            os._exit(9)
        send(connection, value)

    wire.send = dying


if __name__ == "__main__":
    point, path, folder = sys.argv[1:]
    {"before-record": die_before_the_record, "before-release": die_before_the_release, "none": lambda: None}[point]()
    server.serve(Path(path), Path(folder), "passphrase", SystemClock())
