# SPDX-License-Identifier: Apache-2.0
import json

from paraph.domain.timestamping.models import ClockTrust
from paraph.interfaces import cli


def test_show_says_whether_and_why(db, check_clock, steady, capsys):
    assert cli.main(["clock", "show"]) == 1
    assert "never_checked" in capsys.readouterr().out
    check_clock()
    assert cli.main(["clock", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "trusted": True, "why": "", "source": "even-run", "checked_at": "2026-11-24T09:00:00+00:00"}
    steady.jumped = 2.0
    check_clock()
    assert cli.main(["clock", "show"]) == 1
    assert "jump" in capsys.readouterr().out


def test_confirm_brings_trust_back_with_the_next_check(db, check_clock, steady, capsys):
    assert cli.main(["clock", "confirm"]) == 1
    check_clock()
    steady.jumped = 2.0
    assert not check_clock()
    assert cli.main(["clock", "confirm", "--dry-run"]) == 0
    assert ClockTrust.objects.get().lost_at is not None
    assert cli.main(["clock", "confirm"]) == 0
    assert check_clock()
    assert cli.main(["clock", "show"]) == 0
