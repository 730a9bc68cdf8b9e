# SPDX-License-Identifier: Apache-2.0
"""./fuzz [TARGET …] [--seconds N]: longer than the tests do, guided by what code is reached (atheris), where there is one.

A finding ends it: its input lies in artifacts/fuzz. Once what it shows is mended, it goes to server/tests/fuzz/corpus/TARGET,
and the tests try it each time.
"""

import argparse
import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
FOUND = Path(__file__).resolve().parents[3] / "artifacts" / "fuzz"


def main() -> int:
    options = argparse.ArgumentParser(prog="./fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("targets", nargs="*", help="all by default")
    options.add_argument("--seconds", type=int, default=60, help="for each target")
    options.add_argument("--runs", type=int, default=-1, help="for each target; without a limit by default")
    options.add_argument("--seed", type=int, default=0, help="the same seed and number of runs try the same again")
    options.add_argument("--within", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.within:
        fuzz(asked.within, asked.seconds, asked.runs, asked.seed)
        return 0
    guided = importlib.util.find_spec("atheris") is not None
    print("guided by atheris" if guided else "atheris is not here: by our own engine, which is not guided", flush=True)
    for name in asked.targets or [name for name in load_targets() if name != "together"]:
        given = ["--seconds", str(asked.seconds), "--runs", str(asked.runs), "--seed", str(asked.seed)]
        done = subprocess.run([sys.executable, "-m", "server.tests.fuzz", "--within", name, *given], check=False)
        print(f"{name}: {'nothing found' if done.returncode == 0 else 'FOUND'}", flush=True)
        if done.returncode:
            return 1
    return 0


def load_targets():
    """What is imported here is watched by atheris, where it guides."""
    importlib.import_module("testkit.environment")  # a data folder of its own, before settings are read
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paraph.config.settings")
    importlib.import_module("django").setup()
    targets = importlib.import_module("server.tests.fuzz.targets")
    return targets.TARGETS | {"together": targets.together()}


def fuzz(name: str, seconds: int, runs: int, seed: int) -> None:
    FOUND.mkdir(parents=True, exist_ok=True)
    kept = CORPUS / name
    if importlib.util.find_spec("atheris") is None:
        unguided(load_targets()[name], seconds, runs, seed)
        return
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["paraph"]):
        target = load_targets()[name]
    with tempfile.TemporaryDirectory() as folder:
        seeds, words = Path(folder) / "seeds", Path(folder) / "words"
        seeds.mkdir()
        for number, content in enumerate(target.seeds()):
            (seeds / str(number)).write_bytes(content)
        words.write_text("".join('"' + "".join(f"\\x{octet:02x}" for octet in word) + '"\n' for word in target.words))
        given = [name, str(seeds), *([str(kept)] if kept.is_dir() else []), f"-max_total_time={seconds}", f"-runs={runs}",
                 f"-seed={seed + 1}", f"-max_len={target.largest}", *([f"-dict={words}"] if target.words else []),
                 f"-artifact_prefix={FOUND / name}-", "-timeout=10", "-rss_limit_mb=1500", "-verbosity=0"]
        atheris.Setup(given, target.run)
        atheris.Fuzz()


def unguided(target, seconds: int, runs: int, seed: int) -> None:
    examples = importlib.import_module("server.tests.fuzz.wounds").examples
    ends = time.monotonic() + seconds
    for content in examples(target, seed, runs if runs >= 0 else sys.maxsize):
        if time.monotonic() > ends:
            return
        try:
            target.run(content)
        except BaseException:
            (FOUND / f"{target.name}-found").write_bytes(content)
            raise


if __name__ == "__main__":
    sys.exit(main())
