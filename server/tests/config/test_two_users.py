# SPDX-License-Identifier: Apache-2.0
"""The whole service as two users of the operating system, with real processes: the signer as one, web and worker as another,
consent by root. Each has the calls to the kernel that its unit leaves it. What it opens is written down by Python itself, and
looked at afterwards."""

import json
import os
import socket
import stat
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from testkit import others

PARAPH = ["-m", "paraph.config.main"]
# Loaded by every Python of a test at its start: a line for each file that it opens, whoever asks for it.
WATCH = """
import os, sys
def note(event, given):
    if event in ("open", "os.listdir", "os.scandir", "sqlite3.connect") and isinstance(given[0], (str, bytes, os.PathLike)):
        os.write(2, f"OPENED {os.fspath(given[0])!r}\\n".encode())
sys.addaudithook(note)
"""


class House:
    """Folders and settings as docs/operate/install.md lays them out, on SQLite, with the software key store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data, self.own, self.run_folder = folder / "paraph", folder / "paraph-signer", folder / "run"
        self.signers, self.webs = folder / "etc-signer", folder / "etc-web"
        for made, user in ((self.data, others.WEB), (self.own, others.SIGNER), (self.signers, others.SIGNER),
                           (self.webs, others.WEB), (self.run_folder, others.SIGNER)):
            made.mkdir(mode=0o700)
            os.chown(made, user, user)
        os.chown(self.run_folder, others.SIGNER, others.SHARED)
        self.data.chmod(0o750)
        self.passphrase = self.signers / "key-store"
        self.give(self.passphrase, others.SIGNER, "a passphrase of the signer's own")
        (folder / "watch").mkdir()
        (folder / "watch/sitecustomize.py").write_text(WATCH)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            "PARAPH_DATA": str(self.data), "PARAPH_URL": f"http://localhost:{self.port}", "PARAPH_DEMO": "1",
            "PARAPH_SIGNER": str(self.run_folder / "socket"), "PARAPH_SIGNER_DATA": str(self.own),
            "PARAPH_SIGNER_USERS": str(others.WEB), "PARAPH_SIGNER_GROUP": str(others.SHARED),
            "PARAPH_KEY_STORE_PASSPHRASE_FILE": str(self.passphrase)}

    @staticmethod
    def give(path: Path, user: int, content: str) -> None:
        path.write_text(content)
        path.chmod(0o600)
        os.chown(path, user, user)

    def how(self, user: int, *, watched: bool = False) -> dict:
        """With the groups that the units give."""
        folders = [str(self.folder / "watch")] if watched else []
        return {"group": others.SHARED if user == others.SIGNER else user,
                "groups": [] if user == others.STRANGER else [others.SHARED],
                "environment": self.environment | {"PYTHONPATH": os.pathsep.join([*folders, others.path()])}}

    def paraph(self, user: int, *arguments: str, watched: bool = False) -> subprocess.CompletedProcess:
        return others.run(user, [others.python(), *PARAPH, *arguments], **self.how(user, watched=watched))

    def service(self, *arguments: str) -> list[str]:
        """The program as its unit starts it, with what the unit takes away."""
        return [others.python(), "-m", "testkit.units", f"paraph-{arguments[0]}.service", others.python(), *PARAPH, *arguments]

    def start(self, user: int, *arguments: str, log: Path) -> subprocess.Popen:
        with log.open("wb") as told:
            return others.start(user, self.service(*arguments), stdout=told, stderr=told, **self.how(user, watched=True))

    def owners(self, folder: Path) -> set[int]:
        return {path.lstat().st_uid for path in folder.rglob("*")}


def until(condition, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.05)


@pytest.fixture(scope="module")
def house():
    """Installed in the order of the page: database, signer, ceremony."""
    others.needed()
    with others.folder() as folder:
        house = House(folder)
        migrated = house.paraph(others.WEB, "migrate")
        assert migrated.returncode == 0, migrated.stderr
        log = folder / "signer.log"
        with house.start(others.SIGNER, "signer", log=log) as signer:
            until((house.run_folder / "socket").exists, signer, log)
            # Two refusals before root does it.
            house.refused = [house.paraph(user, "ceremony") for user in (others.WEB, others.STRANGER)]
            house.held = house.paraph(others.ROOT, "ceremony")
            yield house
            signer.terminate()
            assert signer.wait(60) == 0


def answers(house):
    return json.loads(house.paraph(others.WEB, "ca", "list", "--json").stdout)


def test_the_services_user_holds_no_ceremony_and_is_told_who_does(house):
    of_the_web, of_a_stranger = house.refused
    assert of_the_web.returncode == 2 and of_the_web.stdout == ""
    assert of_the_web.stderr == (
        f"paraph: This is consent, given on the signer's own host by root. {others.WEB} may ask the signer at most: {house.own} "
        "is not its own. Run the same command as root. Nothing was done.\n")
    # A stranger does not even read the service's secrets.
    assert of_a_stranger.returncode == 2 and "Permission denied" in of_a_stranger.stderr
    assert len(of_a_stranger.stderr.splitlines()) == 1


def test_root_holds_it_and_every_file_stays_its_users(house):
    assert house.held.returncode == 0, house.held.stderr
    assert {entry["name"] for entry in answers(house)} == {"root", "issuing"}
    assert house.owners(house.data) == {others.WEB}
    assert house.owners(house.own) == house.owners(house.signers) == {others.SIGNER}


def test_the_signers_host_refuses_the_services_user_itself(house):
    """The door through which every such command goes."""
    program = """
