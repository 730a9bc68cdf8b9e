# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin: `@pytest.mark.requirement("R107")` ties a test to a row of docs/requirements.md.

A test that proves a piece of a row says so: `part="later: …"` names what is still to come, `part="here: …"` the piece
itself, and also what comes later, if anything does. A row passes when every test that names it passed, none says "later"
and some test proves it whole; otherwise it is partial. A row with a failing or skipped test does not pass. The plugin
records outcomes in the file that PARAPH_REQUIREMENTS names, over several runs; `python -m testkit.requirements FILE` prints
the ledger.
"""

import os
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROWS_PAGE = Path(__file__).resolve().parents[3] / "docs" / "requirements.md"
ROW = re.compile(r"^\| (R\d{3}) \| (.+?) \|", re.MULTILINE)
IDENTIFIER = re.compile(r"R\d{3}")
PART = re.compile(r"(later|here): \S")
STILL_TO_COME = re.compile(r"\blater\b")


def rows() -> dict[str, str]:
    return dict(ROW.findall(ROWS_PAGE.read_text()))


def pytest_collection_modifyitems(session, config, items):
    known, unknown = rows(), set()
    for item in items:
        for marker in item.iter_markers("requirement"):
            part = marker.kwargs.get("part") or ""
            if part and not PART.match(part):
                raise pytest.UsageError(f"{item.nodeid}: a part begins with 'later: ' or 'here: '")
            for identifier in marker.args:
                if IDENTIFIER.fullmatch(identifier) and identifier not in known:
                    unknown.add(identifier)
                item.user_properties.append(("requirement", f"{identifier}\t{part}"))
    if unknown:
        raise pytest.UsageError(f"tests name rows that do not exist: {', '.join(sorted(unknown))}")


def pytest_runtest_logreport(report):
    """Runs where the results are gathered, also when tests run in several processes."""
    path = os.environ.get("PARAPH_REQUIREMENTS")
    if not path or "PYTEST_XDIST_WORKER" in os.environ or (report.when != "call" and report.outcome == "passed"):
        return
    lines = [f"{value}\t{report.outcome}\n" for name, value in report.user_properties if name == "requirement"]
    if lines:
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(lines)


def ledger(record: Path) -> dict[str, tuple[str, set[str]]]:
    """Each identifier with its state (passing, partial, failing) and what is still to come, or proved in pieces only."""
    outcomes, parts = defaultdict(set), defaultdict(set)
    for line in record.read_text().splitlines():
        identifier, part, outcome = line.split("\t")
        outcomes[identifier].add(outcome)
        parts[identifier].add(part)
    return {identifier: _state(found, parts[identifier]) for identifier, found in outcomes.items()}


def _state(outcomes: set[str], parts: set[str]) -> tuple[str, set[str]]:
    """`parts` of all tests of a row; "" is a test that proves it whole."""
    missing = {part for part in parts if STILL_TO_COME.search(part)} or (set() if "" in parts else parts)
    return "failing" if outcomes != {"passed"} else "partial" if missing else "passing", missing


def main() -> int:
    states = ledger(Path(sys.argv[1]))
    counted = defaultdict(int)
    for row, sentence in rows().items():
        state, parts = states.pop(row, ("untested", set()))
        counted[state] += 1
        if state != "untested":
            later = f"  ({'; '.join(sorted(parts))})" if parts else ""
            print(f"{row}  {state:8}  {sentence[:88]}{later}")
    for clause in sorted(states):
        print(f"{clause}: {states[clause][0]}")
    print(f"Rows: {counted['passing']} passing, {counted['partial']} partial, {counted['failing']} failing, "
          f"{counted['untested']} without a test.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
