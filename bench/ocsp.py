# SPDX-License-Identifier: Apache-2.0
"""Stored OCSP answers per second: `python -m bench.ocsp [--certificates N] [--seconds S]`.

In one run, over the same serials and with the same kind of key (P-256): the web process as `paraph web` starts it; a bare
callable behind the same front, in its loop and in a thread; and `openssl ocsp`, which signs each answer and closes each
connection. Below them: epoll with a `recv` and a `send`. Then answers to nonces, with the signer in the same process, beside
building and signing the same answers without a server. Servers are bound to one processor, the load to the others.
"""

import argparse
import datetime
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import load, population
from paraph.pki import der, oids


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ocsp", description=__doc__.splitlines()[0])
    parser.add_argument("--certificates", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = Path(folder)
        print(f"Making {given.certificates} certificates and their stored answers …", flush=True)
        made = population.make(data, given.certificates)
        print(f"  {made.answers} answers signed and stored in {made.seconds:.1f} s", flush=True)
        rows = list(_run(data, made, given.seconds))
        live = list(_run_live(data, made, given.seconds))
    _print(rows)
    _print_live(live)
    return 0


def _run(data: Path, made: population.Population, seconds: float) -> Iterator[tuple[str, str, load.Measured]]:
    kept = [load.post("/pki/ocsp", request, keep_alive=True) for request in made.requests]
    anew = [load.post("/pki/ocsp", request, keep_alive=False) for request in made.requests]
    environment = {"PARAPH_DATA": str(data), "BENCH_ANSWER_OCTETS": str(made.answer_octets)}
    for label, target in (("bare callable, in the loop", "bench.bare:at_once"),
                          ("bare callable, in a thread", "bench.bare:in_a_thread"),
                          ("paraph", "paraph.config.wsgi:application")):
        command = [sys.executable, "-m", "paraph.config.web", target, "--port", "{port}"]
        with _server(command, environment, anew[0]) as (port, process):
            # The first question about a certificate goes to the database.
            _ask_all(port, kept)
            yield label, "kept", load.measure(port, kept, seconds, process, keep_alive=True)
            yield label, "anew", load.measure(port, anew, seconds, process, keep_alive=False)
    with _server([sys.executable, "-m", "bench.floor", "{port}"], environment, anew[0]) as (port, process):
        yield "recv and send alone", "kept", load.measure(port, kept, seconds, process, keep_alive=True)
        yield "recv and send alone", "anew", load.measure(port, anew, seconds, process, keep_alive=False)
    command = ["openssl", "ocsp", "-index", "index.txt", "-CA", "authority.pem", "-rsigner", "responder.pem",
               "-rkey", "responder.key", "-port", "{port}", "-nmin", "60", "-ignore_err"]
    with _server(command, {}, anew[0], folder=data) as (port, process):
        yield "openssl ocsp", "anew", load.measure(port, anew, seconds, process, keep_alive=False)


def _run_live(data: Path, made: population.Population, seconds: float) -> Iterator[tuple[str, float]]:
    """(what, answers per second of processor time)"""
    environment = {"PARAPH_DATA": str(data)}
    done = subprocess.run([sys.executable, "-m", "bench.live", str(seconds)], env={**os.environ, **environment},
                          stdout=subprocess.PIPE, text=True, check=True)
    alone = json.loads(done.stdout)
    yield "built and signed by a key alone, no server", alone["key"]
    yield "built and signed by the signer, no server", alone["signer"]
    asked = [load.post("/pki/ocsp", with_nonce(request), keep_alive=True) for request in made.requests[:200]]
    command = [sys.executable, "-m", "paraph.config.web", "bench.live:application", "--port", "{port}"]
    with _server(command, environment, asked[0]) as (port, process):
        _ask_all(port, asked)
        yield "paraph, kept connections", load.measure(
            port, asked, seconds, process, keep_alive=True).per_processor_second


def with_nonce(request: bytes) -> bytes:
    """The same question with a nonce of 32 octets."""
    (requests,) = der.read(request).children()[0].children()
    nonce = der.octet_string(der.octet_string(os.urandom(32)))
    extension = der.sequence(der.object_identifier(oids.OCSP_NONCE), nonce)
    return der.sequence(der.sequence(requests.encoding, der.explicit(2, der.sequence(extension))))


@contextmanager
def _server(
    command: list[str], environment: dict[str, str], request: bytes, folder: Path | None = None,
) -> Iterator[tuple[int, int]]:
    """Run a server on the first processor, and this process on the others. Gives its port and process number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    everything = os.sched_getaffinity(0)
    server, *others = sorted(everything)
    os.sched_setaffinity(0, {server})
    try:
        process = subprocess.Popen([part.format(port=port) for part in command], env={**os.environ, **environment},
                                   cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finally:
        os.sched_setaffinity(0, set(others) or everything)
    try:
        _wait(port, process, request)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)
        os.sched_setaffinity(0, everything)


def _wait(port: int, process: subprocess.Popen, request: bytes) -> None:
    """Until the server answers a question. An empty connection would do, but `openssl ocsp` does not survive one."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped with status {process.returncode}")
        try:
            _ask_all(port, [request])
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def _ask_all(port: int, requests: list[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for request in requests:
            connection.sendall(request)
            data = b""
            while not load.is_whole(data):
                received = connection.recv(65536)
                if not received:
                    raise ConnectionResetError("no answer")
                data += received


def _print(rows: list[tuple[str, str, load.Measured]]) -> None:
    found = {(label, kind): measured for label, kind, measured in rows}
    openssl = found["openssl ocsp", "anew"].per_processor_second
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    print(f"\nload {os.getloadavg()[0]:.1f}, {today}, Python {sys.version.split()[0]}, {_processor()}\n")
    print("| | connection | answers/s | answers per s of processor | of the bare callable | of openssl ocsp |")
    print("|---|---|---|---|---|---|")
    for label, kind, measured in rows:
        bare = found.get(("bare callable, in the loop", kind))
        of_bare = f"{measured.per_processor_second / bare.per_processor_second:.2f}" if bare else "–"
        print(f"| {label} | {kind} | {measured.per_second:,.0f} | {measured.per_processor_second:,.0f} | {of_bare} "
              f"| {measured.per_processor_second / openssl:.2f} |")


def _print_live(rows: list[tuple[str, float]]) -> None:
    found = dict(rows)
    print("\n| with a nonce | answers per s of processor | of the signer alone |\n|---|---|---|")
    for name, rate in rows:
        print(f"| {name} | {rate:,.0f} | {rate / found['built and signed by the signer, no server']:.2f} |")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()}, {os.cpu_count()} processors"
    return f"{os.cpu_count()} processors"


if __name__ == "__main__":
    sys.exit(main())
