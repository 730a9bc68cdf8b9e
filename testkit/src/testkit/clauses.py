# SPDX-License-Identifier: Apache-2.0
"""The clause matrix: which clause of a standard is kept by what, and which test proves it.

`python -m testkit.clauses` runs every test that names a clause (`@pytest.mark.requirement("EN 319 411-1 6.3.6")`), and
writes docs/standards/clauses.md: clause, mechanism (what the test says), test, result; then the rules of the gate, each with
its clause and the number of certificates that only it refuses; then docs/standards/gaps.md, written by hand. With `--gaps`
it runs nothing and takes over that last part alone.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from paraph.pki.lint import RULES

ROW = re.compile(r"R\d{3}")
REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs" / "standards" / "clauses.md"
GAPS = REPOSITORY / "docs" / "standards" / "gaps.md"
MUTATIONS = "test_a_wrong_certificate_is_refused_by_its_rule_alone"


class Matrix:
    """A pytest plugin that keeps the tests with a clause and their outcomes."""

    def __init__(self):
        self.clauses = defaultdict(dict)
        self.outcomes = defaultdict(set)
        self.mutations = defaultdict(int)
        self.mechanisms = {}

    def pytest_collection_modifyitems(self, config, items):
        kept = []
        for item in items:
            clauses = {
                clause for marker in item.iter_markers("requirement") for clause in marker.args
                if not ROW.fullmatch(clause)
            }
            test = item.nodeid.partition("[")[0]
            for clause in clauses:
                self.clauses[clause][test] = None
            is_mutation = MUTATIONS in test
            if is_mutation:
                self.mutations[item.callspec.params["rule"]] += 1
            if clauses or is_mutation:
                kept.append(item)
                sentence = (item.function.__doc__ or "").strip().partition("\n")[0]
                self.mechanisms[test] = sentence or item.function.__name__.removeprefix("test_").replace("_", " ")
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid.partition("[")[0]].add(report.outcome)

    def result(self, test):
        found = self.outcomes[test]
        return "passed" if found == {"passed"} else "skipped" if found == {"skipped"} else "FAILED" if found else "not run"


def page(matrix: Matrix) -> str:
    lines = [
        "# Clauses", "",
        "Made by `python -m testkit.clauses` from the tests; not written by hand. A clause stands here because a test that",
        "can fail names it. What is not kept yet, or only in part, stands at the end.", "",
        "| clause | mechanism | test | result |", "|---|---|---|---|",
    ]
    for clause in sorted(matrix.clauses):
        for test in sorted(matrix.clauses[clause]):
            file, _, name = test.partition("::")
            lines.append(f"| {clause} | {matrix.mechanisms[test]} | `{Path(file).name}::{name}` | {matrix.result(test)} |")
    mutated = next((matrix.result(test) for test in matrix.outcomes if MUTATIONS in test), "not run")
    lines += [
        "", "## Rules of the pre-issuance gate", "",
        "Each is proved by certificates that it alone refuses "
        f"(`test_lint.py::{MUTATIONS}`: {mutated}).", "",
        "| clause | rule | certificates that only it refuses |", "|---|---|---|",
    ]
    lines += [
        f"| {rule.clause} | {rule.code} | {matrix.mutations[rule.code] or 'in a test of its own'} |" for rule in RULES
    ]
    return with_gaps("\n".join(lines))


def with_gaps(results: str) -> str:
    """The page with the gaps as they stand now behind its results."""
    gaps = GAPS.read_text(encoding="utf-8")
    before, _, _ = results.partition(gaps.splitlines()[0])
    return f"{before.rstrip()}\n\n{gaps.rstrip()}\n"


def main(arguments: list[str]) -> int:
    if arguments == ["--gaps"]:
        PAGE.write_text(with_gaps(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    matrix = Matrix()
    status = pytest.main(["-q", *(arguments or [str(REPOSITORY / "server" / "tests")])], plugins=[matrix])
    PAGE.write_text(page(matrix), encoding="utf-8")
    print(f"{PAGE.relative_to(REPOSITORY)}: {len(matrix.clauses)} clauses.")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
