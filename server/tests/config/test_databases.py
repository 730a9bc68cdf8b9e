# SPDX-License-Identifier: Apache-2.0
"""Tests asked for on PostgreSQL run there, or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments, **environment):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("PARAPH_", "PYTEST_")) and name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "server/tests/limits", "-k", "the_last_try or counts_apart or costs_nothing",
         "--collect-only", *arguments],
        cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True)


@pytest.mark.parametrize("spelling", [("--database=postgresql",), ("--database", "postgresql")])
def test_both_spellings_choose_what_runs_on_both(spelling):
    done = run(*spelling)
    assert done.returncode == 0, done.stdout
    assert "test_limits.py: 1\n" in done.stdout, "only what runs on both is chosen"


def test_without_it_all_of_them_run_on_sqlite():
    assert "test_limits.py: 2\n" in run().stdout


def test_another_way_of_asking_is_refused():
    done = run(PYTEST_ADDOPTS="--database=postgresql")
    assert done.returncode == 4 and "write --database=postgresql" in done.stderr
