# SPDX-License-Identifier: Apache-2.0
"""What `paraph check` and `paraph signer --check` find wrong between the signer's user and the service's. Owners and modes are
scripted here; real users are in test_two_users.py."""

import argparse
import os
import stat
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.checks import ERROR, WARNING

from paraph.config import borders, demands, environment, signer
from paraph.interfaces.cli import check

ROOT, SIGNER, WEB, OTHER = 0, 61001, 61002, 61003
ETC, DATA, OWN, RUN = Path("/x/etc"), Path("/x/lib/paraph"), Path("/x/lib/paraph-signer"), Path("/x/run/paraph-signer")
PASSPHRASE, RING, SOCKET = ETC / "signer/key-store", ETC / "web/key-ring", RUN / "socket"


class Machine:
    """Owners and modes by path, who looks, and what that user reaches by ways that modes don't show."""

    def __init__(self):
        self.seen = dict.fromkeys(map(Path, ("/", "/x", "/x/etc", "/x/lib", "/x/run")), (ROOT, 0o755)) | {
            ETC / "signer": (SIGNER, 0o700), PASSPHRASE: (SIGNER, 0o400),
            ETC / "web": (WEB, 0o700), RING: (WEB, 0o600), ETC / "web/pepper": (WEB, 0o600),
            ETC / "web/django-key": (WEB, 0o600),
            DATA: (WEB, 0o750), DATA / "blobs": (WEB, 0o700), DATA / "witness": (WEB, 0o700),
            OWN: (SIGNER, 0o700), OWN / "signer.sqlite3": (SIGNER, 0o600), OWN / "software-store.json": (SIGNER, 0o600),
            RUN: (SIGNER, 0o710), SOCKET: (SIGNER, 0o660)}
        self.viewer = ROOT
        self.reached: set[Path] = {SOCKET}

    def look_at(self, path):
        if path not in self.seen:
            return None
        user, mode = self.seen[path]
        kind = stat.S_IFDIR if "." not in path.name else stat.S_IFREG
        return SimpleNamespace(st_uid=user, st_mode=mode | kind)

    def said(self):
        return borders.look()


@pytest.fixture
def machine(monkeypatch):
    made = Machine()
    for name, value in {"DATA": DATA, "SIGNER_DATA": OWN, "SIGNER": SOCKET, "KEY_STORE_PASSPHRASE_FILE": PASSPHRASE,
                        "KEY_RING_FILE": RING, "PEPPER_FILE": ETC / "web/pepper",
                        "SECRET_KEY_FILE": ETC / "web/django-key", "SIGNER_USERS": WEB, "SIGNER_GROUP": 61010}.items():
        monkeypatch.setenv(f"PARAPH_{name}", str(value))
    monkeypatch.setattr(borders, "_look_at", made.look_at)
    monkeypatch.setattr(borders, "_reaches", lambda path, way: path in made.reached)
    monkeypatch.setattr(borders.users, "started_as", lambda: made.viewer)
    monkeypatch.setattr(borders.users, "as_root", nullcontext)
    return made


@pytest.mark.parametrize("viewer", [ROOT, SIGNER, WEB])
def test_nothing_is_said_of_a_border_that_stands(machine, viewer):
    machine.viewer = viewer
    assert machine.said() == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o606, 0o601, 0o610])
def test_a_secret_that_others_may_open_is_found_on_either_side(machine, mode):
    for path, user in ((PASSPHRASE, SIGNER), (RING, WEB), (OWN / "signer.sqlite3", SIGNER)):
        machine.seen[path] = (user, mode)
        assert machine.said() == [f"{path} is open to others than its owner (mode {mode:o}): chmod go= {path}."]
        machine.seen[path] = (user, 0o600)
    assert machine.said() == []


@pytest.mark.parametrize("folder", [OWN, DATA / "blobs", DATA / "witness"])
def test_a_folder_that_others_may_enter_is_found(machine, folder):
    user, _ = machine.seen[folder]
    machine.seen[folder] = (user, 0o701)
    assert machine.said() == [f"{folder} is open to others than its owner (mode 701): chmod go= {folder}."]


@pytest.mark.parametrize(("path", "side", "right"), [
    (PASSPHRASE, "signer", SIGNER), (OWN / "software-store.json", "signer", SIGNER), (RING, "service", WEB),
    (DATA / "blobs", "service", WEB)])
def test_a_wrong_owner_is_found(machine, path, side, right):
    wrong = {SIGNER: WEB, WEB: SIGNER}[right]
    machine.seen[path] = (wrong, 0o600)
    assert machine.said() == [f"{path} belongs to {wrong}, not to the {side}'s user {right}: chown {right} {path}."]
    machine.seen[path] = (ROOT, 0o600)
    assert machine.said() == []


def test_a_file_of_the_write_ahead_log_is_one_of_the_signers(machine):
    machine.seen[OWN / "signer.sqlite3-wal"] = (SIGNER, 0o644)
    assert len(machine.said()) == 1


