# SPDX-License-Identifier: Apache-2.0
"""Part of a web process: threads that submit codes. `python submitting.py SIGNER DATABASE THREADS`.

Each line of standard input is one salvo, the instant and pairs of a login and a code. All are submitted together; the
answer is a line with each outcome, or the error that came in its place.
"""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import django
from django.db import connections

os.environ["DJANGO_SETTINGS_MODULE"] = "paraph.config.settings"
django.setup(set_prefix=False)

from paraph.domain.authentication import services  # noqa: E402  (needs the settings)
from paraph.kernel.caller import Caller  # noqa: E402
from paraph.signer import client  # noqa: E402


def submit(start: threading.Barrier, at: datetime, login: str, code: str) -> str:
    start.wait()
    try:
        caller = Caller(at=at, channel="web", trace="0" * 32)
        return services.check_code(transaction_id=login, code=code, caller=caller).outcome.value
    except Exception as error:  # told to the test, which wants none
        return f"{type(error).__name__}: {error}"


def main(signer: str, database: str, threads: str) -> None:
    client.bind(client.SocketSigner(signer))
    connections.databases["default"]["NAME"] = database
    start = threading.Barrier(int(threads))
    with ThreadPoolExecutor(int(threads)) as pool:
        print("ready", flush=True)
        for line in sys.stdin:
            salvo = json.loads(line)
            at = datetime.fromisoformat(salvo["at"])
            under_way = [pool.submit(submit, start, at, login, code) for login, code in salvo["submissions"]]
            print(json.dumps([one.result() for one in under_way]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
