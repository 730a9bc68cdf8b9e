# SPDX-License-Identifier: Apache-2.0
"""What takes bytes from strangers, each with examples to begin from and with what must hold whatever comes.

A target raises nothing: a refusal that the reader documents is an answer. What holds of an answer is asserted, so that not
only crashes are found. `face` targets need Django's settings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
KEY = bytes(range(32))


@dataclass(frozen=True)
class Target:
    """`largest` bounds what is tried, in octets; `tries` how often within the tests."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    largest: int = 4096
    tries: int = 300
    words: tuple[bytes, ...] = ()
    slow: bool = False


TARGETS: dict[str, Target] = {}


def target(name: str, seeds: Callable[[], list[bytes]], **given) -> Callable:
    def keep(run: Callable[[bytes], None]) -> Callable[[bytes], None]:
        TARGETS[name] = Target(name, run, seeds, **given)
        return run
    return keep