@pytest.mark.parametrize("folder", [Path("/x/etc"), Path("/x/lib"), Path("/")])
def test_a_folder_above_that_others_may_write_is_found(machine, folder):
    machine.seen[folder] = (ROOT, 0o775)
    said = machine.said()
    assert said and all(f"{folder} can be written by others (mode 775)" in sentence for sentence in said)
    # As /tmp is: others may write it, and take nothing of anybody's away.
    machine.seen[folder] = (ROOT, 0o1777)
    assert machine.said() == []


def test_the_signers_folder_inside_the_services_data_is_found(machine, monkeypatch):
    """Whoever owns the folder above puts another one in its place."""
    inside = DATA / "signer"
    machine.seen[inside] = (SIGNER, 0o700)
    monkeypatch.setenv("PARAPH_SIGNER_DATA", str(inside))
    assert machine.said() == [
        f"{DATA} belongs to {WEB}, who can so replace what is the signer's in it: put it elsewhere, or chown {SIGNER} {DATA}."]


def test_a_socket_that_another_may_have_put_there_is_found(machine):
    machine.seen[SOCKET] = (OTHER, 0o660)
    assert len(machine.said()) == 1 and f"belongs to {OTHER}" in machine.said()[0]
    machine.seen[SOCKET] = (SIGNER, 0o660)
    for owner, mode in ((OTHER, 0o710), (SIGNER, 0o730)):
        machine.seen[RUN] = (owner, mode)
        assert len(machine.said()) == 1 and str(RUN) in machine.said()[0]


def test_a_socket_for_everybody_is_found(machine):
    machine.seen[SOCKET] = (SIGNER, 0o666)
    assert machine.said() == [f"the socket {SOCKET} is open to everybody (mode 666): start the signer again."]


def test_a_service_that_does_not_reach_the_socket_is_told_what_it_lacks(machine):
    machine.viewer, machine.reached = WEB, set()
    assert machine.said() == [f"{WEB} does not reach the signer's socket {SOCKET}: make it a member of the group of "
                              "PARAPH_SIGNER_GROUP, and start the signer with that setting."]


@pytest.mark.parametrize(("viewer", "path", "side"), [(WEB, PASSPHRASE, "signer"), (WEB, OWN, "signer"),
                                                      (SIGNER, RING, "service"), (SIGNER, DATA / "blobs", "service")])
def test_what_a_user_can_read_of_the_other_side_is_found_however_it_can(machine, viewer, path, side):
    machine.viewer = viewer
    machine.reached.add(path)
    assert machine.said() == [f"{viewer} can read {path}, which is the {side}'s alone."]


def test_a_passphrase_in_the_services_environment_is_found(machine, monkeypatch):
    monkeypatch.delenv("PARAPH_KEY_STORE_PASSPHRASE_FILE")
    monkeypatch.setenv("PARAPH_KEY_STORE_PASSPHRASE", "secret")
    machine.viewer = WEB
    assert len(machine.said()) == 1 and "PARAPH_KEY_STORE_PASSPHRASE stands in the environment of 61002" in machine.said()[0]
    assert "secret" not in machine.said()[0].replace("secrets", "")
    machine.viewer = SIGNER
    assert machine.said() == []


def test_a_key_ring_in_the_signers_environment_is_found(machine, monkeypatch):
    monkeypatch.delenv("PARAPH_KEY_RING_FILE")
    monkeypatch.setenv("PARAPH_KEY_RING", "ring")
    machine.viewer = SIGNER
    assert len(machine.said()) == 1 and "PARAPH_KEY_RING stands in the environment of 61001" in machine.said()[0]
    machine.viewer = WEB
    assert machine.said() == []


def test_a_program_that_the_service_can_change_is_found(machine):
    machine.viewer = WEB
    machine.reached.add(borders.PROGRAM)
    assert machine.said() == [f"the service's user can change the program itself ({borders.PROGRAM}), which the signer runs "
                              "too: let root own it."]


def test_one_user_for_both_is_said_and_nothing_else(machine):
    for path, (user, mode) in machine.seen.items():
        machine.seen[path] = (WEB if user == SIGNER else user, mode)
    machine.viewer = WEB
    assert len(machine.said()) == 1 and "the signer and the service are one user, 61002" in machine.said()[0]


def test_where_nothing_of_the_signer_is_seen_nothing_is_judged_and_that_is_said(machine):
    del machine.seen[OWN]
    machine.viewer = WEB
    # Its socket tells who it is.
    assert machine.said() == [] and "judged as 61002" in borders.seen_by()
    del machine.seen[SOCKET]
    machine.seen[RING] = (WEB, 0o666)
    assert machine.said() == [] and "so nothing was judged" in borders.seen_by()


