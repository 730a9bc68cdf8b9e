# SPDX-License-Identifier: Apache-2.0
"""paraph check: what a demonstration may have and people's service may not; settings and health."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from paraph.signer import client as signers

ROOT = Path(__file__).resolve().parents[3]


def paraph(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "paraph.config.main", *arguments], capture_output=True, text=True,
                          env={**os.environ, **environment})


def test_a_demonstration_is_not_fit_for_people(tmp_path):
    done = paraph("check", "--deploy", "--json", PARAPH_DATA=str(tmp_path), PARAPH_DEMO="1",
                  PARAPH_TEST_CLOCK=str(tmp_path / "clock"))
    assert done.returncode == 1
    assert {entry["code"] for entry in json.loads(done.stdout)} >= {"demo", "test_clock", "http", "profile", "database"}


def test_an_operators_own_settings_are_fit(tmp_path):
    profile = (ROOT / "server/src/paraph/config/profiles/demo.toml").read_text().replace(
        "demonstration = true", "demonstration = false").replace('slug = "demo"', 'slug = "mine"')
    (tmp_path / "mine.toml").write_text(profile)
    done = paraph("check", "--deploy", "--json", PARAPH_DATA=str(tmp_path / "data"), PARAPH_DEMO="",
                  PARAPH_PROFILE=str(tmp_path / "mine.toml"), PARAPH_URL="https://sign.example",
                  PARAPH_DATABASE_URL="postgresql://paraph@localhost/paraph")
    assert json.loads(done.stdout) == [], done.stderr


def test_every_setting_is_listed_and_no_secret_is_shown(tmp_path):
    done = paraph("check", "--settings", PARAPH_DATA=str(tmp_path), PARAPH_SECRET_KEY="not-to-be-shown")
    assert done.returncode == 0
    for name in ("PARAPH_DATA", "PARAPH_DATABASE_URL", "PARAPH_KEY_STORE", "PARAPH_URL"):
        assert name in done.stdout
    assert "not-to-be-shown" not in done.stdout


def test_secrets_are_read_by_their_owner_only(tmp_path):
    paraph("check", PARAPH_DATA=str(tmp_path))
    for path in (tmp_path / "secrets").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


@pytest.mark.django_db
def test_health_names_what_is_missing(signer):
    client = Client(HTTP_HOST="localhost")
    assert client.get("/health/live").json() == {"status": "ok"}
    ready = client.get("/health/ready")
    assert ready.status_code == 200 and ready.json()["parts"] == {
        "database": "ok", "signer": "ok", "crl": "ok", "status": "ok", "clock": "ok"}


@pytest.mark.django_db
def test_health_says_when_the_signer_is_gone(tmp_path):
    signers.bind(signers.SocketSigner(str(tmp_path / "nobody")))
    response = Client(HTTP_HOST="localhost").get("/health/ready")
    assert response.status_code == 503
    assert response.json()["parts"]["signer"] == "failing"


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["demo", "--data", "{busy}"], "was not made by Paraph"),
    (["demo", "--data", "{fresh}", "--port", "{port}"], "is in use"),
])
def test_a_start_that_can_not_be_says_what_to_do(tmp_path, arguments, sentence):
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy" / "letter.txt").write_text("mine")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        values = {"busy": tmp_path / "busy", "fresh": tmp_path / "fresh", "port": taken.getsockname()[1]}
        done = paraph(*[argument.format(**values) for argument in arguments])
    assert done.returncode == 2
    assert sentence in done.stderr and len(done.stderr.splitlines()) == 1
    assert (tmp_path / "busy" / "letter.txt").exists()


def test_other_ports_than_the_first_are_refused(tmp_path):
    (tmp_path / "paraph-data").write_text("x")
    (tmp_path / "ports.json").write_text(json.dumps({"port": 1, "guichet_port": 2}))
    done = paraph("demo", "--data", str(tmp_path), "--port", "8999")
    assert done.returncode == 2 and "stands in certificates" in done.stderr
