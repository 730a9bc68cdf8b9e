# SPDX-License-Identifier: Apache-2.0
"""The worker: runs each job when its interval has passed. A job that fails is reported and tried again later."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import close_old_connections, connections

from paraph.kernel.caller import Caller
from paraph.kernel.clock import Clock

logger = logging.getLogger("paraph.jobs")


@dataclass
class Job:
    """`run(caller)` finds its work by query and returns how much it did. `abroad`: it waits for others' answers."""

    name: str
    seconds: float
    run: Callable[[Caller], int]
    abroad: bool = field(default=False, kw_only=True)
    due: datetime | None = field(default=None)


def tick(jobs: list[Job], clock: Clock) -> dict[str, int]:
    """Runs every job that is due once; returns what each did."""
    done = {}
    for job in jobs:
        now = clock.now()
        if job.due is not None and now < job.due:
            continue
        job.due = now + timedelta(seconds=job.seconds)
        try:
            done[job.name] = job.run(Caller.system(at=now, name=f"job:{job.name}")) or 0
        except Exception:  # one job's fault must not stop the others; it is logged and tried again
            logger.exception("job failed", extra={"fields": {"job": job.name}})
        if done.get(job.name):
            logger.info("job", extra={"fields": {"job": job.name, "done": done[job.name]}})
    return done


def run(jobs: list[Job], clock: Clock, stop: threading.Event) -> None:
    """Until `stop`. Jobs that wait for others have a thread of their own: a gateway that hangs keeps no revocation from being
    published."""
    beside = threading.Thread(target=_run, args=([job for job in jobs if job.abroad], clock, stop), name="abroad")
    beside.start()
    try:
        _run([job for job in jobs if not job.abroad], clock, stop)
    finally:
        stop.set()
        beside.join()


def _run(jobs: list[Job], clock: Clock, stop: threading.Event) -> None:
    while not stop.is_set():
        close_old_connections()
        tick(jobs, clock)
        stop.wait(0.5)
    connections.close_all()
