# SPDX-License-Identifier: Apache-2.0
"""paraph signer | worker | migrate: the programs of the process tree."""

import argparse
import signal
import threading
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from paraph.interfaces.cli import signer_host
from paraph.interfaces.jobs import schedule, worker
from paraph.kernel import clock
from paraph.signer import server


def register(commands: argparse._SubParsersAction) -> None:
    signer = commands.add_parser("signer", help="run the signer: the only process that opens the key store")
    signer.set_defaults(handler=run_signer)
    jobs = commands.add_parser("worker", help="run the jobs: sealing, deadlines, CRLs, OCSP answers, deliveries")
    jobs.add_argument("--once", action="store_true", help="run every job once and stop")
    jobs.set_defaults(handler=run_worker)
    migrate = commands.add_parser("migrate", help="bring the database to this release's schema")
    migrate.add_argument("--dry-run", action="store_true", help="print what would be done")
    migrate.set_defaults(handler=run_migrate)


def run_signer(parsed: argparse.Namespace) -> int:
    server.serve(Path(settings.SIGNER), Path(settings.DATA) / "signer", settings.KEY_STORE_PASSPHRASE(), clock.bound(),
                 signer_host.store(), signer_host.house())
    return 0


def run_worker(parsed: argparse.Namespace) -> int:
    jobs = schedule.jobs()
    if parsed.once:
        for name, count in worker.tick(jobs, clock.bound()).items():
            print(f"{name}: {count}")
        return 0
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker.run(jobs, clock.bound(), stop)
    return 0


def run_migrate(parsed: argparse.Namespace) -> int:
    call_command("migrate", interactive=False, plan=parsed.dry_run, verbosity=1)
    return 0
