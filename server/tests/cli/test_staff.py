# SPDX-License-Identifier: Apache-2.0
"""paraph staff: the first two operators, the list, the emergency."""

import json

import pytest

from paraph.domain.audit.models import Event
from paraph.domain.devices.models import Device
from paraph.domain.organisations import queries as organisations
from paraph.domain.staff.models import Member
from paraph.interfaces.cli import main

pytestmark = pytest.mark.django_db


def invite(scene, given_names, serial, *more):
    return main(["staff", "invite", "--given-names", given_names, "--family-names", "Chef", "--birth-date", "1970-01-01",
                 "--organisation", "desk", "--role", "operator_admin", "--email", f"{given_names.lower()}@example.org",
                 "--token", scene.stock(serial), *more])


def test_two_operators_are_made_and_no_third(scene, capsys):
    assert invite(scene, "Anna", "11-1111111-1", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert Member.objects.get().identity.user_id == shown["user_id"] and len(shown["initial_password"]) == 10
    assert invite(scene, "Bert", "22-2222222-2") == 0
    assert "shown once" in capsys.readouterr().out
    assert invite(scene, "Carl", "33-3333333-3") == 1
    assert "two_operators_exist" in capsys.readouterr().err
    assert Device.objects.get(serial="33-3333333-3").state == "in_stock"
    made = Event.objects.filter(code="staff.member.appointed")
    assert made.count() == 2 and all(row.person.startswith("os:") and row.channel == "cli:staff" for row in made)


def test_a_dry_run_invites_nobody(scene, capsys):
    assert invite(scene, "Anna", "11-1111111-1", "--dry-run") == 0
    assert not Member.objects.exists() and "Anna Chef" in capsys.readouterr().out


def test_the_list_says_who_made_them(scene, capsys):
    assert main(["staff", "list"]) == 0
    invite(scene, "Anna", "11-1111111-1")
    capsys.readouterr()
    assert main(["staff", "list", "--json"]) == 0
    [anna] = [row for row in json.loads(capsys.readouterr().out) if row["name"] == "Anna Chef"]
    assert anna["person"] == str(Member.objects.get().identity.person_id), "the audit log names persons by their ids"
    assert anna["role"] == "operator_admin" and anna["asked_by"].startswith("os:") and anna["until"] == ""


def test_the_emergency_leaves_one_operator(scene, capsys):
    invite(scene, "Anna", "11-1111111-1")
    invite(scene, "Bert", "22-2222222-2")
    anna, bert = Member.objects.order_by("joined_at", "id")
    assert main(["staff", "suspend", "--user-id", bert.identity.user_id, "--dry-run"]) == 0
    assert len(organisations.holders_of("operator_admin")) == 2
    assert main(["staff", "suspend", "--user-id", bert.identity.user_id]) == 0
    assert organisations.holders_of("operator_admin") == [anna.person_id]
    assert main(["staff", "suspend", "--user-id", anna.identity.user_id]) == 1
    assert "last_operator" in capsys.readouterr().err
    assert main(["staff", "suspend", "--user-id", "NOBODYXX"]) == 1
    assert invite(scene, "Carl", "33-3333333-3") == 0, "one is left: the machine helps again"
