# SPDX-License-Identifier: Apache-2.0
"""The blocks of docs/operate/install.md and ceremony.md, run by root in their order, with a real PostgreSQL, a SoftHSM2 token and
two users.

What differs from the page: the folders are below a temporary one, and users that every Debian has stand in for the page's,
which systemd-sysusers makes for a tree that is not this machine's. No systemd runs: a `systemctl` of the test's does what is
asked of it.
"""

import os
import pwd
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from testkit import others
from testkit.postgresql import Cluster
from testkit.printer import Printer

from .reading import ROOT, named_blocks

OPERATE = ROOT / "docs/operate"
BLOCKS = named_blocks(OPERATE / "install.md") | named_blocks(OPERATE / "ceremony.md")
PLACES = ("/etc/paraph", "/etc/sysusers.d", "/etc/systemd/system", "/var/lib/paraph", "/var/backups/paraph", "/var/spool/paraph",
          "/run/paraph")
# Users and groups of base-passwd, who are on every Debian and run nothing.
STAND_INS = {"paraph-signer": "games", "paraph-web": "news", "paraph-socket": "uucp"}
pytestmark = [
    pytest.mark.timeout(1200),
]


class Machine:
    """The page's folders under a temporary one, its database on a throw-away server that asks who one is."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.folder, self.cluster = folder, cluster
        (folder / "bin").mkdir()
        self.program("paraph", f'exec {others.python()} -m paraph.config.main "$@"')
        self.program("systemctl", f'echo "$@" >> {folder}/systemctl\n[ "$1 $2" != "reload postgresql" ] || exec runuser -u '
                                  f'postgres -- {cluster.binaries}/pg_ctl -D {cluster.data} reload')
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("PARAPH_", "DJANGO_", "PG", "SOFTHSM2_"))}
        self.environment = kept | {
            "PATH": f"{folder}/bin:{os.environ['PATH']}", "PYTHONPATH": others.path(), "PYTHONDONTWRITEBYTECODE": "1",
            "PGHOST": str(cluster.folder)}

    def program(self, name: str, script: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def text(self, block: str) -> str:
        block = block.replace("systemd-sysusers\n", f"systemd-sysusers --root={self.folder}\n")
        block = block.replace("host=/run/postgresql", f"host={self.cluster.folder}")
        block = block.replace("/etc/postgresql/15/main", str(self.cluster.data)).replace("/opt/paraph/", f"{ROOT}/")
        for page, here in STAND_INS.items():
            block = re.sub(rf"runuser -u {page} ", f"runuser -u {here} -G {STAND_INS['paraph-socket']} ", block)
            # In options, settings and maps; folders keep their names.
            block = re.sub(rf"(?<![/\w-]){page}(?![/\w-])", here, block)
        for place in PLACES:
            block = block.replace(place, f"{self.folder}{place}")
        return block

    def run(self, name: str) -> str:
        done = subprocess.run(["sh", "-e", "-c", self.text(BLOCKS[name])], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, f"{name}: {done.stdout[-1500:]}{done.stderr[-2500:]}"
        return done.stdout

    def start_signer(self) -> subprocess.Popen:
        """As its unit does: its user, the socket's group, a folder made for it."""
        runtime = self.folder / "run/paraph-signer"
        runtime.mkdir(parents=True, mode=0o710)
        shutil.chown(runtime, STAND_INS["paraph-signer"], STAND_INS["paraph-socket"])
        self.folder.joinpath("run").chmod(0o755)
        start = f"set -a; . {self.folder}/etc/paraph/paraph.env; set +a; exec paraph signer"
        started = subprocess.Popen(["sh", "-c", start], env=self.environment, stderr=subprocess.PIPE, text=True,
                                   user=STAND_INS["paraph-signer"], group=STAND_INS["paraph-socket"], extra_groups=[])
        deadline = time.monotonic() + 180
        while not (runtime / "socket").exists():
            assert started.poll() is None, started.stderr.read()[-2000:]
            assert time.monotonic() < deadline, "the signer does not listen"
            time.sleep(0.1)
        return started

    def owners(self, place: str) -> set[str]:
        folder = self.folder / place
        return {pwd.getpwuid(path.lstat().st_uid).pw_name for path in [folder, *folder.rglob("*")]}


@pytest.fixture
def machine():
    others.needed()
    cluster = Cluster()
    with others.folder() as folder, cluster:
        cluster.folder.chmod(0o755)
        for place in ("etc/paraph", "etc/systemd/system", "var/lib", "var/backups", "var/spool/paraph", "run"):
            (folder / place).mkdir(parents=True)
        profile = (ROOT / "server/src/paraph/config/profiles/demo.toml").read_text()
        assert "demonstration = true" in profile
        (folder / "etc/paraph/operator.toml").write_text(profile.replace("demonstration = true", "demonstration = false"))
        printer = Printer.founded(folder / "etc/paraph", at=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
        assert printer.certificate == folder / "etc/paraph/printer.pem"
        printer.certificate.chmod(0o644)
        yield Machine(folder, cluster)


def test_an_installation_as_the_page_says(machine):
    machine.run("users")
    made = (machine.folder / "etc/passwd").read_text()
    assert "paraph-signer:" in made and "paraph-web:" in made
    machine.run("secrets")
    machine.run("channels")
    assert "paraph" in machine.run("token")
    machine.run("postgresql")
    machine.run("database")
    machine.run("units")
    assert len(list((machine.folder / "etc/systemd/system").glob("paraph-*.service"))) == 3
    signer = machine.start_signer()
    try:
        assert "authority root" in machine.run("ceremony-plan")
        assert "issuing" in machine.run("ceremony")
        said = machine.run("ready")
        assert "0 findings" in said and "The log holds." in said
        assert said.count("No problem found.") == 4
        assert [word for word in ("judged as root", "judged as news", "judged as games") if word not in said] == []
        assert "BEGIN PUBLIC KEY" in machine.run("ceremony-record")
        machine.run("backup")
        # Another user is not even let into the database.
        stranger = subprocess.run(["runuser", "-u", "list", "--", "psql", "-U", "paraph", "paraph", "-c", "SELECT 1"],
                                  env=machine.environment, capture_output=True, text=True)
        assert stranger.returncode != 0 and "peer" in stranger.stderr.lower()
    finally:
        signer.terminate()
        signer.wait(20)
    assert "The log holds." in machine.run("restore")
    secrets = {path.name: path for folder in ("signer", "web") for path in (machine.folder / "etc/paraph" / folder).iterdir()}
    assert set(secrets) == {"key-store", "key-ring", "pepper", "django-key", "smtp-url", "sms"}
    assert [path.stat().st_mode & 0o077 for path in secrets.values()] == [0] * 6, "a secret can be read by others"
    assert machine.owners("etc/paraph/signer") == machine.owners("var/lib/paraph-signer") == {"games"}
    for place in ("etc/paraph/web", "var/lib/paraph", "var/spool/paraph/letters"):
        assert machine.owners(place) == {"news"}, place