import sys
from paraph.config import main
main._work_as_the_service()
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "paraph.config.settings"
django.setup()
from paraph.interfaces.cli import signer_host
try:
    with signer_host.core() as core:
        print("opened", os.geteuid(), core.verify_record().holds)
    print("after", os.geteuid())
except signer_host.NotHere:
    print("refused")
"""
    def said(user):
        return others.run(user, [others.python(), "-c", program], **house.how(user)).stdout.split("\n")[:-1]

    assert said(others.WEB) == ["refused"]
    assert said(others.ROOT) == ["opened 0 True", f"after {others.WEB}"]


def opened(text: str) -> set[str]:
    return {line.split(" ", 1)[1].strip("'b") for line in text.splitlines() if line.startswith("OPENED ")}


def of(paths: set[str], *folders: Path) -> set[str]:
    return {path for path in paths if any(path.startswith(f"{folder}/") or path == str(folder) for folder in folders)}


def test_the_web_process_answers_and_opens_nothing_of_the_signers(house):
    log = house.folder / "web.log"
    with house.start(others.WEB, "web", "--port", str(house.port), log=log) as web:
        def ready():
            try:
                return httpx.get(f"http://localhost:{house.port}/health/ready", timeout=60)
            except httpx.HTTPError:
                return None

        until(ready, web, log)
        assert ready().json()["parts"]["signer"] == "ok"
        assert httpx.get(f"http://localhost:{house.port}/login/", timeout=60).status_code == 200
        # A status that the signer must sign anew is signed: the listed user may ask.
        assert httpx.get(f"http://localhost:{house.port}/pki/crl/issuing.crl", timeout=60).status_code == 200
        status = Path(f"/proc/{web.pid}/status").read_text()
        web.terminate()
        web.wait(60)
    assert f"Uid:\t{others.WEB}\t{others.WEB}\t{others.WEB}\t{others.WEB}" in status
    assert "Seccomp:\t2" in status, "the unit's filter was not in force"
    seen = opened(log.read_text())
    # The list is complete enough to tell: its own are on it.
    secrets = house.data / "secrets"
    assert of(seen, secrets) == {str(secrets / name) for name in ("key-ring", "pepper", "django-key")}
    assert of(seen, house.own, house.signers) == set()


def test_the_worker_runs_every_job_and_opens_nothing_of_the_signers(house):
    done = others.run(others.WEB, house.service("worker", "--once"), **house.how(others.WEB, watched=True))
    assert done.returncode == 0, done.stderr[-2000:]
    assert "seal: " in done.stdout
    seen = opened(done.stderr)
    assert of(seen, house.data / "secrets") and of(seen, house.own, house.signers) == set()
    assert house.owners(house.data) == {others.WEB}


def test_the_signer_opens_nothing_of_the_services(house):
    seen = opened((house.folder / "signer.log").read_text())
    assert str(house.passphrase) in seen and str(house.own / "signer.sqlite3") in seen
    assert of(seen, house.data, house.webs) == set()


CONFINED = """
import socket
from paraph.kernel import confinement

