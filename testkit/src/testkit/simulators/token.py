# SPDX-License-Identifier: Apache-2.0
"""A simulated Token: `paraph-token SERIAL` is the press of its button.

It has its own copy of the seed, in DATA/simulators/tokens.json, and its own few lines of RFC 4226: it imports nothing
of the server, so that the two can only agree by following the same standard.
"""

import argparse
import fcntl
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class SimulatedToken:
    """`seed` in hex. `counter` counts the presses of an event-based Token; a time-based one has a clock instead."""

    serial: str
    seed: str
    method: str = "totp"
    digits: int = 6
    step_seconds: int = 30
    counter: int = 0


class UnknownToken(LookupError):
    """No Token of this serial number lies in this folder."""


def _code(token: SimulatedToken, counter: int) -> str:
    mac = hmac.new(bytes.fromhex(token.seed), counter.to_bytes(8, "big"), hashlib.sha1).digest()
    start = mac[-1] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**token.digits).rjust(token.digits, "0")


def press(data: Path, serial: str, ago: int = 0, now: float | None = None) -> str:
    """The digits that the Token shows at `now` (seconds since 1970), or showed `ago` codes before.

    A press makes an event-based Token count on; looking back (`ago` above 0) does not. Raises UnknownToken, ValueError.
    """
    if ago < 0:
        raise ValueError("a Token does not show codes of the future")
    with _tokens(Path(data)) as tokens:
        if serial not in tokens:
            raise UnknownToken(serial)
        token = tokens[serial]
        if token.method == "hotp":
            shown = token.counter if ago == 0 else token.counter - 1 - ago
            if shown < 0:
                raise ValueError("this Token has not shown so many codes yet")
            if ago == 0:
                token.counter += 1
            return _code(token, shown)
        step = int((_now() if now is None else now) // token.step_seconds) - ago
        return _code(token, step)


def write_seeds(data: Path, tokens: Iterable[SimulatedToken]) -> None:
    """These Tokens lie in DATA/simulators from now on, beside those already there. Readable by this user only."""
    with _tokens(Path(data), make=True) as stored:
        for token in tokens:
            stored[token.serial] = token


@contextmanager
def _tokens(data: Path, make: bool = False) -> Iterator[dict[str, SimulatedToken]]:
    """All Tokens of the folder, under a lock; what was changed inside is stored at the end."""
    folder = data / "simulators"
    path = folder / "tokens.json"
    if make:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    elif not path.exists():
        raise UnknownToken(f"there is no {path}")
    with open(os.open(folder / "tokens.lock", os.O_RDWR | os.O_CREAT, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = json.loads(path.read_text()) if path.exists() else []
        tokens = {entry["serial"]: SimulatedToken(**entry) for entry in before}
        yield tokens
        after = [asdict(token) for token in tokens.values()]
        if after != before:
            draft = folder / "tokens.draft"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(after, file, indent=1)
            draft.replace(path)


def _now() -> float:
    """The time of day. A demonstration whose clock is shifted (PARAPH_TEST_CLOCK) shifts its simulators too."""
    shift = 0.0
    scripted = os.environ.get("PARAPH_TEST_CLOCK")
    if scripted:
        try:
            shift = float(Path(scripted).read_text())
        except (FileNotFoundError, ValueError):
            shift = 0.0
    return time.time() + shift


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="paraph-token", description="Presses the button of a simulated Token.")
    parser.add_argument("serial", metavar="SERIAL", help="the number on its back")
    parser.add_argument("--data", metavar="DIR", default=os.environ.get("PARAPH_DATA", "data"),
                        help="the folder of the demonstration (default: data)")
    parser.add_argument("--ago", metavar="N", type=int, default=0, help="the code that it showed N codes ago")
    given = parser.parse_args(arguments)
    try:
        print(press(Path(given.data), given.serial, given.ago))
    except UnknownToken:
        print(f"There is no simulated Token {given.serial} in {given.data}.", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"{error}.".capitalize(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
