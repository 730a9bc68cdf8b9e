# SPDX-License-Identifier: Apache-2.0
"""paraph worker | migrate. The programs `signer` and `web` start without this module (config.main)."""

import argparse
import signal
import threading

from django.core.management import call_command

from paraph.interfaces.jobs import schedule, worker
from paraph.kernel import clock


def register(commands: argparse._SubParsersAction) -> None:
    jobs = commands.add_parser("worker", help="run the jobs: sealing, deadlines, CRLs, OCSP answers, deliveries")
    jobs.add_argument("--once", action="store_true", help="run every job once and stop")
    jobs.set_defaults(handler=run_worker)
    migrate = commands.add_parser("migrate", help="bring the database to this release's schema")
    migrate.add_argument("--dry-run", action="store_true", help="print what would be done")
    migrate.set_defaults(handler=run_migrate)


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
