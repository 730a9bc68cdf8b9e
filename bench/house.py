# SPDX-License-Identifier: Apache-2.0
"""Signer and web process on a database of their own, as an installation starts them, for the benches of the door."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.load import processor_seconds
from paraph.config import processes
from paraph.config.preparing import free_port, wait_for
from testkit.postgresql import Cluster


@dataclass
class House:
    """`url` is where it answers. `shift()` moves the clock of all its programs."""

    data: Path
    url: str
    web: processes.Program
    signer: processes.Program
    shifted: float = 0.0

    def shift(self, seconds: float) -> None:
        self.shifted += seconds
        (self.data / "shift").write_text(str(self.shifted))

    def processor_seconds(self) -> tuple[float, float]:
        """Of the web process and of the signer, with their children."""
        return processor_seconds(self.web.process.pid), processor_seconds(self.signer.process.pid)


@contextmanager
def house(database: str) -> Iterator[House]:
    """`database`: sqlite, or postgresql for a server of its own that waits for the disk. Sets Django up in this process
    too; import what needs it inside."""
    with ExitStack() as stack:
        data, port = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))), free_port()
        os.environ.update({
            "PARAPH_DATA": str(data), "PARAPH_DEMO": "1", "PARAPH_TEST_CLOCK": str(data / "shift"),
            "PARAPH_URL": f"http://localhost:{port}", "DJANGO_SETTINGS_MODULE": "paraph.config.settings"})
        if database == "postgresql":
            os.environ["PARAPH_DATABASE_URL"] = stack.enter_context(Cluster(durable=True))
        import django

        django.setup(set_prefix=False)
        from django.core.management import call_command

        from paraph.config import binding

        binding.bind_all()
        call_command("migrate", interactive=False, verbosity=0)
        signer = processes.paraph("signer", "signer", log=data / "signer.log")
        web = processes.web("web", "paraph.config.wsgi:application", port, log=data / "web.log")
        made = House(data, f"http://localhost:{port}", web, signer)
        for program, ready in ((signer, (data / "signer" / "socket").exists), (web, lambda: _answers(made.url))):
            stack.callback(program.stop)
            program.start()
            wait_for(ready, 60, program.name)
        yield made


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
