# SPDX-License-Identifier: Apache-2.0
"""Two accounts of one machine at the command line: one asks, the other allows, then it is done."""

import argparse
import json

import pytest

from paraph.domain.certification import services
from paraph.domain.certification.models import Approval, Authority, BlockedKey, DeclaredDevice
from paraph.interfaces.cli import ca
from testkit import certification

CREATE = ("create-authority", "seals", "--kind", "seals", "--common-name", "Paraph Test Seals")


@pytest.fixture
def run(db, signer, capsys, monkeypatch):
    """Runs `paraph ca …` as an account; gives status and what was printed (an object where it is JSON)."""

    def run(account, *arguments):
        monkeypatch.setenv("SUDO_USER", account)
        parser = argparse.ArgumentParser()
        ca.register(parser.add_subparsers())
        parsed = parser.parse_args(["ca", *arguments])
        status = parsed.handler(parsed)
        printed = capsys.readouterr()
        return status, json.loads(printed.out) if printed.out.startswith(("{", "[")) else printed.out, printed.err

    return run


def test_an_authority_is_made_by_two(tree, run):
    assert run("anna", "request", *CREATE, "--reason-given", "seals", "--dry-run", "--json")[1]["action"] == "create_authority"
    assert not Approval.objects.exists()
    assert run("anna", "do", *CREATE)[0] == 1
    _, asked, _ = run("anna", "request", *CREATE, "--reason-given", "seals apart", "--json")
    status, _, said = run("anna", "approve", asked["id"], asked["hash"])
    assert status == 1 and said.startswith("same_eyes")
    assert run("ben", "approve", asked["id"], "0" * 64)[2].startswith("other_content")
    assert run("ben", "approve", asked["id"], asked["hash"], "--dry-run", "--json")[1]["state"] == "asked"
    assert run("ben", "approve", asked["id"], asked["hash"], "--json")[1]["state"] == "approved"
    assert run("ben", "do", *CREATE, "--dry-run", "--json")[0] == 0 and not Authority.objects.filter(name="seals")
    assert run("ben", "do", *CREATE, "--json")[1]["done"] == "create_authority"
    assert Authority.objects.get(name="seals").in_service
    (row,) = run("anna", "approvals", "--json")[1]
    assert (row["state"], row["asked_by"], row["decided_by"]) == ("used", "os:anna", "os:ben")


def test_an_authority_is_revoked_by_two(tree, run):
    deed = ("revoke-authority", "issuing", "--cause", "compromised")
    asked = run("anna", "request", *deed, "--reason-given", "stolen", "--json")[1]
    run("ben", "approve", asked["id"], asked["hash"])
    assert run("anna", "do", *deed)[0] == 0 and not Authority.objects.get(name="issuing").in_service


def test_a_device_and_a_waiver(tree, run):
    deed = ("declare-device", "hsm-1", "--reference", "CC EAL4+ 2026", "--until", "2030-01-01")
    asked = run("anna", "request", *deed, "--reason-given", "new module", "--json")[1]
    run("ben", "approve", asked["id"], asked["hash"])
    assert run("anna", "do", *deed)[0] == 0 and DeclaredDevice.objects.get().reference == "CC EAL4+ 2026"
    waive = ("request", "waive", "--profile", "natural-signature-ncp", "--reason-given", "x", "--ends", "2027-01-01")
    assert run("anna", *waive, "--finding", "signature")[2].startswith("not_waivable")
    asked = run("anna", *waive, "--finding", "subject_length", "--json")[1]
    assert run("ben", "refuse", asked["id"], "--json")[1]["state"] == "refused"
    assert run("ben", "withdraw", asked["id"])[0] == 1


def test_alarms_are_read_and_closed(tree, run, system):
    assert run("anna", "alarms")[1] == "No alarm is open.\n"
    services.raise_alarm(code="test", about="something", caller=system)
    (alarm,) = run("anna", "alarms", "--json")[1]
    run("anna", "close", alarm["id"], "--dry-run")
    assert len(run("anna", "alarms", "--json")[1]) == 1
    assert run("anna", "close", alarm["id"])[0] == 0 and run("anna", "alarms", "--json")[1] == []


def test_a_key_is_blocked_and_its_certificates_are_named(tree, run, caller):
    pair = certification.active_pair(caller)
    digest = pair.signature.public_key_digest
    run("anna", "block-key", digest, "--reason", "published", "--dry-run")
    assert not BlockedKey.objects.exists()
    assert run("anna", "block-key", digest, "--reason", "published", "--json")[1]["in_use_by"] == [pair.signature.serial]


def test_the_profiles_are_listed(run):
    rows = {row["name"]: row for row in run("anna", "profiles", "--json")[1]}
    assert rows["tls-ovcp"]["suspension"] is False and "EN 319 412-5" in " ".join(rows["seal-qcp-l"]["editions"])
