# SPDX-License-Identifier: Apache-2.0
"""The rules of pyproject.toml ([tool.ruff]) hold for every file."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_ruff_finds_nothing():
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", "."], cwd=ROOT,
                          capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
