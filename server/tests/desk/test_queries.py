# SPDX-License-Identifier: Apache-2.0
"""What each page of the desk asks of the database: as much with three rows in each table as with sixty."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.orders.models import Order
from paraph.domain.proofing.models import Attempt
from paraph.domain.support.models import CallerCheck, Case
from paraph.interfaces.desk import views
from paraph.kernel import tokens
from testkit.applications import Application, applicant, log_in_officer

pytestmark = pytest.mark.django_db(transaction=True)
# Reads of each page; none writes.
PAGES = {"": 7, "?show=closed": 7, "?name=specimen": 6, "orders/": 20, "visits/": 6, "visits/case/": 14}


def copy(row, **changed):
    """Another row of the same table, with a key of its own."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    return type(row).objects.create(**(values | changed))


def fill(rows, scene, order, at):
    """So many rows in every table that the desk shows; returns an open visit."""
    person = accounts.create_person(claims=Claims(family_names="Weber", given_names="Zoé", birth_date=date(1980, 1, 1)),
                                    document_expires_on=None, caller=scene.system)
    identity = accounts.create_identity(person_id=person.id, kind="private", device_family="server", caller=scene.system)
    for number in range(rows):
        accounts.create_person(claims=Claims(family_names="Specimen", given_names="Marie", birth_date=date(1985, 1, 1)),
                               document_expires_on=None, caller=scene.system)
        for state in ("paid", "rejected"):
            copy(order, reference=f"{state[0]}{number}", attempt=tokens.uuid7(), state=state)
        Attempt.objects.create(
            subject_id=str(order.id), method="desk", authority=scene.desk, officer_id="x", person_present=True, accepted=False,
            expected={}, seen={}, reasons=["document_expired"], decided_at=at)
        scene.stock(f"77-{number:07}-1")
        visit = Case.objects.create(reference=f"C-{number}", kind="visit", channel="desk", organisation=str(scene.desk.id),
                                    identity=identity, opened_at=at, state_since=at, opened_by="x")
    for number in range(rows):
        CallerCheck.objects.create(case=visit, identity=identity, agent=str(scene.officer_person), at=at, asked=[], right=[],
                                   passed=True)
        old, new = (Device.objects.create(type="token", serial=f"{sign}-{number}", identity=identity, state="active",
                                          state_since=at) for sign in ("old", "new"))
        Replacement.objects.create(identity=identity, old=old, new=new, reason="lost", asked_by="agent", asked_at=at,
                                   state="allowed", state_since=at)
    return visit


@pytest.mark.both_databases
@pytest.mark.parametrize("rows", [3, 60])
def test_no_page_asks_more_because_there_is_more_to_show(client, scene, clock, rows):
    paid = Application.place(scene, clock.now()).pay(clock.now()).papers(clock.now())
    paid.identify(clock.now())
    visit, counted = fill(rows, scene, paid.order, clock.now()), {}
    log_in_officer(client, scene, clock.now())
    client.get("/desk/")  # what is asked once per process is not counted
    for page in PAGES:
        address = page.replace("orders/", f"orders/{paid.order.id}/").replace("case/", f"{visit.id}/")
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(f"/desk/{address}")
        assert answer.status_code == 200, page
        assert all(query["sql"].lstrip("( \n").startswith("SELECT") for query in queries), page
        counted[page] = len(queries)
    assert counted == PAGES


def test_long_lists_are_paged_and_a_search_finds_what_is_on_no_page_shown(client, scene, clock, monkeypatch):
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    for number in range(3):
        Application.place(scene, clock.now(), applicant=applicant(given_names=f"Zoé{'ABC'[number]}"))
        clock.advance(minutes=1)
    log_in_officer(client, scene, clock.now())

    def shown(address):
        page = client.get(f"/desk/{address}").content.decode()
        return [sign for sign in "ABC" if f"Zoé{sign} Specimen" in page], page

    first, page = shown("?show=waiting")
    assert first == ["A", "B"], "the oldest first"
    assert 'href="?show=waiting&amp;page=2"' in page
    assert [shown(f"?page={number}")[0] for number in (2, 3, "x")] == [["C"], ["C"], ["A", "B"]]
    assert shown("?name=zoéc")[0] == ["C"] and Order.objects.count() == 3
