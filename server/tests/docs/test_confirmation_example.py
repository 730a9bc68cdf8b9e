# SPDX-License-Identifier: Apache-2.0
"""The program of docs/integrate/confirmations.md, run as it stands against the service on a port, and the page's checks of
what it leaves, with OpenSSL alone."""

import json
import os
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from paraph.domain.keys import services as keys
from paraph.interfaces import cli
from paraph.kernel.caller import Caller
from testkit import holders

from ..interop.test_confirmations import confirm
from .reading import ROOT, commands, named_blocks

PAGE = named_blocks(ROOT / "docs/integrate/confirmations.md")
TEXT = "Transfer of 1 250,00 € to LU28 0019 4006 4475 0000"


@pytest.fixture
def marie(transactional_db, signer, clock):
    clock.set(datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1))  # the program has a clock of its own
    clock.go_on()
    caller = Caller.system(at=clock.now(), name="cli:test")
    holders.tree(caller)
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=caller)
    holder = holders.new(caller)
    holders.activate(holder, caller)
    clock.advance(minutes=1)
    return holder


def test_the_program_has_a_text_confirmed_and_openssl_verifies_what_it_leaves(
        live_server, settings, marie, clock, tmp_path, capsys):
    settings.URL = live_server.url
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        callback = f"http://localhost:{probe.getsockname()[1]}/callback"
    for _program, *words in commands(PAGE["register"].replace("http://localhost:8200/callback", callback)):
        assert cli.main([*words, "--json"]) == 0
    secret = json.loads(capsys.readouterr().out.splitlines()[-1])["secret"]
    # The first question loads all pages, and takes longer than a program waits.
    httpx.get(f"{live_server.url}/.well-known/openid-configuration", timeout=120)
    program = subprocess.Popen(
        [sys.executable, str(ROOT / "docs/integrate/examples/confirm.py"), live_server.url, "my-bank-payments", callback, TEXT,
         "proof"], cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "CLIENT_SECRET": secret})
    try:
        address = program.stdout.readline().strip()
        assert address, program.stderr.read()
        back = confirm(address, marie, clock)
        assert httpx.get(back, timeout=60).status_code == 200
        said, errors = program.communicate(timeout=120)
    finally:
        program.kill()
    assert program.returncode == 0, errors
    assert "confirmed at" in said and "server-bound" in said
    assert json.loads((tmp_path / "proof/statement.json").read_text())["text"] == TEXT
    assert shutil.which("openssl")

    def check():
        return subprocess.run(["sh", "-ec", PAGE["check"]], cwd=tmp_path, capture_output=True, text=True)

    checked = check()
    assert checked.returncode == 0 and checked.stdout.rstrip().endswith("Verified OK"), checked.stderr
    statement = tmp_path / "proof/statement.json"
    statement.write_bytes(statement.read_bytes().replace(b"1 250", b"9 250"))
    assert check().returncode != 0
