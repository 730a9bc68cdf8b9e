# SPDX-License-Identifier: Apache-2.0
"""Do list and OCSP agree on many certificates? `python -m bench.many [--certificates N]`.

A database of its own with a throw-away authority: of three certificates one is suspended or revoked, half of these
each. Everything is published, then `paraph ca check` reads all of it, as an operator would; its exit status is ours.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.many", description=__doc__.splitlines()[0])
    parser.add_argument("--certificates", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = Path(folder)
        os.environ["PARAPH_DATA"] = str(data)
        os.environ["DJANGO_SETTINGS_MODULE"] = "paraph.config.settings"
        import django

        django.setup(set_prefix=False)
        from bench import rows

        begun = time.monotonic()
        states = rows.fill_many(data, given.certificates)
        print(f"{states} made and published in {time.monotonic() - begun:.0f} s", flush=True)
        begun = time.monotonic()
        process = subprocess.Popen([sys.executable, "-m", "paraph.config.main", "ca", "check"])
        _, status, used = os.wait4(process.pid, 0)
        print(f"checked in {time.monotonic() - begun:.0f} s: {used.ru_utime + used.ru_stime:.0f} s of processor, "
              f"at most {used.ru_maxrss / 1024:.0f} MB")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
