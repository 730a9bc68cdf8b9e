# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin: `@pytest.mark.requirement("R107")` ties a test to a row; `--requirements` prints the ledger.

A row passes when every test that names it passed and none names a part that is still to come
(`part="later: …"`); such a row is partial. A row without a test, or with a failing or skipped one, does not pass.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

ROW = re.compile(r"^\| (R\d{3}) \| (.+?) \|", re.MULTILINE)


def pytest_addoption(parser):
    parser.addoption("--requirements", action="store_true", help="print which rows of docs/requirements.md pass")


def pytest_configure(config):
    config.stash[_key] = Ledger(config.rootpath / "docs" / "requirements.md")


_key = pytest.StashKey()


class Ledger:
    def __init__(self, path: Path) -> None:
        self.rows = dict(ROW.findall(path.read_text())) if path.exists() else {}
        self.outcomes = defaultdict(list)
        self.parts = defaultdict(set)
        self.unknown = set()

    def state(self, row: str) -> str:
        outcomes = self.outcomes.get(row, [])
        if not outcomes:
            return "untested"
        if any(outcome != "passed" for outcome in outcomes):
            return "failing"
        return "partial" if self.parts[row] else "passing"


def pytest_collection_modifyitems(session, config, items):
    ledger = config.stash[_key]
    for item in items:
        for marker in item.iter_markers("requirement"):
            for identifier in marker.args:
                if re.fullmatch(r"R\d{3}", identifier) and ledger.rows and identifier not in ledger.rows:
                    ledger.unknown.add(identifier)
                if marker.kwargs.get("part"):
                    ledger.parts[identifier].add(marker.kwargs["part"])
    if ledger.unknown:
        raise pytest.UsageError(f"tests name rows that do not exist: {', '.join(sorted(ledger.unknown))}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" or report.outcome != "passed":
        for marker in item.iter_markers("requirement"):
            for identifier in marker.args:
                report.user_properties.append(("requirement", identifier))


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        for name, identifier in report.user_properties:
            if name == "requirement":
                _reports.append((identifier, report.outcome))


_reports = []


def pytest_terminal_summary(terminalreporter, config):
    if not config.getoption("--requirements"):
        return
    ledger = config.stash[_key]
    for identifier, outcome in _reports:
        ledger.outcomes[identifier].append(outcome)
    counted = defaultdict(int)
    terminalreporter.section("requirements")
    for row, sentence in ledger.rows.items():
        state = ledger.state(row)
        counted[state] += 1
        if state != "untested":
            later = f"  ({'; '.join(sorted(ledger.parts[row]))})" if state == "partial" else ""
            terminalreporter.write_line(f"{row}  {state:8}  {sentence[:90]}{later}")
    clauses = sorted(set(ledger.outcomes) - set(ledger.rows))
    for clause in clauses:
        terminalreporter.write_line(f"{clause}  {ledger.state(clause)}")
    terminalreporter.write_line(
        f"{counted['passing']} passing, {counted['partial']} partial, {counted['failing']} failing, "
        f"{counted['untested']} without a test, of {len(ledger.rows)} rows")
