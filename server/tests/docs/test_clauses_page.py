# SPDX-License-Identifier: Apache-2.0
"""The clause matrix says nothing that no test says any more, and ends with the gaps as they stand."""

import ast
import re
from pathlib import Path

import pytest

from testkit import clauses

ROOT = Path(__file__).resolve().parents[3]
STANDARDS = ROOT / "docs" / "standards"
LINE = re.compile(r"^\| ([^|]+) \| [^|]+ \| `([^`:]+)::([^`]+)` \| ([^|]+) \|$", re.MULTILINE)


def markers(path):
    """(clause, test) of each requirement marker in a file; a mark of the whole file counts for each of its tests."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    everywhere = [
        clause for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark"
        for clause in named(node.value)]
    for test in tests:
        for clause in [*everywhere, *(clause for decorator in test.decorator_list for clause in named(decorator))]:
            yield clause, test.name


def named(node):
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "requirement":
            yield from (argument.value for argument in call.args if isinstance(argument, ast.Constant))


@pytest.fixture(scope="module")
def page():
    return (STANDARDS / "clauses.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def proved():
    return {
        (clause, path.name, test)
        for path in (ROOT / "server" / "tests").rglob("test_*.py") for clause, test in markers(path)
    }


def test_each_line_is_a_test_that_names_its_clause(page, proved):
    lines = LINE.findall(page)
    assert len(lines) > 50
    made_anew = "python -m testkit.clauses"
    assert {(clause, file, test) for clause, file, test, _result in lines} <= proved, made_anew


def test_each_line_says_that_its_test_passed(page):
    assert {result for *_, result in LINE.findall(page)} == {"passed"}


def test_it_ends_with_the_gaps(page):
    assert page == clauses.with_gaps(page), "python -m testkit.clauses --gaps"
