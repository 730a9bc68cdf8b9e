# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/operate agree with the code: jobs with their intervals, findings of verify, health's parts."""

import re
from pathlib import Path

from paraph.domain.audit import verification
from paraph.interfaces.jobs import schedule
from paraph.kernel import rules

from .reading import ROOT

DAILY = (ROOT / "docs/operate/daily.md").read_text()
INCIDENTS = (ROOT / "docs/operate/incidents.md").read_text()


def test_every_job_is_in_the_table_with_its_interval():
    shown = re.findall(r"^\| `([a-z-]+)` \| (\d+) s \|", DAILY, re.MULTILINE)
    assert sorted(shown) == sorted((job.name, str(job.seconds)) for job in schedule.jobs())


def test_every_finding_of_verify_is_explained():
    codes = set(re.findall(r'Finding\("(\w+)"', Path(verification.__file__).read_text()))
    assert len(codes) >= 9
    assert codes == set(re.findall(r"^\| `([a-z_]+)` \| ", INCIDENTS.partition("## The log does not hold")[2], re.MULTILINE))


def test_the_deadlines_are_those_of_the_rules():
    current = rules.Rules()
    for words in (f"{current.activation_days} days", f"{current.suspension_days} days", f"{current.lockout_hours} hours",
                  f"{current.certificate_years} years", f"{current.approval_hours} hours"):
        assert words in DAILY.partition("## Deadlines")[2]
