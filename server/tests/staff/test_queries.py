# SPDX-License-Identifier: Apache-2.0
"""What the pages of the staff ask the database does not grow with how many work here, were asked for or were decided."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.domain.accounts.policy import Claims
from paraph.domain.staff import services
from paraph.domain.staff.services.asking import AddressTaken
from paraph.interfaces.operations import console as pages

from .test_pages import browser, text  # noqa: F401  (browser is a fixture)

pytestmark = pytest.mark.django_db(transaction=True)


def somebody(office, number):
    claims = Claims(family_names=f"Weber-{'ABCDEFGH'[number]}", given_names="Luc",
                    birth_date=office.draft()["claims"].birth_date)
    return {"claims": claims, "email": f"luc{number}@example.org", "token_serial": f"33-000000{number}-1"}


def more(office, number):
    """One of each: a member whose access was renewed, with a link under way, an invitation, a refusal, one that waits."""
    luc = office.joined(**somebody(office, number))
    office.renewal(luc, password=True, devices=False, new="")
    office.invite(**somebody(office, number + 1))
    services.refuse(request_id=office.ask(**somebody(office, number + 2)).id, caller=office.caller(office.bert))
    office.ask(**somebody(office, number + 2))
    return luc


def counted(client, address):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(asked), answer


@pytest.mark.both_databases
def test_pages_and_files_ask_the_same_for_more_rows(office, browser):  # noqa: F811
    luc, anna = more(office, 1), browser(office.anna)
    addresses = [f"/operations/staff/{path}" for path in (
        "", f"{luc.id}/", "invite/", f"{luc.id}/ask/change/", f"{luc.id}/ask/renew/", f"{luc.id}/ask/address/", "roles.csv",
        "requests.csv")]
    anna.get("/operations/staff/")
    before = {address: counted(anna, address)[0] for address in addresses}
    more(office, 4)
    services.ask_address(member_id=luc.id, email="neu@example.org", reason="Mariage", caller=office.caller(office.anna))
    after = {address: counted(anna, address) for address in addresses}
    assert "Luc Weber-E" in text(after["/operations/staff/"][1])
    assert {address: count for address, (count, _) in after.items()} == before


def test_the_members_are_paged(office, browser, monkeypatch):  # noqa: F811
    monkeypatch.setattr(pages, "PAGE_SIZE", 2)
    office.joined()
    anna = browser(office.anna)
    first, second = text(anna.get("/operations/staff/")), text(anna.get("/operations/staff/?page=2"))
    assert f"/operations/staff/{office.bert.id}/" in first and 'href="?page=2"' in first
    assert f"/operations/staff/{office.bert.id}/" not in second and "Agent du service client" in second


def test_whether_an_address_is_taken_is_asked_at_once(office):
    def asked():
        with CaptureQueriesContext(connection) as statements, pytest.raises(AddressTaken):
            services.ask_address(member_id=office.anna.id, email="bert@example.org", reason="x",
                                 caller=office.caller(office.anna))
        return len(statements)

    few = asked()
    office.joined()
    assert asked() == few
