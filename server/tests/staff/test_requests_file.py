# SPDX-License-Identifier: Apache-2.0
"""The file of all requests about the staff: who asked what and why, who decided it and when. For operators and auditors."""

import csv
import io
from dataclasses import replace

import pytest

from paraph.domain.accounts.policy import Claims
from paraph.domain.staff import queries, services
from paraph.interfaces.operations.staff_files import _cell
from paraph.kernel.errors import Forbidden
from testkit.chance import without_chance

from .test_pages import browser, text  # noqa: F401  (browser is a fixture)

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/operations/staff/requests.csv"
DAY = "2026-11-24T"


def eva(office):
    return {"claims": Claims(family_names="Klein", given_names="Eva", birth_date=office.draft()["claims"].birth_date),
            "email": "eva@example.org"}


def rows_of(client):
    answer = client.get(ADDRESS)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="staff-requests-2026-11-24.csv"'
    return list(csv.DictReader(io.StringIO(text(answer))))


@pytest.mark.requirement("EN 319 401 7.2")
def test_it_tells_each_request_from_the_asking_to_the_link(office, browser):  # noqa: F811
    luc = office.joined()
    refused = office.ask(token_serial="55-5555555-5", **eva(office))
    services.refuse(request_id=refused.id, caller=office.caller(office.bert))
    office.renewal(luc, password=True, reason="Sac volé")
    office.approve(services.ask_change(
        member_id=luc.id, end=[office.role("helpdesk_agent")], begin=[office.role("registration_officer")], reason="Mutation",
        caller=office.caller(office.anna)))
    services.ask_address(member_id=luc.id, email="neu@example.org", reason="Mariage", caller=office.caller(office.bert))
    invited, other, renewed, changed, moved = rows_of(browser(office.anna))

    assert (invited["kind"], invited["about"], invited["person"]) == ("invite", "Luc Weber", ""), "he was nobody yet"
    assert invited["roles"] == "helpdesk_agent at Bureau de la Plume" and invited["device"] == "33-3333333-3"
    assert (invited["email"], invited["reason"]) == ("luc.weber@example.org", "Nouveau collègue")
    assert (invited["asked_by"], invited["decided_by"], invited["state"]) == ("Anna Chef", "Bert Chef", "approved")
    assert invited["asked_at"].startswith(DAY) and invited["decided_at"].startswith(DAY)
    assert invited["link_state"] == "accepted" and invited["link_sent_at"].startswith(DAY) and invited["link_state_since"]
    assert "1980" not in without_chance(" ".join(invited.values())), "a birth date decides nothing for whoever reads this"

    assert (other["about"], other["state"], other["decided_by"], other["link_state"]) == ("Eva Klein", "refused", "Bert Chef", "")
    assert (renewed["kind"], renewed["person"], renewed["reason"]) == ("renew", str(luc.person_id), "Sac volé")
    assert renewed["lost"] == "password 33-3333333-3" and renewed["device"] == "44-4444444-4"
    assert renewed["link_state"] == "sent"
    assert changed["roles_begun"] == "registration_officer at Bureau de la Plume"
    assert changed["roles_ended"] == "helpdesk_agent at Bureau de la Plume" and changed["roles"] == ""
    assert (moved["email"], moved["asked_by"]) == ("neu@example.org", "Bert Chef")
    assert moved["decided_by"] == moved["decided_at"] == moved["link_state"] == ""
    assert moved["state"] == "asked" and moved["decide_until"] > moved["asked_at"] and len(moved["content_hash"]) == 64


@pytest.mark.parametrize(("reason", "written"), [
    ("=HYPERLINK(\"https://elsewhere.example\")", "'=HYPERLINK(\"https://elsewhere.example\")"),
    ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\uff1d1", "'\uff1d1"),
    # A table program of Luxembourg, France or Germany takes a semicolon for the end of a cell.
    ("Sac volé;=1+1;x", "Sac volé;'=1+1;x"), ("Sac volé; @SUM(A1)", "Sac volé;' @SUM(A1)"),
    ("Sac volé; 1 = 1 - 0, e@x.lu", "Sac volé; 1 = 1 - 0, e@x.lu")])
def test_what_was_asked_is_no_formula(office, browser, reason, written):  # noqa: F811
    office.ask(reason=reason)
    [row] = rows_of(browser(office.anna))
    assert row["reason"] == written


@pytest.mark.parametrize(("text", "written"), [
    ("", ""), ("\t=1", "'\t'=1"), ("\r=1", "'\r'=1"), ("x\n=1", "x\n'=1"), ("x\t-1", "x\t'-1"), ("x|+1", "x|'+1"),
    ("Anna-Lena", "Anna-Lena")])
def test_no_cell_begins_a_formula(text, written):
    assert _cell(text) == written


def test_an_auditor_reads_it_and_an_agent_does_not(office, browser):  # noqa: F811
    auditor = office.joined(roles=[office.role("auditor")])
    agent = office.joined(token_serial="55-5555555-5", **eva(office))
    assert len(rows_of(browser(auditor))) == 2 and browser(agent).get(ADDRESS).status_code == 403
    assert browser().get(ADDRESS)["Location"].startswith("/login/") and browser(auditor).post(ADDRESS).status_code == 405
    assert "requests.csv" in text(browser(auditor).get("/operations/staff/"))
    assert len(queries.book(office.caller(auditor))) == 2
    for caller in (office.caller(agent), replace(office.caller(auditor), scope="full"), office.visitor()):
        with pytest.raises(Forbidden):
            queries.book(caller)
