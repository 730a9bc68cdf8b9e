# SPDX-License-Identifier: Apache-2.0
"""`./test --requirements` says of a row what its tests prove: no more, and no less."""

import re
from pathlib import Path

import pytest

from testkit import requirements

pytest_plugins = ["pytester"]
MARK = re.compile(r'requirement\(((?:"[^"]+"(?:, )?)+)(?:part="([^"]*)")?\)')
TESTS = Path(__file__).resolve().parents[1]


def told(tmp_path, *lines):
    record = tmp_path / "record"
    record.write_text("".join(f"R108\t{part}\t{outcome}\n" for part, outcome in lines))
    return requirements.ledger(record)["R108"]


@pytest.mark.parametrize(("lines", "state", "missing"), [
    ([("", "passed")], "passing", set()),
    ([("", "passed"), ("here: the page", "passed")], "passing", set()),
    ([("here: the page", "passed")], "partial", {"here: the page"}),
    ([("", "passed"), ("later: the app", "passed")], "partial", {"later: the app"}),
    ([("", "passed"), ("here: three years; the reminders later", "passed")], "partial",
     {"here: three years; the reminders later"}),
    ([("", "passed"), ("", "failed")], "failing", set()),
    ([("", "skipped")], "failing", set()),
    ([("", "passed"), ("later: the app", "failed")], "failing", {"later: the app"}),
])
def test_what_a_row_is(tmp_path, lines, state, missing):
    assert told(tmp_path, *lines) == (state, missing)


def test_the_ledger_counts_every_row_once(tmp_path, monkeypatch, capsys):
    record = tmp_path / "record"
    record.write_text("R108\t\tpassed\nR114\tlater: the app\tpassed\nR153\t\tfailed\nRFC 6030\t\tpassed\n")
    monkeypatch.setattr("sys.argv", ["requirements", str(record)])
    assert requirements.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"Rows: 1 passing, 1 partial, 1 failing, {len(requirements.rows()) - 3} without a test."
    assert [line.split()[:2] for line in lines[:3]] == [["R108", "passing"], ["R114", "partial"], ["R153", "failing"]]
    assert lines[1].endswith("(later: the app)") and lines[3] == "RFC 6030: passing"


def test_a_test_that_fails_passes_no_row(pytester, monkeypatch, tmp_path):
    """From the mark to the ledger, in a run of its own."""
    record = tmp_path / "record"
    monkeypatch.setenv("PARAPH_REQUIREMENTS", str(record))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile("""
        import pytest

        @pytest.mark.requirement("R108")
        def test_good():
            pass

        @pytest.mark.requirement("R108", "R114", part="here: a piece")
        @pytest.mark.parametrize("number", [1, 2])
        def test_bad(number):
            assert number == 1

        @pytest.fixture
        def broken():
            raise ValueError

        @pytest.mark.requirement("R115")
        def test_never_begun(broken):
            pass

        @pytest.mark.requirement("R116")
        @pytest.mark.skip
        def test_left_out():
            pass
    """)
    run = ("-p", "testkit.requirements", "-p", "no:django", "-p", "no:randomly")
    pytester.runpytest_subprocess(*run)
    found = {row: state for row, (state, _) in requirements.ledger(record).items()}
    assert found == {"R108": "failing", "R114": "failing", "R115": "failing", "R116": "failing"}


@pytest.mark.parametrize("mark", ['"R999"', '"R108", part="soon"', '"R108", part="later:"'])
def test_a_mark_that_says_nothing_stops_the_run(pytester, mark):
    pytester.makepyfile(f"import pytest\n\n@pytest.mark.requirement({mark})\ndef test_it():\n    pass\n")
    assert pytester.runpytest_subprocess("-p", "testkit.requirements", "-p", "no:django").ret == pytest.ExitCode.USAGE_ERROR


def test_no_mark_promises_what_is_built():
    """Token, Scan and passkey log in, replace and recover today: nothing of theirs is still to come."""
    built = re.compile(r"\b(Token|Scan|passkeys?|the login page|replacement)\b")
    promised = {(path.name, part) for path in TESTS.rglob("*.py") if "node_modules" not in path.parts and path != Path(__file__)
                for _, part in MARK.findall(path.read_text()) if part.startswith("later") and built.search(part)}
    assert promised == set()
