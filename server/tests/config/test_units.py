# SPDX-License-Identifier: Apache-2.0
"""The units of deploy/systemd: systemd reads them, and finds little that they could still do. That the programs work with
what the units leave them is in test_two_users.py; no systemd starts them here."""

import json
import os
import re
import subprocess
import sys

import pytest

from paraph.config import signer
from paraph.kernel.clock import SystemClock
from paraph.signer.core import Signer
from testkit import units

UNITS = sorted(path.name for path in units.FOLDER.glob("*.service"))
SYSUSERS = units.FOLDER.parent / "sysusers.d" / "paraph.conf"
SIGNER, WEB, WORKER = "paraph-signer.service", "paraph-web.service", "paraph-worker.service"


def test_there_is_a_unit_for_each_program():
    assert UNITS == [SIGNER, WEB, WORKER]


@pytest.fixture
def copies(tmp_path):
    """With a program that is there: systemd looks for it."""
    for name in UNITS:
        text = (units.FOLDER / name).read_text()
        assert "ExecStart=/opt/paraph/.venv/bin/paraph " in text
        (tmp_path / name).write_text(text.replace("/opt/paraph/.venv/bin/paraph", "/bin/true"))
    return tmp_path


def test_systemd_understands_every_line(copies):
    verify = ["systemd-analyze", "verify", "--man=no"]
    done = subprocess.run([*verify, *(copies / name for name in UNITS)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    broken = copies / WEB
    broken.write_text(broken.read_text().replace("ProtectHome=", "ProtectHouse="))
    done = subprocess.run([*verify, broken], capture_output=True, text=True)
    assert "ProtectHouse" in done.stderr, "a wrong line would not be found"


@pytest.mark.parametrize(("name", "most"), [(SIGNER, 1.0), (WEB, 2.0), (WORKER, 2.0)])
def test_what_is_left_to_each_is_little(copies, name, most):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", copies / name], capture_output=True, text=True)
    assert float(re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)[1]) <= most


def test_a_wrong_pin_is_not_given_again_by_a_signer_that_starts_itself(tmp_path):
    """An HSM locks its user after a few."""
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PARAPH_DATA": str(tmp_path),
             "PARAPH_KEY_STORE_PASSPHRASE": "right"}
    Signer.open(tmp_path / "signer", "another", SystemClock()).close()
    done = subprocess.run([sys.executable, "-m", "paraph.config.main", "signer"], env=given, capture_output=True, text=True,
                          timeout=120)
    assert (done.returncode, done.stderr) == (signer.WRONG_KEY_STORE, "the signer does not start: wrong_key_store\n")
    assert units.settings(SIGNER)["RestartPreventExitStatus"] == [str(signer.WRONG_KEY_STORE)]


@pytest.mark.parametrize("name", UNITS)
def test_each_unit_is_hardened_and_keeps_the_kernels_names_of_users(name):
    read = units.settings(name)
    for setting, value in {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateDevices": "yes", "UMask": "0077",
                           "CapabilityBoundingSet": "", "RestrictNamespaces": "yes"}.items():
        assert read[setting] == [value], setting
    # In a namespace of users the signer could not tell its peers apart, nor a check the owners.
    assert "PrivateUsers" not in read
    assert read["EnvironmentFile"] == ["/etc/paraph/paraph.env"]


def test_the_signer_shares_no_user_with_the_others_and_only_the_sockets_group():
    signer, web, worker = map(units.settings, (SIGNER, WEB, WORKER))
    assert signer["User"] == ["paraph-signer"] and web["User"] == worker["User"] == ["paraph-web"]
    assert signer["Group"] == web["SupplementaryGroups"] == worker["SupplementaryGroups"] == ["paraph-socket"]
    # The socket's folder is made with the group already: a filter that lets nobody change owners is then no obstacle.
    assert signer["RuntimeDirectory"] == ["paraph-signer"] and signer["RuntimeDirectoryMode"] == ["0710"]
    assert signer["StateDirectoryMode"] == ["0700"]
    assert not {"chown", "fchown", "fchownat", "setresuid"} & units.allowed_calls(SIGNER)
    assert signer["PrivateNetwork"] == ["yes"]
    for service in (web, worker):
        assert service["InaccessiblePaths"] == ["-/var/lib/paraph-signer -/etc/paraph/signer"]


def test_the_users_and_their_group_are_made_as_the_file_says(tmp_path):
    """By systemd-sysusers itself, for a tree that is not this machine's."""
    (tmp_path / "etc").mkdir()
    done = subprocess.run(["systemd-sysusers", f"--root={tmp_path}", "-"], input=SYSUSERS.read_text(), text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr
    made = {line.split(":")[0]: line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    assert set(made) == {"paraph-signer", "paraph-web"}
    assert all(entry[6].endswith("nologin") for entry in made.values())
    groups = {line.split(":")[0]: line.split(":") for line in (tmp_path / "etc/group").read_text().splitlines()}
    assert set(groups["paraph-socket"][3].split(",")) == {"paraph-signer", "paraph-web"}
    assert groups["paraph-signer"][3] == groups["paraph-web"][3] == ""


TRY = """
import json, mmap, os
def tried(what):
    try:
        what()
        return "done"
    except OSError as error:
        return type(error).__name__
print(json.dumps([tried(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)),
                  tried(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE)),
                  tried(lambda: os.chown("/proc/self", -1, -1)), tried(lambda: os.stat("/"))]))
"""


@pytest.mark.parametrize(("name", "outcomes"), [
    (SIGNER, ["PermissionError", "done", "PermissionError", "done"]), (WEB, ["done", "done", "PermissionError", "done"])])
def test_what_a_unit_takes_away_is_taken_away_in_these_tests(name, outcomes):
    """Or else the programs would prove nothing by working."""
    done = subprocess.run([sys.executable, "-m", "testkit.units", name, sys.executable, "-c", TRY], capture_output=True,
                          text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    assert json.loads(done.stdout) == outcomes, done.stderr
