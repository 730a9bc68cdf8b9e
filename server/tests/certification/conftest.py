# SPDX-License-Identifier: Apache-2.0
import argparse
import json

import pytest

from paraph.domain.certification import services
from paraph.interfaces.cli import ca, saying
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.pki.keys import SoftwareKey
from testkit import certification
from testkit.tree import MARIE


@pytest.fixture
def tree(db, signer, system):
    """The demonstration tree, its keys in a real signer."""
    return certification.demo_tree(system)


@pytest.fixture
def issue(tree, caller):
    """Issues one certificate to Marie; anything may be given differently."""

    def issue(**given):
        defaults = {
            "attempt": str(tokens.uuid7()),
            "profile": "natural-signature-ncp",
            "subject_id": "identity-marie",
            "subject": MARIE,
            "public_key_der": SoftwareKey.generate("P-256").public_key_der,
            "generation": "generation-1",
            "identification": "desk",
            "key_id": "key-1",
            "caller": caller,
        }
        return services.issue(**(defaults | given))

    return issue


@pytest.fixture
def pair(tree, caller):
    """Marie's two certificates, active."""
    return certification.active_pair(caller)


@pytest.fixture
def later(caller, clock):
    """The caller at a later instant: later(days=30), or later(at=…)."""

    def later(at=None, **parts) -> Caller:
        clock.set(at) if at else clock.advance(**parts)
        return caller.at_instant(clock.now())

    return later


@pytest.fixture
def run(db, signer, capsys, monkeypatch):
    """Runs `paraph ca …` as an account; gives status and what was printed (an object where it is JSON)."""
    monkeypatch.setattr(saying, "login_uid", lambda: None)

    def run(account, *arguments):
        monkeypatch.setenv("SUDO_USER", account)
        parser = argparse.ArgumentParser()
        ca.register(parser.add_subparsers())
        parsed = parser.parse_args(["ca", *arguments])
        status = parsed.handler(parsed)
        printed = capsys.readouterr()
        return status, json.loads(printed.out) if printed.out.startswith(("{", "[")) else printed.out, printed.err

    return run
