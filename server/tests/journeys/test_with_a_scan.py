# SPDX-License-Identifier: Apache-2.0
"""The main story on the real process tree with a Scan as the only device: order, two images, login, signature, forgotten
password, suspension, reactivation, revocation."""

import json
import subprocess
import sys

import pytest


@pytest.mark.both_databases
@pytest.mark.timeout(700)
@pytest.mark.requirement("R108", "R207", part="here: the demonstration's pages; times and attacks in other tests")
def test_every_step_of_the_story_holds(tmp_path, environment):
    done = subprocess.run(
        [sys.executable, "-m", "paraph.config.main", "smoke", "--device", "scan", "--artifacts", str(tmp_path / "left"),
         "--data", str(tmp_path / "data")], capture_output=True, text=True, timeout=600,
        env=environment)
    report = json.loads((tmp_path / "left" / "report.json").read_text()) if done.returncode == 0 else []
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    assert [step["step"] for step in report if not step["held"]] == [] and len(report) == 13
