# SPDX-License-Identifier: Apache-2.0
"""Can a stranger tell by the clock? `python -m bench.answers [--database postgresql] [--samples N]`.

Times of the door's first step over HTTP for a UserID that nobody has, a wrong password, and a blocked account with a wrong
and with the right password, in random order, each from an address of its own. Every case is compared with the first: the
difference of means with its 95 % interval, and how often the slower one of a random pair is of that case (0.50: a guess).
"""

import argparse
import random
import statistics
import time

from bench.house import House, house

# A holder gets so many wrong passwords, fewer than block him.
WRONG_EACH = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.answers", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--samples", type=int, default=300)
    given = parser.parse_args()
    with house(given.database) as made:
        _print(_times(made, given.samples))
    return 0


def _times(made: House, samples: int) -> dict[str, list[float]]:
    from bench import people
    from paraph.kernel import tokens
    from testkit.holders import PASSWORD

    *holders, blocked = people.make(samples // WRONG_EACH + 1)
    number = 0

    def knock(user_id: str, password: str) -> float:
        nonlocal number
        number += 1
        browser = people.Browser(made.url, number)
        address = "/login/password?device=token&next=/my/"
        browser.get(address)
        begun = time.perf_counter()
        answer = browser.send(address, user_id=user_id, password=password)
        seconds = time.perf_counter() - begun
        browser.client.close()
        if answer.status_code != 200:
            raise RuntimeError(f"the door answered {answer.status_code}")
        return seconds

    for _ in range(5):
        knock(blocked.user_id, "Wrong1")
    turns = [("unknown UserID", tokens.user_id(), "Wrong1") for _ in range(samples)]
    turns += [("wrong password", holder.user_id, "Wrong1") for holder in holders for _ in range(WRONG_EACH)]
    turns += [("blocked, wrong password", blocked.user_id, "Wrong1") for _ in range(samples)]
    turns += [("blocked, right password", blocked.user_id, PASSWORD) for _ in range(samples)]
    random.shuffle(turns)
    found: dict[str, list[float]] = {}
    for name, user_id, password in turns:
        found.setdefault(name, []).append(knock(user_id, password))
    return found


def _print(found: dict[str, list[float]]) -> None:
    base = found["unknown UserID"]
    print(f"{'':26} samples   median ms    mean ms   difference of means (95 %)     slower in pairs (chance: 95 %)")
    for name, times in sorted(found.items(), key=lambda item: item[0] != "unknown UserID"):
        difference = statistics.fmean(times) - statistics.fmean(base)
        margin = 1.96 * (statistics.variance(times) / len(times) + statistics.variance(base) / len(base)) ** 0.5
        slower = sum((one > other) + (one == other) / 2 for one in times for other in base) / (len(times) * len(base))
        # As the rank-sum test has it: how far from a half equal answers come by chance.
        chance = 1.96 * ((len(times) + len(base) + 1) / (12 * len(times) * len(base))) ** 0.5
        print(f"{name:26} {len(times):7}   {statistics.median(times) * 1000:9.2f}   {statistics.fmean(times) * 1000:8.2f}   "
              f"{difference * 1000:+8.2f} ± {margin * 1000:.2f} ms   {slower:19.2f} (0.50 ± {chance:.2f})")


if __name__ == "__main__":
    raise SystemExit(main())
