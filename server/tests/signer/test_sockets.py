# SPDX-License-Identifier: Apache-2.0
"""Who may ask the signer: its own user, root, and the users on its list, as the kernel names them; each of them only what a
call of the socket is. With scripted names for every run, with real users where root runs the tests."""

import errno
import json
import os
import stat

import pytest

from paraph.signer import client, server, sockets, users
from paraph.signer.calls.local import LocalCalls
from paraph.signer.client import SignerUnavailable, SocketSigner
from paraph.signer.core import DATABASE, Signer
from paraph.signer.server import Server
from paraph.signer.stores.software import FILE as STORE
from testkit import others

LISTED, UNLISTED = 61002, 61003


# --- the list ---------------------------------------------------------------------------------------------------------


def test_a_list_of_names_and_numbers():
    assert users.askers("root, 61002 ,daemon", "daemon") == users.Askers(frozenset({0, 61002, 1}), 1)
    assert users.askers("61002", "4294967294").group == 4294967294
    assert users.askers("", "") == users.askers(" , ", "") == users.Askers()


@pytest.mark.parametrize(("listed", "group", "sentence"), [
    ("paraph-nobody-has-this", "daemon", "no user paraph-nobody-has-this"),
    ("61002", "paraph-nobody-has-this", "no group paraph-nobody-has-this"),
    ("61002", "", "given together"),
    ("", "daemon", "given together"),
    ("4294967295", "daemon", "is no number of a user"),
    ("61002", "4294967295", "is no number of a user"),
    ("-1", "daemon", "no user -1"),
    ("61002 61003", "daemon", "no user 61002 61003"),
    ("65534", "daemon", "stands for every user that the kernel can't name"),
    ("nobody", "daemon", "stands for every user that the kernel can't name"),
])
def test_a_list_that_can_not_be_is_refused(listed, group, sentence):
    with pytest.raises(ValueError, match=sentence):
        users.askers(listed, group)


def test_own_user_and_root_need_no_place_on_the_list(monkeypatch):
    monkeypatch.setattr(users.os, "geteuid", lambda: 500)
    assert [user for user in (0, 499, 500, 501, LISTED, UNLISTED) if users.Askers().admit(user)] == [0, 500]
    listed = users.Askers(frozenset({LISTED}), 5)
    assert [user for user in (0, 499, 500, LISTED - 1, LISTED, UNLISTED) if listed.admit(user)] == [0, 500, LISTED]


# --- the socket, with scripted names ----------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "socket"


@pytest.fixture
def start(tmp_path, path, clock):
    started = []

    def start(askers=None):
        running = Server(Signer.open(tmp_path / "signer", "passphrase", clock), path, askers)
        running.start()
        started.append(running)
        return running

    yield start
    for running in started:
        running.stop()


def test_each_connection_is_judged_by_the_user_that_the_kernel_names(start, path, monkeypatch, caplog):
    start(users.Askers(frozenset({LISTED}), os.getgid()))
    peers = iter([LISTED, UNLISTED, UNLISTED])
    monkeypatch.setattr(sockets, "peer_user", lambda connection: next(peers))
    assert SocketSigner(path).health()
    with pytest.raises(SignerUnavailable):
        SocketSigner(path).health()
    # Asked once more on a new connection, told once.
    assert caplog.text.count(f"user {UNLISTED} is not on the list") == 1


def test_without_a_list_nobody_else_is_served(start, path, monkeypatch):
    start()
    assert SocketSigner(path).health()
    monkeypatch.setattr(sockets, "peer_user", lambda connection: LISTED)
    with pytest.raises(SignerUnavailable):
        SocketSigner(path).health()


def modes(path):
    return [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)]


def test_without_a_list_socket_and_folder_are_for_their_user_only(start, path):
    start()
    assert modes(path) == [0o600, 0o700]


def test_with_a_list_the_group_may_pass_and_ask_and_nobody_else(start, path):
    start(users.Askers(frozenset({LISTED}), os.getgid()))
    assert modes(path) == [0o660, 0o710]
    assert path.stat().st_gid == path.parent.stat().st_gid == os.getgid()


def test_a_folder_in_which_others_could_put_a_socket_is_refused(path, monkeypatch):
    path.parent.mkdir()
    path.parent.chmod(0o1777)
    monkeypatch.setattr(sockets.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="a socket of theirs") as refused:
        sockets.listen(path, os.getgid())
    assert refused.value.errno == errno.EPERM and not path.exists()
    path.parent.chmod(0o755)
    sockets.listen(path, os.getgid()).close()


