# SPDX-License-Identifier: Apache-2.0
"""One-time codes per second of processor: `python -m bench.otp [--database postgresql] [--codes N]`.

The door's second step (one HTTP request: the code judged in the signer, the login signed with the holder's key,
session, evidence and audit rows written); the signer's judgement alone, through its socket; and privacyIDEA's
/validate/check with PIN and code, as shipped and with its PIN's hash cut to nothing. Last, what the second step would
cost if its rules cost nothing (bench.least). All with right codes, one after the other, on a database of the same
kind on this machine. privacyIDEA (AGPL) is installed from PyPI into an environment of its own beside this file.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import privacyidea
from bench.house import House, house
from testkit.postgresql import Cluster

CROWD = 50
# privacyIDEA takes so long for each that fewer must do.
FEWER = 10


@dataclass(frozen=True)
class Row:
    name: str
    codes: int
    seconds: float
    processor: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.otp", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--codes", type=int, default=400)
    given = parser.parse_args()
    privacyidea.install()
    fewer = max(given.codes // 8, FEWER)
    rows = [_strangers(given.database, fewer, "privacyIDEA 3.14, as shipped", None),
            _strangers(given.database, 2 * fewer, "privacyIDEA 3.14, PIN's hash cut to nothing",
                       privacyidea.NEXT_TO_NOTHING)]
    with house(given.database) as made:
        rows += [_door(made, given.codes), _signer(made, given.codes)]
        least = _least(made, given.codes)
    base = rows[1]
    print(f"{'':45} codes/s   ms of processor   codes per s of processor   times privacyIDEA's second")
    for row in rows:
        rate = row.codes / row.processor
        print(f"{row.name:45} {row.codes / row.seconds:7.0f}   {row.processor / row.codes * 1000:15.2f}   {rate:24.0f}   "
              f"{rate / (base.codes / base.processor):26.1f}")
    print("\nof the door's second step, if its rules cost nothing:")
    for name, seconds in least:
        print(f"{name:45} {seconds * 1000:25.2f} ms   {base.processor / base.codes / seconds:49.1f}")
    return 0


def _least(made: House, codes: int) -> list[tuple[str, float]]:
    from bench import least, people

    part = least.measure(made, people.make(CROWD), max(codes // CROWD, 1))
    return [("its statements and commits, in the driver", part.database), ("its question, in the signer", part.signer),
            ("a redirect of the door, without a write", part.request),
            ("these three", part.database + part.signer + part.request)]


def _row(name: str, processor: Callable[[], float], act: Callable[[int], None], times: int) -> Row:
    before, begun = processor(), time.monotonic()
    for number in range(times):
        act(number)
    return Row(name, times, time.monotonic() - begun, processor() - before)


def _strangers(database: str, codes: int, name: str, parameters: dict[str, int] | None) -> Row:
    from paraph.pki import otp

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = Path(folder)
        if database == "sqlite":
            return _with_strangers(data, f"sqlite:///{data}/privacyidea.sqlite", codes, name, parameters, otp.hotp)
        with Cluster(durable=True) as url:
            return _with_strangers(data, url.replace("postgresql://", "postgresql+psycopg2://"), codes, name, parameters,
                                   otp.hotp)


def _with_strangers(data: Path, url: str, codes: int, name: str, parameters: dict[str, int] | None,
                    hotp: Callable[[bytes, int, int], str]) -> Row:
    seeds = {f"HOTP{number:04d}": bytes([number]) * 20 for number in range(FEWER)}
    with privacyidea.running(data, url, parameters) as stranger:
        for serial, seed in seeds.items():
            stranger.enrol(serial, seed)

        def verify(number: int) -> None:
            serial = f"HOTP{number % FEWER:04d}"
            stranger.verify(serial, hotp(seeds[serial], number // FEWER, 6))

        for number in range(FEWER):
            verify(number)
        return _row(name, stranger.processor_seconds, lambda number: verify(number + FEWER), codes)


def _door(made: House, codes: int) -> Row:
    """Everybody stands at the page of the code before the clock of the measurement runs."""
    from bench import people
    from paraph.kernel import clock

    holders = people.make(CROWD)
    browsers = [people.Browser(made.url, number) for number in range(CROWD)]
    rows = []
    for turn in range(1 + codes // CROWD):
        made.shift(60)
        for browser, holder in zip(browsers, holders, strict=True):
            browser.client.cookies.clear()
            browser.to_the_code(holder)

        def type_code(number: int) -> None:
            answer = browsers[number].types(holders[number].code(clock.bound().now()))
            if answer.headers.get("location") != "/my/":
                raise RuntimeError(f"the code was refused: {answer.status_code}")

        row = _row("", lambda: sum(made.processor_seconds()), type_code, CROWD)
        if turn:
            rows.append(row)
    return Row("Paraph, the door's second step", sum(row.codes for row in rows), sum(row.seconds for row in rows),
               sum(row.processor for row in rows))


def _signer(made: House, codes: int) -> Row:
    """A session for staff and its code: no key is used, as with privacyIDEA. Two questions through the socket."""
    from paraph.kernel import tokens
    from paraph.pki import otp
    from paraph.signer import client

    signer = client.bound()
    seeds = {serial: tokens.token_bytes(20) for serial in (f"E-{number}" for number in range(CROWD))}
    for serial, seed in seeds.items():
        signer.import_token(attempt=serial, serial=serial, seed=seed, method="hotp")

    def verify(number: int) -> None:
        serial = f"E-{number % CROWD}"
        session = signer.open_session(attempt=str(tokens.uuid7()), kind="login", holder=f"staff-{serial}", key_id=None,
                                      hashes=[bytes(32)], labels=["desk"], device_serial=serial)
        outcome = signer.authorise_with_code(
            attempt=str(tokens.uuid7()), session_id=session.session_id, device_serial=serial,
            code=otp.hotp(seeds[serial], number // CROWD, 6))
        if outcome != "accepted":
            raise RuntimeError(f"the signer refused a right code: {outcome}")

    for number in range(CROWD):
        verify(number)
    return _row("Paraph, the signer's judgement alone", lambda: made.processor_seconds()[1],
                lambda number: verify(number + CROWD), codes)


if __name__ == "__main__":
    raise SystemExit(main())
