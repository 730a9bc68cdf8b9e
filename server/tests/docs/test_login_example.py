# SPDX-License-Identifier: Apache-2.0
"""The partner's program of docs/integrate/openid.md, run as it stands against the service on a port; and its command."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import httpx
import pytest

from paraph.domain.keys import services as keys
from paraph.domain.partners import queries as partners
from paraph.interfaces import cli
from paraph.kernel.caller import Caller
from testkit import holders
from testkit.journeys.visitor import Visitor

from .reading import ROOT, commands, named_blocks

PROGRAM = ROOT / "docs/integrate/examples/login.py"
REGISTRATION = named_blocks(ROOT / "docs/integrate/openid.md")["register"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def callback():
    return f"http://localhost:{free_port()}/callback"


@pytest.fixture
def marie(transactional_db, signer, clock):
    clock.set(datetime.now(UTC).replace(microsecond=0))  # the program has a clock of its own
    clock.go_on()
    caller = Caller.system(at=clock.now(), name="cli:test")
    holders.tree(caller)
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=caller)
    holder = holders.new(caller)
    holders.activate(holder, caller)
    clock.advance(minutes=1)
    return holder


@pytest.fixture
def secret(marie, callback, capsys):
    """Registered by the very commands of the page, on another port."""
    for _program, *words in commands(REGISTRATION.replace("http://localhost:8200/callback", callback)):
        assert cli.main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])["secret"]


@pytest.fixture
def run(live_server, settings, callback, secret):
    """Starts the program; `finish(agree)` plays the person and returns (status, output, errors)."""
    settings.URL = live_server.url
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    # The first question loads all pages, and takes longer than a program waits.
    httpx.get(f"{live_server.url}/.well-known/openid-configuration", timeout=120)
    program = subprocess.Popen(
        [sys.executable, str(PROGRAM), live_server.url, "my-client", callback], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "CLIENT_SECRET": secret})
    yield program
    program.kill()
    program.communicate()


def answer_of(program, live_server, marie, clock, **answer):
    address = program.stdout.readline().strip()
    back = Visitor(live_server.url).log_in(address, marie.user_id, holders.PASSWORD, lambda: marie.code(clock.now()),
                                           **answer)
    assert httpx.get(back, timeout=60).status_code == 200
    said, errors = program.communicate(timeout=120)
    return program.returncode, said, errors


def test_the_program_of_the_page_logs_a_person_in(run, live_server, marie, clock):
    status, said, errors = answer_of(run, live_server, marie, clock)
    assert status == 0, errors
    login = json.loads(said)
    assert (login["given_name"], login["family_name"], login["amr"]) == ("Marie", "Thiry", ["pwd", "otp"])
    assert login["acr"].endswith("substantial")


def test_it_ends_with_the_reason_when_the_person_says_no(run, live_server, marie, clock):
    status, said, errors = answer_of(run, live_server, marie, clock, agree=False)
    assert status == 1 and said == "" and errors.rstrip().endswith("ValueError: access_denied")


def test_the_command_registers_what_the_page_says(secret):
    assert secret and partners.by_slug("my-site").accepts == ["token"]


@pytest.mark.django_db
def test_the_command_refuses_an_unknown_partner_and_an_address_that_is_not_exact(system, capsys):
    words = ["partners", "client", "my-site", "my-client", "--redirect"]
    assert cli.main([*words, "https://a.example/callback"]) == 1
    assert cli.main(["partners", "register", "my-site", "--name-fr", "A", "--name-de", "A", "--name-en", "A",
                     "--category", "bank", "--accepts", "token"]) == 0
    assert cli.main([*words, "http://a.example/callback"]) == 1
    assert cli.main([*words, "https://a.example/callback", "--dry-run"]) == 0
    assert cli.main([*words, "https://a.example/callback"]) == 0
    assert "secret" in capsys.readouterr().out.splitlines()[-1]