def test_the_group_is_not_given_again_where_it_is_given_already(path, monkeypatch):
    """A unit whose system calls are filtered may not change owners; its service manager gave the group."""
    monkeypatch.setattr(sockets.os, "chown", lambda *given: pytest.fail("chown"))
    sockets.listen(path, os.getegid()).close()


def test_what_is_said_on_the_host_is_no_call_of_the_socket_for_anybody():
    assert issubclass(server.Signer, LocalCalls)
    local = {name for name in vars(LocalCalls) if not name.startswith("_")}
    assert {"open_ceremony", "allow_certificate", "rearm_device", "accept_audit_loss"} <= local
    assert not local & client.CALLS


# --- real users -------------------------------------------------------------------------------------------------------

SERVE = """
import sys
from pathlib import Path
from paraph.kernel.clock import SystemClock
from paraph.signer import server, users
socket, data, listed, group = sys.argv[1:]
server.serve(Path(socket), Path(data), "passphrase", SystemClock(), askers=users.askers(listed, group))
"""
ASK = """
import json, sys
from paraph.signer.client import SocketSigner
from paraph.signer.errors import SignerUnavailable
try:
    made = SocketSigner(sys.argv[1]).make_key(attempt=sys.argv[2], purpose="audit", algorithm="P-256", label="x")
    print(json.dumps(["made", made.key_id]))
except SignerUnavailable as error:
    print(json.dumps(["unavailable", type(error.__cause__).__name__]))
"""
CONSENT = """
import json, sys
from pathlib import Path
from paraph.kernel.clock import SystemClock
from paraph.signer import sockets, wire
from paraph.signer.core import Signer
answers = {}
connection = sockets.connect(Path(sys.argv[1]), 60)
for call, given in [("open_ceremony", {"attempt": "a"}), ("rearm_device", {"attempt": "a", "device_serial": "T"}),
                    ("accept_audit_loss", {"attempt": "a", "size": 1, "root": "r", "chain": "c"})]:
    wire.send(connection, {"call": call, "arguments": given})
    answers[call] = wire.receive(connection)
try:
    # The passphrase may be known: without the files it opens nothing.
    answers["beside"] = Signer.open(Path(sys.argv[2]), "passphrase", SystemClock()).open_ceremony(attempt="b")
except OSError as error:
    answers["beside"] = type(error).__name__
print(json.dumps(answers))
"""
READ = """
import json, sys
def reads(path):
    try:
        open(path, "rb").close()
        return True
    except PermissionError:
        return False
print(json.dumps([path for path in sys.argv[1:] if reads(path)]))
"""


@pytest.fixture
def apart():
    """A signer that runs as a user of its own, and lets another one ask: the folders as the installation has them."""
    others.needed()
    with others.folder() as folder:
        data, run = folder / "data", folder / "run"
        for made in (data, run):
            made.mkdir(mode=0o700)
            os.chown(made, others.SIGNER, others.SHARED)
        command = [others.python(), "-c", SERVE, run / "socket", data, str(others.WEB), str(others.SHARED)]
        with others.start(others.SIGNER, [str(word) for word in command], groups=[others.SHARED]) as running:
            until_served(run / "socket", running)
            yield run / "socket", data
            running.terminate()
            assert running.wait(60) == 0


def until_served(path, process):
    for _ in range(6000):
        try:
            SocketSigner(path).health()
            return
        except SignerUnavailable:
            assert process.poll() is None
            process_ended(process)
    pytest.fail("the signer did not start")


def process_ended(process):
    try:
        process.wait(0.02)
    except others.subprocess.TimeoutExpired:
        return