@pytest.mark.parametrize("viewer", [WEB, SIGNER])
def test_a_folder_that_the_service_manager_hides_is_no_fault(machine, viewer):
    """InaccessiblePaths= shows each side one of root's, empty, in the place of the other's."""
    hidden = {WEB: (OWN, ETC / "signer"), SIGNER: (DATA, ETC / "web")}[viewer]
    for folder in hidden:
        machine.seen = {path: held for path, held in machine.seen.items() if folder not in path.parents}
        machine.seen[folder] = (ROOT, 0o000)
    machine.viewer = viewer
    assert machine.said() == []
    del machine.seen[SOCKET], machine.seen[RUN]
    assert machine.said() == []


def test_each_user_is_told_what_it_could_judge(machine):
    assert borders.seen_by() == "border: judged as root, which sees both sides."
    machine.viewer = WEB
    assert "sees its own side only" in borders.seen_by() and "`paraph signer --check`" in borders.seen_by()


# --- what follows -----------------------------------------------------------------------------------------------------


def test_programs_refuse_a_broken_border_only_where_one_is_demanded(machine, monkeypatch):
    machine.viewer = WEB
    borders.refuse()
    machine.reached.add(PASSPHRASE)
    with pytest.raises(environment.SettingError, match=f"can read {PASSPHRASE}"):
        borders.refuse()
    with pytest.raises(environment.SettingError, match=f"can read {PASSPHRASE}"):
        demands.refuse()
    monkeypatch.delenv("PARAPH_SIGNER_USERS")
    borders.refuse()


def test_no_program_stays_as_root_where_a_border_is_demanded(machine, monkeypatch):
    with pytest.raises(environment.SettingError, match="no program runs as root"):
        borders.refuse()
    monkeypatch.delenv("PARAPH_SIGNER_USERS")
    borders.refuse()


def test_it_is_an_error_where_a_border_is_demanded_else_a_remark_that_deploy_refuses(machine, monkeypatch):
    machine.viewer = WEB
    machine.reached.add(PASSPHRASE)

    def levels():
        return [message.level for message in demands.look() if message.id == "border"]

    assert levels() == [ERROR]
    monkeypatch.delenv("PARAPH_SIGNER_USERS")
    assert levels() == [WARNING]
    codes = [code for code, _ in check.problems(deploy=True)]
    assert "border" in codes and "border" not in [code for code, _ in check.problems(deploy=False)]
    assert "seen" in [code for code, _ in check.remarks(deploy=True)]
    assert "seen" not in [code for code, _ in check.remarks(deploy=False)]


def test_check_deploy_says_as_whom_it_judged(machine, capsys):
    machine.viewer = WEB
    check.run_check(argparse.Namespace(settings=False, json=False, deploy=True))
    assert "remark: seen: border: judged as 61002" in capsys.readouterr().out


def test_the_signers_own_check_has_a_status(machine, capsys):
    machine.viewer = SIGNER
    assert signer.main(["--check"]) == 0
    assert "No problem found." in capsys.readouterr().out
    machine.seen[PASSPHRASE] = (SIGNER, 0o440)
    assert signer.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert "1 problems." in said and "mode 440" in said and "judged as 61001" in said


def test_a_list_and_a_socket_among_the_signers_files_do_not_go_together(machine, monkeypatch):
    assert signer.askers().users == {WEB}
    monkeypatch.setenv("PARAPH_SIGNER", str(OWN / "socket"))
    with pytest.raises(environment.SettingError, match="a folder of its own"):
        signer.askers()
    monkeypatch.delenv("PARAPH_SIGNER_USERS")
    monkeypatch.delenv("PARAPH_SIGNER_GROUP")
    assert signer.askers().users == frozenset()


def test_a_wrong_list_names_its_settings(machine, monkeypatch):
    monkeypatch.setenv("PARAPH_SIGNER_USERS", "paraph-nobody-has-this")
    with pytest.raises(environment.SettingError, match="^PARAPH_SIGNER_USERS and PARAPH_SIGNER_GROUP: there is no user"):
        signer.askers()


def test_a_secret_of_another_user_is_said_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PARAPH_DATA", str(tmp_path))
    assert environment.secret_file("key-ring", "KEY_RING", lambda: "made") == "made"
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700

    def closed(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(environment.Path, "read_text", closed)
    with pytest.raises(environment.SettingError, match="secrets/key-ring: Permission denied. Run this as the user"):
        environment.secret_file("key-ring", "KEY_RING", lambda: "made")
    assert not [name for name in os.listdir(tmp_path / "secrets") if name != "key-ring"]


def test_nobody_else_asks_for_the_passphrase():
    """What the processes open is watched in test_two_users.py; here is who could ask at all."""
    asking = {str(path.relative_to(borders.PROGRAM)) for path in borders.PROGRAM.rglob("*.py")
              if "key_store_passphrase" in path.read_text().lower()}
    assert asking == {"config/environment.py", "config/settings.py", "config/signer.py", "config/borders.py",
                      "interfaces/cli/signer_host.py"}
