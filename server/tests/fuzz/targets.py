# SPDX-License-Identifier: Apache-2.0
"""All targets: the modules that are imported here have filled the table."""

from server.tests.fuzz import readers, web  # noqa: F401
from server.tests.fuzz.target import TARGETS, Target


def together() -> Target:
    """All that are fast as one: the first octet says which one gets the rest."""
    fast = [one for one in TARGETS.values() if not one.slow]

    def run(data: bytes) -> None:
        if data:
            fast[data[0] % len(fast)].run(data[1:])

    return Target(
        "together", run, lambda: [bytes((place,)) + seed for place, one in enumerate(fast) for seed in one.seeds()],
        words=tuple(word for one in fast for word in one.words))
