# SPDX-License-Identifier: Apache-2.0
"""Agents are made on the signer's host, with its passphrase, and nowhere else."""

import pytest

from paraph.domain.devices import services as devices
from paraph.interfaces import cli
from paraph.signer import client
from testkit import holders

pytestmark = pytest.mark.django_db


@pytest.fixture
def beside(signer, clock, tmp_path, settings, monkeypatch):
    """The command opens the same signer's folder again, beside the one that runs."""
    monkeypatch.undo()
    settings.SIGNER_DATA, settings.KEY_STORE = tmp_path / "signer", "software"
    settings.KEY_STORE_PASSPHRASE = lambda: "test passphrase"


def agent(system):
    holder = holders.new(system, kind="staff")
    devices.activate(device_id=holder.device.id, caller=system)
    return holder


def logged_in_once(holder, clock, signer):
    """The signer knows whose device this is from the first accepted code."""
    session = signer.open_session(attempt="first-login", kind="login", holder=str(holder.identity.id), key_id=None,
                                  hashes=[b"\x01" * 32], labels=["login"], device_serial=holder.device.serial)
    outcome = signer.authorise_with_code(attempt="first-code", session_id=session.session_id,
                                         device_serial=holder.device.serial, code=holder.code(clock.now()), shown_at=None)
    assert outcome == "accepted"


def test_a_known_device_of_staff_becomes_an_agents_and_stops_being_one(beside, signer, system, clock, capsys):
    holder = agent(system)
    logged_in_once(holder, clock, signer)
    assert cli.main(["agent", "trust", "--user-id", holder.user_id]) == 0
    assert cli.main(["agent", "dismiss", "--user-id", holder.user_id]) == 0
    assert holder.device.serial in capsys.readouterr().out
    assert signer.verify_record().holds


def test_a_dry_run_changes_nothing(beside, signer, system, clock, capsys):
    holder = agent(system)
    before = signer.verify_record().entries
    assert cli.main(["agent", "trust", "--user-id", holder.user_id, "--dry-run"]) == 0
    assert "Would trust" in capsys.readouterr().out
    assert signer.verify_record().entries == before


def test_an_unknown_person_is_refused(beside, signer, capsys):
    assert cli.main(["agent", "trust", "--user-id", "NOBODY22"]) == 1
    assert "Nothing was changed" in capsys.readouterr().err


def test_the_signers_interface_has_no_such_call():
    assert not hasattr(client.Signer, "trust_agent")
    assert not hasattr(client.SocketSigner, "trust_agent")
