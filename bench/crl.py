# SPDX-License-Identifier: Apache-2.0
"""A revocation list with many entries: `python -m bench.crl [--entries N]`.

In one run: the first list, made from the database alone; the next ones after a hundred suspensions each, made from the one
before, the third and later in the place of a superseded one; hashing the same octets alone, below which nobody can get; and
`openssl ca -gencrl` over as many serials.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import population


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.crl", description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = Path(folder)
        print(f"Making {given.entries} rows …", flush=True)
        _step("fill", data, given.entries)
        cold = _step("publish", data, given.entries)
        next_ones = []
        for _ in range(4):
            _step("change", data, given.entries)
            next_ones.append(_step("publish", data, given.entries))
        alone = _step("hash", data, given.entries)
        verified = _openssl_reads(data)
        peer = _openssl_makes(data, given.entries)
    last = next_ones[-1]
    print(f"\n{last['entries']:,} entries, {last['octets']:,} octets, openssl says: {verified}, "
          f"load {os.getloadavg()[0]:.1f}\n")
    print("| | processor s | elapsed s | memory MB | of hashing alone |\n|---|---|---|---|---|")
    numbered = [(f"with a hundred new entries, list {number}", row) for number, row in enumerate(next_ones, 2)]
    for name, row in (("the first list, cold", cold), *numbered):
        print(f"| {name} | {row['processor']:.2f} | {row['seconds']:.2f} | {row['megabytes']:.0f} (before: "
              f"{row['started']:.0f}) | {row['processor'] / alone['processor']:.1f} |")
    print(f"| hashing alone | {alone['processor']:.3f} | | | 1.0 |")
    print(f"| openssl ca -gencrl | {peer['processor']:.2f} | | {peer['megabytes']:.0f} "
          f"| {peer['processor'] / alone['processor']:.1f} |")
    return 0


def _step(name: str, data: Path, count: int) -> dict:
    done = subprocess.run([sys.executable, "-m", "bench.lists", name, str(data), str(count)],
                          stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _openssl_reads(data: Path) -> str:
    done = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", "list.crl", "-noout", "-CAfile", "issuing.pem"],
                          cwd=data, capture_output=True, text=True)
    return done.stderr.strip()


def _openssl_makes(data: Path, count: int) -> dict:
    population.openssl_files(data, [f"{(1 << 158) + number:x}" for number in range(count)], revoked=1)
    (data / "crlnumber").write_text("01\n")
    (data / "ca.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\n"
        "default_crl_days=1\ncertificate=authority.pem\nprivate_key=authority.key\n")
    process = subprocess.Popen(["openssl", "ca", "-gencrl", "-config", "ca.cnf", "-out", "peer.pem"], cwd=data,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"openssl ca stopped with status {status}")
    return {"processor": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}


if __name__ == "__main__":
    sys.exit(main())
