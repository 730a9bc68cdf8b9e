# SPDX-License-Identifier: Apache-2.0
"""The demonstration as a running thing: set up once, then four programs on this computer."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
from django.core.management import call_command

from paraph.config import binding, processes, seeds
from paraph.config.environment import SettingError
from paraph.config.preparing import wait_for
from paraph.signer import client
from paraph.signer.errors import SignerUnavailable


class Service:
    """`with Service(data, ports, say):` has everything answering."""

    def __init__(self, data: Path, ports: dict[str, int], say: Callable[[str], None]) -> None:
        self.data = data
        self.ports = ports
        self.say = say
        self.url = f"http://localhost:{ports['port']}"
        self.guichet_url = f"http://localhost:{ports['guichet_port']}"
        logs = data / "log"
        logs.mkdir(exist_ok=True)
        guichet = {
            "DJANGO_SETTINGS_MODULE": "guichet.settings",
            "GUICHET_DATA": str(data),
            "GUICHET_URL": self.guichet_url,
            "GUICHET_ISSUER": self.url,
            "GUICHET_CLIENT_ID": seeds.GUICHET_CLIENT_ID,
            "GUICHET_CLIENT_SECRET_FILE": str(data / "secrets" / "guichet-client"),
            # The portal is a stranger to the service: it gets none of its secrets.
            "PARAPH_DATA": "", "PARAPH_DEMO": "",
        }
        self.signer = processes.paraph("signer", "signer", log=logs / "signer.log")
        self.worker = processes.paraph("worker", "worker", log=logs / "worker.log")
        self.web = processes.web("web", "paraph.config.wsgi:application", ports["port"], log=logs / "web.log")
        self.guichet = processes.web("citizen portal", "guichet.wsgi:application", ports["guichet_port"],
                                     log=logs / "guichet.log", environment=guichet)
        self.guichet_environment = guichet
        self.tree = processes.Tree([self.signer, self.worker, self.web, self.guichet], say)

    def __enter__(self) -> "Service":
        self.tree.__enter__()
        try:
            self._start()
        except BaseException:
            self.tree.__exit__()
            raise
        return self

    def __exit__(self, *details: object) -> None:
        self.tree.__exit__(*details)

    def _start(self) -> None:
        binding.bind_all()
        self.say("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
        self.tree.start(self.signer)
        wait_for(self._signer_answers, 60, "The signer")
        seeds.set_up(self.data, url=self.url, guichet_url=self.guichet_url, say=self.say)
        self._prepare_guichet()
        self.say("Starting the service and the citizen portal …")
        self.tree.start(self.worker)
        self.tree.start(self.web)
        self.tree.start(self.guichet)
        wait_for(lambda: _answers(f"{self.url}/health/ready"), 90, "The service")
        wait_for(lambda: _answers(f"{self.guichet_url}/health/live"), 90, "The citizen portal")

    def _prepare_guichet(self) -> None:
        done = subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
                              env={**os.environ, **self.guichet_environment}, capture_output=True, text=True)
        if done.returncode:
            raise SettingError(f"the citizen portal's database could not be prepared: {done.stderr[-500:]}")

    def _signer_answers(self) -> bool:
        if self.signer.fell():
            raise SettingError(f"the signer stopped at once: see {self.signer.log}")
        try:
            client.bound().health()
            return True
        except SignerUnavailable:
            return False

    def watch(self) -> int:
        return self.tree.watch()

    def announce(self) -> None:
        """What a person needs to begin, and where the rest is written."""
        entries = json.loads((self.data / "demo.json").read_text())
        self.say("")
        self.say(f"  Paraph           {self.url}")
        self.say(f"  Citizen portal   {self.guichet_url}")
        self.say(f"  Outbox (SMS, mail, letters of the demonstration)   {self.url}/outbox/")
        self.say("")
        for person in entries["staff"]:
            self.say(f"  {person['role']:22} UserID {person['user_id']}   password {person['password']}   "
                     f"Token {person['token']}")
        for person in entries["staff"]:
            if "scan" in person:
                self.say(f"  {person['role']:22} also holds Scan {person['scan']}: she approves orders with it")
        self.say(f"  Vouchers               {'  '.join(entries['vouchers'][:3])}")
        self.say(f"  A Token's code now     .venv/bin/paraph-token --data {self.data} SERIAL")
        self.say(f"  What a Scan shows      .venv/bin/paraph-scan --data {self.data} SERIAL   (aimed at the screen)")
        self.say(f"                         .venv/bin/paraph-scan --data {self.data} SERIAL PICTURE   (a picture of the page)")
        self.say(f"  All of this            {self.data}/demo.json")
        self.say("")
        self.say("  Ctrl-C stops everything.")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
