# SPDX-License-Identifier: Apache-2.0
"""What a door's second step would cost if its rules cost nothing: below this, no program of ours can get.

Three parts of the very step, with the processor time of each: its statements and commits, within the database driver alone;
its question in the signer's process; and a request that the door answers with a redirect, without a rule or a write.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from bench import people
from bench.house import House
from paraph.domain.authentication import services
from paraph.domain.authentication.services import SecondStepOutcome
from paraph.interfaces.sessions import SessionStore
from paraph.kernel import clock, tokens
from paraph.kernel.caller import Caller
from testkit import holders

# Where a connection speaks with its database: statements, BEGIN (SQLite's), COMMIT.
_TALKS = ("converse", "_start_transaction_under_autocommit", "_commit")


@dataclass(frozen=True)
class Least:
    """Seconds of processor for one code."""

    database: float
    signer: float
    request: float


def measure(made: House, crowd: list[holders.Holder], turns: int) -> Least:
    database = signer = 0.0
    for _ in range(turns):
        made.shift(60)
        waiting = [_first_step(holder, number) for number, holder in enumerate(crowd)]
        before = made.processor_seconds()[1]
        with _talking() as spent:
            for holder, (login, visit, caller) in zip(crowd, waiting, strict=True):
                step = services.check_code(transaction_id=login, code=holder.code(caller.at), caller=caller)
                if step.outcome is not SecondStepOutcome.ACCEPTED:
                    raise RuntimeError(f"a right code was refused: {step.outcome}")
                _entered(visit)
        signer += made.processor_seconds()[1] - before
        database += spent()
    count = turns * len(crowd)
    return Least(database / count, signer / count, _request(made, count))


def _first_step(holder: holders.Holder, number: int) -> tuple[UUID, str, Caller]:
    """The login, the name of the web session that holds it, and who will type the code."""
    caller = Caller(at=clock.bound().now(), channel="web", address=f"127.0.2.{number}", agent="bench",
                    browser=tokens.secret_url())
    step = services.check_first_step(user_id=holder.user_id, password=holders.PASSWORD, device="token", caller=caller)
    visit = SessionStore()
    visit["login_waiting"] = {"login": str(step.transaction_id), "user_id": "x" * 120}
    visit.save()
    return step.transaction_id, visit.session_key, caller


def _entered(name: str) -> None:
    visit = SessionStore(name)
    visit["session"] = visit.pop("login_waiting")
    visit.cycle_key()
    visit.save()


def _request(made: House, count: int) -> float:
    browser = people.Browser(made.url, 0)
    for times in (10, count):
        before = made.processor_seconds()[0]
        for _ in range(times):
            if browser.get("/login/password?next=/my/").status_code != 302:
                raise RuntimeError("the door did not send to its beginning")
    return (made.processor_seconds()[0] - before) / count


@contextmanager
def _talking() -> Iterator[Callable[[], float]]:
    """How long this thread worked within the database driver, in seconds."""
    connection, spent = connections[DEFAULT_DB_ALIAS], 0.0

    def timed(talk: Callable[..., Any]) -> Callable[..., Any]:
        def talking(*arguments: Any) -> Any:
            nonlocal spent
            begun = time.thread_time()
            try:
                return talk(*arguments)
            finally:
                spent += time.thread_time() - begun
        return talking

    for name in _TALKS:
        if hasattr(connection, name):
            setattr(connection, name, timed(getattr(connection, name)))
    try:
        yield lambda: spent
    finally:
        for name in _TALKS:
            vars(connection).pop(name, None)
