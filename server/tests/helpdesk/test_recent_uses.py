# SPDX-License-Identifier: Apache-2.0
"""R161: who calls as the victim of a fraud is told by the agent what his key and his products were used for of late."""

from datetime import date

import pytest
from django.test import Client

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.authentication import services as authentication
from paraph.domain.certification import queries as certificates
from paraph.domain.organisations import services as organisations
from paraph.domain.partners import services as partners
from paraph.domain.signing import services as signing
from paraph.domain.support.models import CallerCheck, Case
from testkit import documents, holders, signatory
from testkit.applications import log_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("near")]


@pytest.fixture
def marie(house, clock, system):
    """She logged in at her bank, and then signed a lease."""
    who = signatory.new_signatory(clock=clock)
    bank = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token"], caller=system)
    login = authentication.check_first_step(
        user_id=who.holder.user_id, password=holders.PASSWORD, device="token", partner_id=bank.id, purpose="partner",
        caller=who.caller(session="", identity="", person="", scope=""))
    assert authentication.check_code(transaction_id=login.transaction_id, code=who.code(),
                                     caller=who.caller()).outcome == "accepted"
    signatory.pass_time(clock, minutes=2)
    row = signing.request(identity_id=who.identity_id, file_name="Bail.pdf", content=documents.pdf(), caller=who.caller())
    signing.prepare(request_id=row.id, device_serial=who.device_serial, caller=who.caller())
    assert signing.authorise(request_id=row.id, code=who.code(), caller=who.caller()) == "accepted"
    signing.finish(request_id=row.id, caller=who.caller(), clock=clock)
    return who


@pytest.fixture
def agent(system, clock):
    person = accounts.create_person(
        claims=Claims(family_names="Schmit", given_names="Anne", birth_date=date(1991, 6, 21)), document_expires_on=None,
        caller=system)
    desk = organisations.create_organisation(slug="help", name="Help", roles=["registration_authority"], address={},
                                             caller=system)
    organisations.add_membership(person_id=person.id, organisation_id=desk.id, role="helpdesk_agent", caller=system)
    identity = accounts.create_identity(person_id=person.id, kind="staff", device_family="server", caller=system)
    browser = Client(HTTP_HOST="localhost")
    log_in(browser, identity_id=identity.id, person_id=person.id, scope="staff", at=clock.now())
    browser.person = str(person.id)
    return browser


def uses(page):
    return page.content.decode().split('id="uses"')[1].split("</section>")[0]


@pytest.mark.requirement("R161")
def test_logins_and_signatures_are_listed_once_the_caller_is_identified_and_after_the_suspension(marie, agent, clock):
    call = agent.post(f"/helpdesk/open/{marie.identity_id}")["Location"]
    listed = ("Banque Exemple", "connexion", "signature", marie.device_serial)
    assert not any(word in uses(agent.get(call)) for word in listed)
    CallerCheck.objects.create(case=Case.objects.get(), identity=marie.holder.identity, agent=agent.person, at=clock.now(),
                               asked=[], right=[], passed=True)
    before = uses(agent.get(call))
    assert all(word in before for word in listed) and before.count("<li>") == 2
    assert "24 novembre 2026 à 10\xa0h\xa001" in before and "24 novembre 2026 à 10\xa0h\xa003" in before
    assert "Bail.pdf" not in before, "what was signed is her secret"
    assert agent.post(f"{call}suspend", {"reason": "phishing"}).status_code == 302
    assert certificates.for_subject(marie.identity_id)[0].state == "suspended"
    assert uses(agent.get(call)) == before


@pytest.mark.requirement("R161")
def test_where_nothing_was_used_that_is_said(house, agent, clock):
    who = signatory.new_signatory(clock=clock)
    call = agent.post(f"/helpdesk/open/{who.identity_id}")["Location"]
    CallerCheck.objects.create(case=Case.objects.get(), identity=who.holder.identity, agent=agent.person, at=clock.now(),
                               asked=[], right=[], passed=True)
    assert "Aucune connexion et aucune signature" in uses(agent.get(call))
