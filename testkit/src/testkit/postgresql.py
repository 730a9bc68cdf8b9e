# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of one's own, in a temporary folder, on a Unix socket: Debian's real server, thrown away after."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path


class Cluster:
    """`with Cluster() as url:` gives a postgresql:// address. `durable`: it waits for the disk, as it must in earnest."""

    def __init__(self, *, durable: bool = False) -> None:
        self.durable = durable
        versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        if not versions:
            raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
        self.binaries = versions[-1]
        self.folder = Path(tempfile.mkdtemp(prefix="paraph-postgresql-"))

    def _command(self, *arguments: str) -> list[str]:
        # PostgreSQL refuses to run as root; Debian's package brings a user for it.
        return (["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []) + list(arguments)

    def __enter__(self) -> str:
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        data = self.folder / "data"
        user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        subprocess.run(self._command(str(self.binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", user,
                                     "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"), check=True, capture_output=True)
        subprocess.run(self._command(
            str(self.binaries / "pg_ctl"), "-D", str(data), "-w", "-t", "300", "-l", str(self.folder / "log"), "-o",
            f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=120 "
            f"-c fsync={'on' if self.durable else 'off'}",
            "start"), check=True, capture_output=True)
        self.data = data
        return f"postgresql://{user}@/postgres?host={self.folder}"

    def __exit__(self, *details: object) -> None:
        subprocess.run(self._command(str(self.binaries / "pg_ctl"), "-D", str(self.data), "-m", "immediate", "stop"),
                       check=True, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)
