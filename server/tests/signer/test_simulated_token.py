# SPDX-License-Identifier: Apache-2.0
"""The simulated Token, judged by oathtool and pyotp, and understood by the signer."""

import json
import subprocess
import sys
from base64 import b32encode

import pyotp
import pytest

from paraph.signer.client import Outcome
from testkit.simulators import token as simulated
from testkit.simulators.token import SimulatedToken, UnknownToken, press, write_seeds

from .conftest import Holder

SEED = b"12345678901234567890"
NOW = 1111111109  # RFC 6238 appendix B: 07081804 with eight digits


@pytest.fixture
def data(tmp_path):
    write_seeds(tmp_path / "data", [SimulatedToken("T-TIME", SEED.hex()), SimulatedToken("T-EVENT", SEED.hex(), "hotp")])
    return tmp_path / "data"


@pytest.mark.requirement("R107")
def test_six_digits_with_their_leading_zeros_as_in_the_rfc(data):
    assert press(data, "T-TIME", now=NOW) == "081804"


@pytest.mark.requirement("R107")
@pytest.mark.parametrize("ago", [0, 1, 6])
def test_oathtool_and_pyotp_show_the_same(data, ago):
    judged = subprocess.run(
        ["oathtool", "--totp", "--digits=6", f"--now=@{NOW - 30 * ago}", SEED.hex()],
        check=True, capture_output=True, text=True).stdout.strip()
    assert press(data, "T-TIME", ago, now=NOW) == judged == pyotp.TOTP(b32encode(SEED).decode()).at(NOW - 30 * ago)


def test_each_press_of_an_event_based_token_shows_the_next_code(data):
    expected = subprocess.run(["oathtool", "--hotp", "--window=4", SEED.hex()],
                              check=True, capture_output=True, text=True).stdout.split()
    assert [press(data, "T-EVENT") for _ in range(5)] == expected
    assert press(data, "T-EVENT", ago=1) == expected[3]
    assert press(data, "T-EVENT", ago=4) == expected[0]
    with pytest.raises(ValueError, match="so many"):
        press(data, "T-EVENT", ago=5)


@pytest.mark.requirement("R213", part="here: the digits; that the page shows no image in the tests of the door")
def test_the_token_needs_nothing_but_itself_and_the_signer_accepts_its_code(stocked, clock, tmp_path):
    write_seeds(tmp_path / "data", [SimulatedToken("T-MARIE", SEED.hex())])
    marie = Holder(stocked, "marie", "T-MARIE")
    session = marie.open("activate")
    assert marie.authorise(session, press(tmp_path / "data", "T-MARIE", now=clock.now().timestamp())) is Outcome.ACCEPTED


@pytest.mark.requirement("R118")
def test_an_event_based_token_stays_in_step_with_the_signer(signer, data):
    signer.import_token(attempt="import", serial="T-EVENT", seed=SEED, method="hotp")
    marie = Holder(signer, "marie", "T-EVENT")
    for presses_in_vain in (0, 3, 12):
        for _ in range(presses_in_vain):
            press(data, "T-EVENT")
        assert marie.authorise(marie.open("login", key_id=None), press(data, "T-EVENT")) is Outcome.ACCEPTED


def test_seeds_lie_in_a_file_of_their_user_and_later_ones_are_added(data):
    file = data / "simulators" / "tokens.json"
    assert file.stat().st_mode & 0o077 == 0 and file.parent.stat().st_mode & 0o077 == 0
    write_seeds(data, [SimulatedToken("T-MORE", "00" * 20)])
    assert [entry["serial"] for entry in json.loads(file.read_text())] == ["T-TIME", "T-EVENT", "T-MORE"]


def test_what_it_does_not_have_it_does_not_show(data, tmp_path):
    with pytest.raises(UnknownToken):
        press(data, "T-NONE")
    with pytest.raises(UnknownToken):
        press(tmp_path / "elsewhere", "T-TIME")
    with pytest.raises(ValueError, match="future"):
        press(data, "T-TIME", ago=-1)


def test_the_command_prints_the_digits_and_nothing_else(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(simulated.time, "time", lambda: NOW)
    monkeypatch.delenv("PARAPH_TEST_CLOCK", raising=False)
    assert simulated.main(["T-TIME", "--data", str(data)]) == 0
    assert capsys.readouterr().out == "081804\n"
    assert simulated.main(["T-NONE", "--data", str(data)]) == 1
    told = capsys.readouterr()
    assert told.out == "" and "T-NONE" in told.err
    shift = tmp_path / "shift"
    shift.write_text("30")
    monkeypatch.setenv("PARAPH_TEST_CLOCK", str(shift))
    assert simulated.main(["T-TIME", "--data", str(data), "--ago", "1"]) == 0
    assert capsys.readouterr().out == "081804\n"


def test_the_default_folder_is_data_below_the_present_one(data, monkeypatch, capsys):
    monkeypatch.delenv("PARAPH_DATA", raising=False)
    monkeypatch.chdir(data.parent)
    assert simulated.main(["T-TIME"]) == 0
    assert len(capsys.readouterr().out.strip()) == 6


def test_it_is_a_product_of_its_own():
    program = ("import sys, testkit.simulators.token; "
               "print([name for name in sys.modules if name.split('.')[0] in ('paraph', 'django', 'guichet')])")
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True,
                            env={"PYTHONPATH": ":".join(sys.path)})
    assert loaded.stdout.strip() == "[]"
