# SPDX-License-Identifier: Apache-2.0
"""What each page of customer service asks of the database: as much with three rows in each table as with sixty."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.domain.authentication.models import LoginEvidence, Session
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.partners import services as partners
from paraph.domain.support.models import CallerCheck, Case
from paraph.interfaces.helpdesk import views

from .test_console import RIGHT, agent, call, text  # noqa: F401  (agent and call are fixtures)

pytestmark = pytest.mark.django_db(transaction=True)
# Reads of each page; none writes.
PAGES = {"": 6, "?sought=": 10, "case": 16}


def fill(rows, holder, person, system):
    """So many rows in every table that is shown of this caller, and as many cases that are open."""
    at, case = system.at, Case.objects.get()
    bank = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token"], caller=system)
    for number in range(rows):
        CallerCheck.objects.create(case=case, identity=holder.identity, agent=person, at=at, asked=["postcode"], right=[],
                                   passed=True)
        Case.objects.create(reference=f"C-{number:04}", kind="call", channel="phone", identity=holder.identity, opened_at=at,
                            state_since=at)
        old, new = (Device.objects.create(type="token", serial=f"{sign}-{number}", identity=holder.identity, state="active",
                                          state_since=at) for sign in ("old", "new"))
        Replacement.objects.create(identity=holder.identity, old=old, new=new, reason="lost", asked_by="agent", asked_at=at,
                                   state="sent", asked_with="token", state_since=at)
        session = Session.objects.create(identity=holder.identity, person=holder.identity.person, scope="full",
                                         authenticated_at=at, seen_at=at, expires_at=at)
        LoginEvidence.objects.create(session=session, identity=holder.identity, partner=bank, statement=b"", at=at,
                                     device_serial=old.serial, signer_session="x")


@pytest.mark.both_databases
@pytest.mark.parametrize("rows", [3, 60])
def test_no_page_asks_more_because_there_is_more_to_show(agent, call, holder, system, rows):  # noqa: F811
    fill(rows, holder, agent.person, system)
    agent.get("/helpdesk/")  # what is asked once per process is not counted
    counted = {}
    for page in PAGES:
        address = {"": "/helpdesk/", "?sought=": f"/helpdesk/?sought={holder.codes['user_id']}", "case": call}[page]
        with CaptureQueriesContext(connection) as queries:
            answer = agent.get(address)
        assert answer.status_code == 200, page
        assert all(query["sql"].lstrip("( \n").startswith("SELECT") for query in queries), page
        counted[page] = len(queries)
    assert "Banque Exemple" in text(agent.get(call))
    assert counted == PAGES


def test_open_cases_are_paged_but_not_beside_a_person_who_was_sought_by_name(agent, call, holder, system, monkeypatch):  # noqa: F811
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    fill(3, holder, agent.person, system)
    pages = [re.findall(r"C-\d{4}<", text(agent.get("/helpdesk/", {"page": number}))) for number in (1, 2, 3)]
    assert pages == [["C-0000<", "C-0001<"], ["C-0002<"], ["C-0002<"]], "the oldest first, and the call itself is the newest"
    by_name = agent.post("/helpdesk/holder", {
        "family_names": "Specimen", "given_names": "Marie", "postcode": "1536", **{
            name: value for name, value in RIGHT.items() if name.startswith("birth_date")}})
    assert "Ouvrir un appel" in text(by_name) and "page=2" not in text(by_name), "nobody is sought by an address"
