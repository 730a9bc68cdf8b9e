# SPDX-License-Identifier: Apache-2.0
"""privacyIDEA as a stranger beside us: in an environment of its own that this bench makes, spoken to over HTTP alone.

It is under the AGPL, so nothing of ours imports it or comes with it.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.load import processor_seconds
from paraph.config.preparing import free_port, wait_for

ENVIRONMENT = Path(__file__).with_name(".privacyidea")
PACKAGES = ("privacyidea==3.14", "gunicorn", "psycopg2-binary")
PIN = "1234"
# What is left of a PIN's hash when Argon2 is asked for the least that it can do.
NEXT_TO_NOTHING = {"argon2__rounds": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}


def install() -> None:
    if not (ENVIRONMENT / "bin" / "gunicorn").exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", "3.11", ENVIRONMENT], check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", ENVIRONMENT / "bin" / "python", *PACKAGES], check=True)


@dataclass
class PrivacyIdea:
    url: str
    process: int
    client: httpx.Client

    def enrol(self, serial: str, seed: bytes) -> None:
        """An event-based Token with a PIN, as an administrator does it."""
        self._post("/token/init", type="hotp", serial=serial, otpkey=seed.hex(), pin=PIN)

    def verify(self, serial: str, code: str) -> None:
        answer = self._post("/validate/check", serial=serial, **{"pass": PIN + code})
        if answer["result"]["value"] is not True:
            raise RuntimeError(f"privacyIDEA refused a right code: {answer}")

    def processor_seconds(self) -> float:
        return processor_seconds(self.process)

    def _post(self, path: str, **fields: str) -> dict:
        answer = self.client.post(self.url + path, data=fields)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running(data: Path, database_url: str, hash_parameters: dict[str, int] | None) -> Iterator[PrivacyIdea]:
    """One web process in front of this database. `hash_parameters`: of the PIN's hash; None: as shipped."""
    configuration = {
        "SUPERUSER_REALM": ["super"], "SECRET_KEY": os.urandom(24).hex(), "PI_PEPPER": os.urandom(24).hex(),
        "PI_ENCFILE": str(data / "enckey"), "PI_AUDIT_KEY_PRIVATE": str(data / "private.pem"),
        "PI_AUDIT_KEY_PUBLIC": str(data / "public.pem"), "SQLALCHEMY_DATABASE_URI": database_url,
        "PI_LOGFILE": str(data / "privacyidea.log"), "PI_LOGLEVEL": 30}
    if hash_parameters:
        configuration["PI_HASH_ALGO_PARAMS"] = hash_parameters
    (data / "pi.cfg").write_text("".join(f"{name} = {value!r}\n" for name, value in configuration.items()))
    environment = {**os.environ, "PRIVACYIDEA_CONFIGFILE": str(data / "pi.cfg")}
    environment.pop("PYTHONPATH", None)
    for command in ("setup create_enckey", "setup create_audit_keys", "setup create_tables", "admin add admin -p admin"):
        subprocess.run([ENVIRONMENT / "bin" / "pi-manage", *command.split()], env=environment, check=True,
                       capture_output=True)
    port = free_port()
    with (data / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [ENVIRONMENT / "bin" / "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--keep-alive", "30",
             "--threads", "1", "--worker-class", "gthread", "privacyidea.app:create_app(config_name='production', silent=True)"],
            env=environment, cwd=data, stdout=log, stderr=log)
    try:
        with httpx.Client(timeout=60) as client:
            made = PrivacyIdea(f"http://127.0.0.1:{port}", process.pid, client)
            wait_for(lambda: _answers(made), 90, "privacyIDEA")
            token = made._post("/auth", username="admin", password="admin")["result"]["value"]["token"]
            client.headers["authorization"] = token
            yield made
    finally:
        process.terminate()
        process.wait()


def _answers(made: PrivacyIdea) -> bool:
    try:
        return made.client.get(made.url + "/healthz/").status_code < 500
    except httpx.HTTPError:
        time.sleep(0.2)
        return False
