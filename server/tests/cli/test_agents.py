# SPDX-License-Identifier: Apache-2.0
"""Agents are made on the signer's host, with its passphrase, and nowhere else."""

import pytest

from paraph.domain.devices import services as devices
from paraph.interfaces import cli
from paraph.signer import client
from testkit import applications, holders

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
    for call in ("trust_agent", "trust_registrar", "dismiss_registrar", "admit_name"):
        assert not hasattr(client.Signer, call)
        assert not hasattr(client.SocketSigner, call)


def test_staff_is_trusted_with_names_before_the_first_login_and_dismissed(beside, signer, system, clock, capsys):
    holder = holders.new(system, kind="staff")
    trust = ["agent", "trust", "--user-id", holder.user_id, "--for", "names"]
    assert cli.main([*trust, "--dry-run"]) == 0 and signer.device(holder.device.serial).holder is None
    assert cli.main(trust) == 0
    assert "may say who new holders are" in capsys.readouterr().out
    assert signer.device(holder.device.serial).holder == str(holder.identity.id)
    assert cli.main(["agent", "dismiss", "--user-id", holder.user_id, "--for", "names"]) == 0
    events = [entry.event for entry in signer.record()]
    assert events.count("registrar.trusted") == events.count("registrar.dismissed") == 1
    assert "agent.trusted" not in events and signer.verify_record().holds


def test_a_device_that_is_anothers_is_not_trusted_with_names(beside, signer, system, clock, capsys):
    holder = holders.new(system, kind="staff")
    signer_session = signer.open_session(attempt="o", kind="login", holder="another", key_id=None, hashes=[], labels=[],
                                         device_serial=holder.device.serial)
    assert signer.authorise_with_code(attempt="c", session_id=signer_session.session_id, code=holder.code(clock.now()),
                                      device_serial=holder.device.serial) == "accepted"
    assert cli.main(["agent", "trust", "--user-id", holder.user_id, "--for", "names"]) == 1
    assert "device_not_bound" in capsys.readouterr().err


def test_the_operator_says_himself_who_an_approved_holder_is(beside, signer, system, clock, capsys):
    scene = applications.scene(system)
    application = applications.Application.prepared(scene, clock.now())
    say = ["agent", "name", "--user-id", application.codes["user_id"]]
    before = [entry.event for entry in signer.record()].count("name.approved")
    assert cli.main([*say, "--dry-run"]) == 0
    assert "Marie Specimen" in capsys.readouterr().out
    assert [entry.event for entry in signer.record()].count("name.approved") == before
    assert cli.main(say) == 0
    assert [entry.event for entry in signer.record()].count("name.approved") == before + 1
    assert cli.main(["agent", "name", "--user-id", "NOBODY22"]) == 1
    assert "Nothing was changed" in capsys.readouterr().err
