# SPDX-License-Identifier: Apache-2.0
"""paraph check: what a demonstration may have and people's service may not; settings and health."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from paraph.signer import client as signers
from testkit.printer import Printer

ROOT = Path(__file__).resolve().parents[3]


def paraph(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "paraph.config.main", *arguments], capture_output=True, text=True,
                          env={**os.environ, **environment})


def test_a_demonstration_is_not_fit_for_people(tmp_path):
    done = paraph("check", "--deploy", "--json", PARAPH_DATA=str(tmp_path), PARAPH_DEMO="1",
                  PARAPH_TEST_CLOCK=str(tmp_path / "clock"))
    assert done.returncode == 1
    assert {entry["code"] for entry in json.loads(done.stdout)} >= {"demo", "test_clock", "http", "profile", "database"}


SMS = """
[channels.sms]
url = "https://gateway.example/"
headers = { Authorization = "Bearer {secret}" }
body = { to = "{number}", text = "{text}" }
"""


def letter(folder, days=365):
    Printer.founded(folder, at=datetime.now(UTC).replace(microsecond=0) - timedelta(days=1), days=days)
    (folder / "letters").mkdir(exist_ok=True)
    return f'[channels.letter]\nfolder = "{folder}/letters"\ncertificate = "{folder}/printer.pem"\n'


def deployed(tmp_path, channels, **more):
    profile = (ROOT / "server/src/paraph/config/profiles/demo.toml").read_text().replace(
        "demonstration = true", "demonstration = false").replace('slug = "demo"', 'slug = "mine"')
    (tmp_path / "mine.toml").write_text(profile + channels)
    return paraph("check", "--deploy", "--json", **{
        "PARAPH_DATA": str(tmp_path / "data"), "PARAPH_DEMO": "", "PARAPH_PROFILE": str(tmp_path / "mine.toml"),
        "PARAPH_URL": "https://sign.example", "PARAPH_DATABASE_URL": "postgresql://paraph@localhost/paraph",
        "PARAPH_SMTP_URL": "smtps://a:b@relay.example", "PARAPH_SMS_SECRET": "secret", **more})


def test_an_operators_own_settings_are_fit(tmp_path):
    done = deployed(tmp_path, SMS + letter(tmp_path))
    assert json.loads(done.stdout) == [], done.stderr


@pytest.mark.parametrize(("sms", "days", "settings", "found"), [
    ("", None, {"PARAPH_SMTP_URL": ""}, ["channel_mail", "channel_sms", "channel_letter"]),
    (SMS, 30, {}, ["channel_letter"]),
    (SMS, 365, {"PARAPH_SMTP_URL": "smtp://relay.example"}, ["channel_mail"]),
    (SMS, 365, {"PARAPH_SMTP_URL": "smtp+local://localhost"}, []),
    (SMS.replace("{secret}", "x"), 365, {"PARAPH_SMS_SECRET": ""}, ["channel_sms"])])
def test_a_service_that_can_not_reach_people_is_not_fit(tmp_path, sms, days, settings, found):
    done = deployed(tmp_path, sms + (letter(tmp_path, days) if days else ""), **settings)
    assert [entry["code"] for entry in json.loads(done.stdout)] == found, done.stderr


@pytest.mark.parametrize(("channels", "settings", "sentence"), [
    (SMS.replace("https", "http"), {}, "https address"), (SMS, {"PARAPH_SMS_SECRET": ""}, "PARAPH_SMS_SECRET is empty"),
    (SMS, {"PARAPH_SMTP_URL": "smtp+local://a:hidden@relay.example"}, "clear text"), ("[channels.pigeon]\n", {}, "pigeon"),
    ('[channels.letter]\nfolder = "/x"\ncertificate = "/nowhere.pem"\n', {}, "/nowhere.pem")])
def test_a_carrier_that_is_described_wrongly_stops_the_start_with_one_sentence(tmp_path, channels, settings, sentence):
    done = deployed(tmp_path, channels, **settings)
    assert done.returncode == 2 and sentence in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert "hidden" not in done.stderr


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