def said(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_listed_user_may_sign_and_the_modes_are_the_groups(apart):
    path, _ = apart
    assert said(others.ask(others.WEB, ASK, path, "one", groups=[others.SHARED]))[0] == "made"
    assert modes(path) == [0o660, 0o710]
    assert {(place.stat().st_uid, place.stat().st_gid) for place in (path, path.parent)} == {(others.SIGNER, others.SHARED)}


def test_a_user_off_the_list_is_refused_even_with_the_group(apart):
    path, _ = apart
    outcome, cause = said(others.ask(others.STRANGER, ASK, path, "two", groups=[others.SHARED]))
    # The connection stands, as the group allows, and is closed before anything is answered.
    assert outcome == "unavailable" and cause in ("NoneType", "BrokenPipeError", "ConnectionResetError")
    assert SocketSigner(path).health()["infrastructure_keys"] == 0


def test_without_the_group_not_even_a_listed_user_reaches_the_socket(apart):
    path, _ = apart
    for user in (others.STRANGER, others.WEB):
        assert said(others.ask(user, ASK, path, "three")) == ["unavailable", "PermissionError"]


def test_root_and_the_signers_own_user_are_served(apart):
    path, _ = apart
    assert SocketSigner(path).health()
    assert said(others.ask(others.SIGNER, ASK, path, "four"))[0] == "made"


def test_a_listed_user_gives_no_consent_neither_over_the_socket_nor_beside_it(apart):
    path, data = apart
    answers = said(others.ask(others.WEB, CONSENT, path, data, groups=[others.SHARED]))
    assert answers.pop("beside") == "PermissionError"
    assert list(answers.values()) == [{"refusal": "unreadable"}] * 3
    events = [entry.event for entry in SocketSigner(path).record()]
    assert "ceremony.opened" not in events


def test_the_signers_own_user_gives_consent_beside_it(apart):
    path, data = apart
    answers = said(others.ask(others.SIGNER, CONSENT, path, data))
    assert answers.pop("beside")
    assert list(answers.values()) == [{"refusal": "unreadable"}] * 3, "over the socket not even he does"
    assert [entry.event for entry in SocketSigner(path).record()].count("ceremony.opened") == 1


def test_root_gives_consent_and_leaves_no_file_that_the_signer_can_not_open(apart, clock):
    path, data = apart
    beside = Signer.open(data, "passphrase", clock)
    beside.open_ceremony(attempt="of-root")
    assert {place.stat().st_uid for place in data.iterdir()} == {others.SIGNER}
    beside.close()
    assert {place.stat().st_uid for place in data.iterdir()} == {others.SIGNER}
    assert said(others.ask(others.WEB, ASK, path, "five", groups=[others.SHARED]))[0] == "made"


def test_the_signers_files_are_its_own(apart):
    path, data = apart
    # Keys, record and the write-ahead log are there before anybody tries to read them.
    said(others.ask(others.WEB, ASK, path, "six", groups=[others.SHARED]))
    files = [data / name for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", STORE)]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert said(others.ask(others.SIGNER, READ, *files)) == [str(file) for file in files]
    for groups in ([], [others.SHARED]):
        assert said(others.ask(others.WEB, READ, *files, groups=groups)) == []
    # Even if the folder were opened by mistake, its files are not.
    data.chmod(0o755)
    assert said(others.ask(others.WEB, READ, *files, groups=[others.SHARED])) == []


def test_a_stranger_who_holds_connections_is_gone_at_once(apart):
    """Refused peers take no places from those who may ask."""
    path, _ = apart
    held = """
import sys, time
from pathlib import Path
from paraph.signer import sockets
held = []
while len(held) < 200:
    try:
        held.append(sockets.connect(Path(sys.argv[1]), 60))
    except BlockingIOError:  # they wait in line faster than they are turned away
        time.sleep(0.01)
print(sum(connection.recv(1) == b"" for connection in held))
"""
    assert said(others.ask(others.STRANGER, held, path, groups=[others.SHARED])) == 200
    assert SocketSigner(path).health()


def test_work_as_another_and_back():
    """In a child of its own: what root does as the service's user, and where it is root again."""
    others.needed()
    program = """
import json, os, subprocess, sys
from paraph.signer import users
seen = [os.getresuid()]
users.work_as(61002, besides=61010)
seen += [os.getresuid(), os.getgroups(), users.started_as()]
with users.as_root():
    seen.append(os.geteuid())
    with users.as_before():
        seen.append(os.geteuid())
    seen.append(os.geteuid())
seen.append(os.geteuid())
child = subprocess.run([sys.executable, "-c", "import os; print(os.getresuid()); os.setresuid(-1, 0, -1)"],
                       capture_output=True, text=True)
print(json.dumps([*seen, child.stdout.strip(), "PermissionError" in child.stderr]))
"""
    assert said(others.ask(others.ROOT, program)) == [
        [0, 0, 0], [61002, 61002, 0], [61010], 0, 0, 61002, 0, 61002, "(61002, 61002, 61002)", True]


def test_who_is_not_root_stays_who_he_is(monkeypatch):
    monkeypatch.setattr(users.os, "geteuid", lambda: 500)
    monkeypatch.setattr(users.os, "getresuid", lambda: (500, 500, 500))
    monkeypatch.setattr(users.os, "setresuid", lambda *given: pytest.fail("setresuid"))
    users.work_as(61002)
    with users.as_root(), users.as_before():
        assert users.started_as() == 500