def handle(request, content):
    told = {}
    for name, attempt in (("file", lambda: open("/etc/passwd")), ("socket", lambda: socket.socket(socket.AF_UNIX))):
        try:
            attempt()
            told[name] = "reached"
        except OSError as error:
            told[name] = type(error).__name__
    return told, content

if __name__ == "__main__":
    confinement.serve(handle)
"""


@pytest.mark.parametrize("unit", ["paraph-web.service", "paraph-worker.service"])
def test_the_units_leave_the_children_that_read_foreign_files_their_own_isolation(house, unit):
    (house.folder / "watch/confined.py").write_text(CONFINED)
    program = """
import json
from paraph.kernel import confinement
confinement.bind(required=True)
print(json.dumps(confinement.run("confined", {}, b"content", confinement.Limits(5, 20, 600, 1))[0]))
"""
    how = house.how(others.WEB)
    how["environment"] |= {"PYTHONPATH": os.pathsep.join([str(house.folder / "watch"), others.path()])}
    done = others.run(others.WEB, [others.python(), "-m", "testkit.units", unit, others.python(), "-c", program], **how)
    assert done.returncode == 0, done.stderr
    # Landlock refuses the file; for the child's own filter the kernel knows no sockets.
    assert json.loads(done.stdout) == {"file": "PermissionError", "socket": "OSError"}


def test_what_the_other_side_keeps_is_unreadable(house):
    read = "import sys\nfor path in sys.argv[1:]:\n  try: open(path).close(); print(path)\n  except PermissionError: pass"
    signers = [house.passphrase, *house.own.iterdir()]
    webs = [*(house.data / "secrets").iterdir(), house.data / "paraph.sqlite3"]
    assert len(signers) >= 3 and len(webs) == 4
    for user, paths in ((others.WEB, signers), (others.SIGNER, webs), (others.STRANGER, signers + webs)):
        done = others.run(user, [others.python(), "-c", read, *map(str, paths)], groups=[others.SHARED])
        assert (done.returncode, done.stdout) == (0, ""), user
    own = others.run(others.SIGNER, [others.python(), "-c", read, *map(str, signers)])
    assert own.stdout.split() == [str(path) for path in signers]


def border_of(house, user):
    """What `paraph check --deploy` says of the border: problems, and as whom it judged."""
    lines = house.paraph(user, "check", "--deploy").stdout.splitlines()
    found = [line.removeprefix("border: ") for line in lines if line.startswith("border: ")]
    return found, next(line for line in lines if line.startswith("remark: seen: "))


def test_each_user_finds_the_border_standing(house):
    found, seen = border_of(house, others.WEB)
    assert found == [] and f"judged as {others.WEB}, which sees its own side only" in seen
    assert border_of(house, others.ROOT) == ([], "remark: seen: border: judged as root, which sees both sides.")
    for user in (others.SIGNER, others.ROOT):
        done = house.paraph(user, "signer", "--check")
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_border_is_found_and_stops_the_programs(house):
    house.signers.chmod(0o755)
    house.passphrase.chmod(0o644)
    try:
        assert border_of(house, others.WEB)[0] == [
            f"{house.passphrase} is open to others than its owner (mode 644): chmod go= {house.passphrase}.",
            f"{others.WEB} can read {house.passphrase}, which is the signer's alone."]
        for user, command in ((others.WEB, ["web", "--port", str(house.port)]), (others.WEB, ["worker", "--once"]),
                              (others.SIGNER, ["signer"])):
            done = house.paraph(user, *command)
            assert done.returncode != 0 and f"chmod go= {house.passphrase}." in done.stderr, command
    finally:
        house.passphrase.chmod(0o600)
        house.signers.chmod(0o700)
    assert house.paraph(others.SIGNER, "signer", "--check").returncode == 0


def test_a_passphrase_that_can_not_be_read_is_said_in_one_sentence(house):
    """Who starts the signer as another user."""
    done = house.paraph(others.STRANGER, "signer")
    assert done.returncode == 2 and done.stderr.startswith("paraph: ") and len(done.stderr.splitlines()) == 1
    assert stat.S_IMODE(house.passphrase.stat().st_mode) == 0o600
