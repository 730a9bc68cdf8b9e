# SPDX-License-Identifier: Apache-2.0
"""What a whole Token login costs the servers: `python -m bench.login [--database postgresql] [--logins N]`.

Over HTTP: the chooser of devices, the page of the password, the password, the page of the code, the code. Measured is the
processor time of web process and signer, and of one check of a password hash as this installation stores it.
"""

import argparse
import time

from bench.house import House, house

HOLDERS = 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.login", description=__doc__.splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--logins", type=int, default=400)
    given = parser.parse_args()
    with house(given.database) as made:
        _measure(made, given.logins)
    return 0


def _measure(made: House, logins: int) -> None:
    from bench import people
    from paraph.kernel import clock

    holders = people.make(HOLDERS)
    browsers = [people.Browser(made.url, number) for number in range(HOLDERS)]

    def round_of_logins() -> list[float]:
        made.shift(60)
        seconds = []
        for browser, holder in zip(browsers, holders, strict=True):
            browser.client.cookies.clear()
            begun = time.monotonic()
            browser.logs_in(holder, clock.bound().now())
            seconds.append(time.monotonic() - begun)
        return seconds

    round_of_logins()
    before, seconds = made.processor_seconds(), []
    for _ in range(max(1, logins // HOLDERS)):
        seconds += round_of_logins()
    web, signer = (after - start for after, start in zip(made.processor_seconds(), before, strict=True))
    hash_seconds = _hash_seconds()
    seconds.sort()
    each = (web + signer) / len(seconds)
    print(f"{len(seconds)} logins, one after the other: median {seconds[len(seconds) // 2] * 1000:.0f} ms, "
          f"95 of 100 within {seconds[len(seconds) * 95 // 100] * 1000:.0f} ms")
    print(f"one check of a password hash   {hash_seconds * 1000:6.1f} ms of processor")
    print(f"one login, web process         {web / len(seconds) * 1000:6.1f}")
    print(f"one login, signer              {signer / len(seconds) * 1000:6.1f}")
    print(f"one login, both                {each * 1000:6.1f}   {each / hash_seconds:.2f} times its password hash")


def _hash_seconds(times: int = 100) -> float:
    from paraph.kernel import secrets

    stored = secrets.hash_secret("Lilas85a", "password")
    begun = time.process_time()
    for _ in range(times):
        secrets.verify_secret("Lilas85a", stored, "password")
    return (time.process_time() - begun) / times


if __name__ == "__main__":
    raise SystemExit(main())
