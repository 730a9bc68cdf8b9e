# SPDX-License-Identifier: Apache-2.0
"""The blocks of docs/operate/install.md and ceremony.md, run in their order with a real PostgreSQL and a SoftHSM2 token."""

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from testkit.postgresql import Cluster
from testkit.printer import Printer

from .reading import ROOT, named_blocks

OPERATE = ROOT / "docs/operate"
BLOCKS = named_blocks(OPERATE / "install.md") | named_blocks(OPERATE / "ceremony.md")
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
pytestmark = [
    pytest.mark.timeout(1200),
]


class Machine:
    """A machine of one's own: the page's folders under a temporary one, its database on a throw-away server."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.drill = url.replace("/postgres?", "/drill?")
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(
            f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        (folder / "bin").mkdir()
        program = folder / "bin/paraph"
        program.write_text(f"#!/bin/sh\nexec {sys.executable} -m paraph.config.main \"$@\"\n")
        program.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARAPH_", "DJANGO_"))}
        self.environment = kept | {
            "PATH": f"{folder}/bin:{os.environ['PATH']}", "SOFTHSM2_CONF": f"{folder}/softhsm2.conf",
            "PYTHONPATH": os.pathsep.join(sys.path), "DRILL_DATABASE_URL": self.drill}

    def text(self, block: str) -> str:
        for place in ("/etc/paraph", "/var/lib/paraph", "/var/backups/paraph", "/var/spool/paraph"):
            block = block.replace(place, f"{self.folder}{place}")
        return block.replace("postgresql://paraph@/paraph?host=/run/postgresql", self.url)

    def run(self, name: str) -> str:
        done = subprocess.run(["sh", "-e", "-c", self.text(BLOCKS[name])], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, f"{name}: {done.stdout[-1500:]}{done.stderr[-2500:]}"
        return done.stdout

    def start_signer(self) -> subprocess.Popen:
        started = subprocess.Popen(["sh", "-c", f"set -a; . {self.folder}/etc/paraph/paraph.env; set +a; exec paraph signer"],
                                   env=self.environment, stderr=subprocess.PIPE, text=True)
        socket = self.folder / "var/lib/paraph/signer/socket"
        deadline = time.monotonic() + 180
        while not socket.exists():
            assert started.poll() is None, started.stderr.read()[-2000:]
            assert time.monotonic() < deadline, "the signer does not listen"
            time.sleep(0.1)
        return started


@pytest.fixture
def machine(tmp_path_factory):
    # Unix sockets have short names: pytest's own folders are too deep for them.
    folder = Path("/tmp") / f"paraph-install-{os.getpid()}"
    folder.mkdir()
    (folder / "etc/paraph").mkdir(parents=True)
    profile = (ROOT / "server/src/paraph/config/profiles/demo.toml").read_text()
    assert "demonstration = true" in profile
    (folder / "etc/paraph/operator.toml").write_text(profile.replace("demonstration = true", "demonstration = false"))
    printer = Printer.founded(folder / "etc/paraph", at=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
    assert printer.certificate == folder / "etc/paraph/printer.pem"
    with Cluster() as url:
        yield Machine(folder, url)
    shutil.rmtree(folder)


def test_an_installation_as_the_page_says(machine):
    machine.run("secrets")
    machine.run("channels")
    assert "paraph" in machine.run("token")
    machine.run("database")
    signer = machine.start_signer()
    try:
        assert "authority root" in machine.run("ceremony-plan")
        assert "issuing" in machine.run("ceremony")
        said = machine.run("ready")
        assert "0 findings" in said and "The log holds." in said and "No problem found." in said
        assert "BEGIN PUBLIC KEY" in machine.run("ceremony-record")
        machine.run("backup")
    finally:
        signer.terminate()
        signer.wait(20)
    subprocess.run(["psql", "-q", machine.url, "-c", "CREATE DATABASE drill"], check=True)
    assert "The log holds." in machine.run("restore")
    modes = [path.stat().st_mode & 0o077 for path in (machine.folder / "etc/paraph/secrets").iterdir()]
    assert modes == [0] * 7, "a secret can be read by others"
