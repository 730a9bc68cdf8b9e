# SPDX-License-Identifier: Apache-2.0
"""What each page of the console asks of the database: as much with three rows in each table as with sixty."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.certification import policy, services
from paraph.domain.certification.models import (
    Alarm,
    Approval,
    Authority,
    Certificate,
    ProfileStanding,
    RevocationList,
    StatusChange,
    StatusInterval,
    UnknownSerials,
)
from paraph.domain.registration.services import REISSUE
from paraph.interfaces.operations import console
from testkit import certification

pytestmark = pytest.mark.django_db(transaction=True)
# Reads of each page; none writes.
PAGES = {"": 8, "?closed": 8, "approvals/": 8, "waivers/": 7, "authorities/": 9, "lists/": 6, "responders/": 9, "profiles/": 5,
         "certificates/": 6}
CERTIFICATE = 7


def copy(row, **changed):
    """Another row of the same table, saved with a key of its own."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    return type(row).objects.create(**(values | changed))


def fill(rows, scene, at):
    """So many rows in every table that the console shows."""
    issuing = Authority.objects.get(name="issuing")
    responder = Certificate.objects.filter(usage="ocsp").first()
    own = Certificate.objects.get(subject_id=str(issuing.id), usage="ca")
    asked = {"content_hash": "0" * 64, "reason": "r", "asked_at": at, "state_since": at, "ends_at": at + timedelta(days=1)}
    for number in range(rows):
        claims = Claims(family_names="Weber", given_names=f"Zoé {chr(65 + number // 8)}{chr(97 + number % 8)}",
                        birth_date=date(1980, 1, 1))
        person = accounts.create_person(claims=claims, document_expires_on=None, caller=scene.system)
        identity = accounts.create_identity(person_id=person.id, kind="private", device_family="server", caller=scene.system)
        who = str(person.id)
        authority = copy(issuing, name=f"copy-{number}")
        serial, held = f"a{number}", f"b{number}"
        copy(own, attempt=f"own-{number}", serial=serial, subject_id=str(authority.id), authority=issuing)
        copy(responder, attempt=f"ocsp-{number}", serial=held, authority=authority)
        StatusInterval.objects.create(certificate=own, number=100 + number, state="active", since=at, recorded_at=at)
        StatusChange.objects.create(certificate=own, authority=issuing, number=100 + number, shard=0, serial=own.serial,
                                    received_at=at, decided_at=at)
        for base in (None, 1):
            RevocationList.objects.create(authority=authority, number=2, base_number=base, this_update=at, octets=9,
                                          next_update=at + timedelta(days=1), entries=0, status_version=0)
        UnknownSerials.objects.create(authority=authority, hour=at, asked=1)
        ProfileStanding.objects.create(profile="tls-ovcp", version=1, since=at)
        for ended in ({}, {"closed_at": at, "closed_by": who}):
            Alarm.objects.create(code="status_late", about=serial, raised_at=at, last_raised_at=at, taken_by=who, taken_at=at,
                                 facts={"n": number}, **ended)
        for action, state, content in ((REISSUE, "asked", {"identity": str(identity.id)}),
                                       (policy.WAIVE_FINDINGS, "approved", {"findings": ["subject_length"]}),
                                       (policy.CREATE_AUTHORITY, "used", {"kind": "tls"})):
            Approval.objects.create(action=action, content=content, state=state, asked_by=who, decided_by=who, subject=who,
                                    **asked)
        Certificate.objects.filter(serial=held).update(waiver=Approval.objects.filter(state="approved").latest("id"))
    return own


@pytest.mark.both_databases
@pytest.mark.parametrize("rows", [3, 60])
def test_no_page_asks_more_because_there_is_more_to_show(staff, scene, clock, signer, rows):
    own = fill(rows, scene, clock.now())
    client, counted = staff("operator_admin"), {}
    client.get("/operations/")  # what is asked once per process is not counted
    for page in (*PAGES, f"certificates/{own.serial}/"):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/operations/{page}")
        assert answer.status_code == 200
        assert all(query["sql"].lstrip("( \n").startswith("SELECT") for query in queries), page
        counted["certificate" if own.serial in page else page] = len(queries)
    assert counted == PAGES | {"certificate": CERTIFICATE}


def test_long_lists_are_paged_and_what_waits_stands_on_the_first_page(staff, scene, system, clock, signer, monkeypatch):
    monkeypatch.setattr(console, "PAGE_SIZE", 2)
    waiting = services.ask_approval(action=policy.DECLARE_DEVICE, content={"name": "x"}, reason="Attend encore",
                                    caller=certification.operator(system, "anna"))
    clock.advance(minutes=1)
    fill(3, scene, clock.now())
    Approval.objects.exclude(pk=waiting.pk).filter(state="asked").update(state="refused")
    client = staff("auditor")

    def shown(page, mark):
        return client.get(f"/operations/{page}").content.decode().count(mark)

    assert shown("approvals/", "Attend encore") == 1 and shown("approvals/?page=2", "Attend encore") == 0
    pages = [shown(f"{page}{sign}page={number}", mark) for page, sign, mark in (
        ("", "?", 'aria-labelledby="alarm-'), ("?closed", "&", 'aria-labelledby="alarm-'),
        ("waivers/", "?", 'aria-labelledby="approval-')) for number in (1, 2, 3)]
    assert pages == [2, 1, 1] * 3, "beyond the last page is the last one"
    assert 'href="?closed=&amp;page=2"' in client.get("/operations/?closed").content.decode()
