# SPDX-License-Identifier: Apache-2.0
"""paraph staff renew: root helps where two operators are not left to decide, and everybody hears of it."""

import json

import pytest

from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.certification.models import Alarm
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.domain.staff.models import Member
from paraph.domain.staff.services import inviting as staff
from paraph.interfaces.cli import main
from testkit import applications

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(db, signer, system):
    return applications.scene(system)


def invite(scene, given_names, serial):
    return main(["staff", "invite", "--given-names", given_names, "--family-names", "Chef", "--birth-date", "1970-01-01",
                 "--organisation", "desk", "--role", "operator_admin", "--email", f"{given_names.lower()}@example.org",
                 "--token", scene.stock(serial)])


@pytest.fixture
def beside(signer, clock, tmp_path, settings, monkeypatch):
    """The command opens the same signer's folder again, beside the one that runs."""
    monkeypatch.undo()
    settings.SIGNER_DATA, settings.KEY_STORE = tmp_path / "signer", "software"
    settings.KEY_STORE_PASSPHRASE = lambda: "test passphrase"


def test_one_of_the_last_two_who_lost_everything_is_helped_by_root(beside, scene, signer, capsys):
    invite(scene, "Anna", "11-1111111-1")
    invite(scene, "Bert", "22-2222222-2")
    anna, bert = Member.objects.order_by("joined_at", "id")
    command = ["staff", "renew", "--user-id", bert.identity.user_id, "--lost-password", "--lost", "22-2222222-2",
               "--device", scene.stock("33-3333333-3"), "--json"]
    capsys.readouterr()
    assert main([*command, "--dry-run"]) == 0
    assert Device.objects.get(serial="22-2222222-2").state == "active" and not Alarm.objects.exists()
    assert not signer.device("22-2222222-2").retired
    capsys.readouterr()
    assert main(command) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["user_id"], shown["device"], len(shown["initial_password"])) == (
        bert.identity.user_id, "33-3333333-3", 10)
    assert signer.device("22-2222222-2").retired and Device.objects.get(serial="22-2222222-2").state == "retired"
    step = authentication.check_first_step(user_id=shown["user_id"], password=shown["initial_password"], device="token",
                                           caller=scene.system)
    done = authentication.check_code(transaction_id=step.transaction_id, caller=scene.system,
                                     code=scene.shows("33-3333333-3", scene.system.at))
    assert done.outcome == "replace_password"
    # Told loudly: both by mail, an alarm until somebody closes it, and the account of the machine in the log.
    assert sorted(message.recipient["email"] for message in Message.objects.filter(template="staff_renewed_here")) == [
        "anna@example.org", "bert@example.org"]
    assert "Bert Chef" in Message.objects.filter(template="staff_renewed_here").first().content["text"]
    assert Alarm.objects.get().about == shown["user_id"] and Alarm.objects.get().closed_at is None
    told = Event.objects.get(code="staff.member.renewed")
    assert told.person.startswith("os:") and told.channel == "cli:staff" and shown["initial_password"] not in repr(told.facts)


def test_root_renews_nobody_whom_two_could_help(beside, scene, signer, capsys):
    invite(scene, "Anna", "11-1111111-1")
    invite(scene, "Bert", "22-2222222-2")
    anna = Member.objects.order_by("joined_at", "id").first()
    officer = staff.enrol(person_id=scene.officer_person, token_serial=scene.stock("44-4444444-4"), email="o@example.org",
                          caller=scene.system)
    authentication.set_initial(identity_id=officer.identity_id, initial_password="X", caller=scene.system)
    command = ["staff", "renew", "--user-id", officer.identity.user_id, "--lost-password"]
    assert main(command) == 1 and "two_can_decide" in capsys.readouterr().err
    assert main(["staff", "suspend", "--user-id", anna.identity.user_id]) == 0
    assert main(command) == 0
    assert main(["staff", "renew", "--user-id", "NOBODYXX", "--lost-password"]) == 1
    assert main(["staff", "renew", "--user-id", officer.identity.user_id]) == 1
    assert "nothing_to_change" in capsys.readouterr().err


def test_who_can_not_open_the_signers_database_renews_nobody(beside, scene, settings, tmp_path, capsys):
    invite(scene, "Anna", "11-1111111-1")
    settings.SIGNER_DATA = tmp_path / "elsewhere"
    member = Member.objects.get()
    assert main(["staff", "renew", "--user-id", member.identity.user_id, "--lost-password"]) == 2
    assert "signer's own host" in capsys.readouterr().err
    assert not Event.objects.filter(code="staff.member.renewed").exists()
