# SPDX-License-Identifier: Apache-2.0
"""paraph devices import: makers' files and CSV, all of a delivery or nothing of it."""

import json

import pytest
from server.tests.pki.pskc_writer import Vault, package

from paraph.config.seeds import make_scans
from paraph.domain.audit.models import Event
from paraph.domain.devices.models import Device
from paraph.interfaces import cli
from paraph.signer.errors import SignerRefusal
from testkit.simulators import scan as simulator

pytestmark = pytest.mark.django_db
KEY = bytes.fromhex("12345678901234567890123456789012")


@pytest.fixture
def vault():
    return Vault(KEY)


@pytest.fixture
def deliver(tmp_path, signer, capsys):
    """Runs the command on a file with this content; gives exit status, what it said as JSON, and its errors."""
    (tmp_path / "key").write_text(KEY.hex() + "\n")

    def run(content, *arguments):
        path = tmp_path / "delivery"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        status = cli.main(["devices", "import", str(path), "--json", *arguments])
        heard = capsys.readouterr()
        return status, json.loads(heard.out), heard.err

    run.key = ("--key-file", str(tmp_path / "key"))
    return run


def test_a_makers_file_is_taken_whole(deliver, vault, signer):
    content = vault.file(package("T-1", vault.value(bytes(range(20)))),
                         package("T-2", vault.value(bytes(range(1, 21)))))
    status, said, _ = deliver(content, *deliver.key)
    assert (status, said["tokens"], said["imported"]) == (0, ["T-1", "T-2"], True)
    assert {device.serial for device in Device.objects.all()} == {"T-1", "T-2"}
    assert signer.token_exists("T-1") and signer.token_exists("T-2")


@pytest.mark.parametrize(("suite", "problem"), [("OCRA-1:HOTP-SHA256-8:QH64", ""),
                                                ("OCRA-1:HOTP-SHA1-6:QN08", "unsupported_suite")])
def test_scans_come_in_a_makers_file_too(deliver, vault, signer, suite, problem):
    parameters = (f"<Suite>{suite}</Suite>" + '<ChallengeFormat Encoding="HEXADECIMAL" Min="64" Max="64"/>'
                  + f'<ResponseFormat Length="{suite.rsplit(":", 1)[0][-1]}" Encoding="DECIMAL"/>')
    status, said, _ = deliver(vault.file(package("S-1", vault.value(bytes(range(32))), method="ocra",
                                                 parameters=parameters)), *deliver.key)
    if problem:
        assert status == 1 and said["faults"][0]["problem"] == problem
    else:
        assert (status, said["scans"]) == (0, ["S-1"]) and signer.device("S-1").family == "scan"


@pytest.mark.parametrize("arguments", [(), ("--plain",)])
def test_without_its_key_a_makers_file_is_refused(deliver, vault, arguments):
    status, said, _ = deliver(vault.file(package("T-1", vault.value(bytes(range(20))))), *arguments)
    assert status == 1 and said["faults"][0]["problem"] == "no_key_given"
    assert not Device.objects.exists()


def test_one_changed_octet_and_nothing_is_taken(deliver, vault, signer):
    content = vault.file(package("T-1", vault.value(bytes(range(20)))),
                         package("T-2", vault.value(bytes(range(1, 21)), damage=5)))
    status, said, heard = deliver(content, *deliver.key)
    assert status == 1 and said["faults"] == [{"entry": 2, "serial": "T-2", "problem": "wrong_mac"}]
    assert "Nothing was imported." in heard and not Device.objects.exists() and not signer.token_exists("T-1")


def test_eight_digits_are_no_token_of_ours(deliver, vault):
    status, said, _ = deliver(vault.file(package("T-1", vault.value(bytes(range(20))), digits=8)), *deliver.key)
    assert status == 1 and said["faults"][0]["problem"] == "bad_digits"


def test_csv_is_the_second_way(deliver, signer):
    status, said, _ = deliver(f"T-1,{bytes(20).hex()}\nT-2,{bytes(range(20)).hex()},hotp\nS-1,{bytes(32).hex()},scan\n")
    assert (status, said["tokens"], said["scans"]) == (0, ["T-1", "T-2"], ["S-1"])
    assert signer.device("S-1").family == "scan" and not signer.device("S-1").ready
    assert Event.objects.filter(code="devices.device.stocked").count() == 3
    assert bytes(32).hex() not in str(list(Event.objects.values()))


@pytest.mark.parametrize(("content", "problem"), [
    ("T-1\n", "not serial"), ("T-1,xyz\n", "not serial"), ("T-1,00,abacus\n", "not serial"), ("", "no_keys"),
    ("T-1,00\n", "bad_secret"), (f"S-1,{bytes(31).hex()},scan\n", "bad_secret"),
    (f"T-1,{bytes(20).hex()}\nt-1,{bytes(21).hex()}\n", "serial_twice"),
    (f"T-1,{bytes(32).hex()}\nS-1,{bytes(32).hex()},scan\n", "secret_twice"),
    (f"T-1,{'0' * 131073}\n", "unreadable"),
    (f"T 1,{bytes(20).hex()}\n", "bad_serial"), (f"{'T' * 41},{bytes(20).hex()}\n", "bad_serial"),
])
def test_every_fault_has_its_line(deliver, content, problem):
    good = f"T-9,{bytes(range(2, 22)).hex()}\n" if content else ""
    status, said, _ = deliver(good + content)
    assert status == 1 and problem in said["faults"][0]["problem"]
    assert not Device.objects.exists()


def test_what_is_in_stock_already_stops_the_delivery(deliver):
    line = f"T-1,{bytes(20).hex()}\n"
    assert deliver(line)[0] == 0
    status, said, _ = deliver(line + f"T-2,{bytes(range(20)).hex()}\n")
    assert status == 1 and said["faults"] == [{"entry": 1, "serial": "T-1", "problem": "in_stock_already"}]
    assert Device.objects.count() == 1


def test_a_secret_that_another_device_has_stops_the_delivery(deliver):
    """The signer alone can know: what it took before is in no drawer, and a mended file takes it."""
    deliver(f"T-1,{bytes(20).hex()}\n")
    good = f"T-2,{bytes(range(20)).hex()}\n"
    status, said, _ = deliver(good + f"T-3,{bytes(20).hex()}\n")
    assert status == 1 and said["faults"] == [{"entry": 2, "serial": "T-3", "problem": "seed_in_use"}]
    assert Device.objects.count() == 1
    assert deliver(good)[0] == 0 and Device.objects.count() == 2


def test_a_dry_run_reads_everything_and_takes_nothing(deliver, signer):
    status, said, _ = deliver(f"T-1,{bytes(20).hex()}\n", "--dry-run")
    assert (status, said["tokens"], said["imported"]) == (0, ["T-1"], False)
    assert not Device.objects.exists() and not signer.token_exists("T-1")
    assert deliver("T-1,00\n", "--dry-run")[0] == 1


def test_the_demonstration_has_simulated_scans_in_stock(tmp_path, signer, system):
    serials = make_scans(tmp_path, system)
    assert len(serials) == 6 == Device.objects.filter(type="scan", state="in_stock").count()
    with pytest.raises(simulator.NotForMe):
        simulator.aim(tmp_path, serials[0], "PARAPH:")
    with pytest.raises(SignerRefusal):
        signer.import_scan(attempt="another", serial=serials[0], factory_key=bytes(32))
