# SPDX-License-Identifier: Apache-2.0
"""The agent identifies the caller, then helps; every action before that is refused."""

import re
from datetime import date

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.certification import queries as certificates
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.models import Message
from paraph.domain.organisations import services as organisations
from paraph.domain.support.models import CallerCheck, Case
from paraph.kernel.caller import Caller
from testkit.applications import log_in
from testkit.chance import without_chance

pytestmark = pytest.mark.django_db(transaction=True)
RIGHT = {"birth_date_day": "1", "birth_date_month": "1", "birth_date_year": "1985", "document_ending": "cd34",
         "postcode": "L-1536"}


@pytest.fixture
def agent(client, holder, scene, system, clock):
    person = accounts.create_person(claims=Claims(family_names="Schmit", given_names="Anne",
                                                  birth_date=date(1991, 6, 21)),
                                    document_expires_on=None, caller=system)
    organisations.add_membership(person_id=person.id, organisation_id=scene.desk.id, role="helpdesk_agent",
                                 caller=system)
    identity = accounts.create_identity(person_id=person.id, kind="staff", device_family="server", caller=system)
    client.again = lambda: log_in(client, identity_id=identity.id, person_id=person.id, scope="staff", at=clock.now())
    client.again()
    client.person = str(person.id)
    return client


@pytest.fixture
def call(agent, holder):
    return agent.post(f"/helpdesk/open/{holder.identity.id}")["Location"]


def text(response):
    return response.content.decode()


@pytest.mark.requirement("R252")
def test_search_open_identify(agent, holder):
    for sought in (holder.codes["user_id"], holder.serial):
        assert "Marie Specimen" in text(agent.get("/helpdesk/", {"sought": sought}))
    assert "Personne ne correspond" in text(agent.get("/helpdesk/", {"sought": "ZZZZ9999"}))
    case = agent.post(f"/helpdesk/open/{holder.identity.id}")["Location"]
    page = without_chance(text(agent.get(case)))
    assert "pas identifié" in page and page.count("disabled aria-disabled") == 6 and 'name="new_serial"' not in page
    assert "XAB12CD34" not in page and "1536" not in page and "+352621123456" not in page, "nothing to read out"
    assert agent.post(f"{case}check", RIGHT).status_code == 302
    page = text(agent.get(case))
    assert "disabled aria-disabled" not in page
    check = CallerCheck.objects.get()
    assert check.passed and check.agent == agent.person
    event = Event.objects.get(code="support.case.caller_checked")
    assert event.person == agent.person and "1985" not in without_chance(str(event.facts))
    assert "cd34" not in without_chance(str(event.facts)).lower()


@pytest.mark.requirement("R252")
@pytest.mark.parametrize("wrong", [{"birth_date_year": "1986"}, {"document_ending": "CD35"}, {"postcode": "1537"},
                                   {"postcode": ""}])
def test_two_right_answers_are_not_enough(agent, call, wrong):
    page = agent.post(f"{call}check", RIGHT | wrong)
    assert page.status_code == 422 and "au moins trois bonnes réponses" in text(page)
    assert not CallerCheck.objects.get().passed
    for action, fields in (("security-code", {}), ("codes", {"channel": "sms"}), ("suspend", {"reason": "lost"})):
        assert agent.post(f"{call}{action}", fields).status_code in (403, 422), action
    assert not Message.objects.filter(template__in=("new_codes", "security_code_given")).exists()


def test_a_form_without_answers_is_no_attempt(agent, call):
    assert "Posez d’abord les questions" in text(agent.post(f"{call}check", {}))
    assert not CallerCheck.objects.exists()


def test_after_five_failed_checks_nobody_tries_on_that_day(agent, call, clock):
    for _ in range(5):
        agent.post(f"{call}check", RIGHT | {"postcode": "1"})
    assert "Trop d’identifications" in text(agent.post(f"{call}check", RIGHT))
    clock.advance(days=1)
    agent.again()
    assert agent.post(f"{call}check", RIGHT).status_code == 302


def test_an_identified_caller_is_one_for_half_an_hour(agent, call, clock):
    agent.post(f"{call}check", RIGHT)
    clock.advance(minutes=30)
    agent.again()
    assert agent.post(f"{call}security-code").status_code == 403
    agent.post(f"{call}check", RIGHT)
    assert agent.post(f"{call}security-code").status_code == 200


@pytest.mark.requirement("R082")
def test_the_security_code_is_shown_once_and_opens_device_management(agent, call, holder, clock):
    agent.post(f"{call}check", RIGHT)
    code = re.search(r"(\d{4}) (\d{4})</strong>", text(agent.post(f"{call}security-code"))).expand(r"\1\2")
    assert code not in text(agent.get(call)).replace(" ", "")
    session = authentication.log_in_with_security_code(
        user_id=holder.codes["user_id"], password="Abc123", security_code=code,
        caller=Caller(at=clock.now(), channel="web"))
    assert session and Event.objects.get(code="registration.helpdesk.security_code_given").facts["agent"] == agent.person
    assert Message.objects.filter(template="security_code_given").count() == 1


@pytest.mark.requirement("R139", "R147")
@pytest.mark.parametrize("channel", ["sms", "letter"])
def test_new_codes_leave_by_the_chosen_way_and_the_old_ones_die(agent, call, holder, clock, channel):
    agent.post(f"{call}check", RIGHT)
    old = dict(holder.codes)
    answer = agent.post(f"{call}codes", {"channel": channel})
    assert answer.status_code == 302
    told = {"sms": "par SMS, dans quelques minutes", "letter": "par lettre, dans quelques jours"}
    assert {way for way, words in told.items() if words in text(agent.get(answer["Location"]))} == {channel}
    message = Message.objects.get(template="new_codes")
    new = message.content["codes"]
    assert message.channel == channel and new["user_id"] == old["user_id"]
    page = text(agent.get(call))
    assert new["initial_password"] not in page and new["challenge"] not in page

    def right(codes):
        return authentication.check_initial_codes(
            identity_id=holder.identity.id, initial_password=codes["initial_password"], challenge=codes["challenge"],
            caller=Caller(at=clock.now(), channel="web"))
    assert right(new) == "accepted" and right(old) == "wrong"
    notifications.deliver(at=clock.now())
    delivered = [event.facts for event in Event.objects.filter(code="notifications.message.delivered")
                 if event.facts["template"] == "new_codes"]
    assert [facts["channel"] for facts in delivered] == [channel]


@pytest.mark.requirement("R077", "R161")
@pytest.mark.parametrize("reason", ["lost", "stolen", "phishing"])
def test_an_agent_suspends_for_the_caller_and_sees_recent_uses(agent, call, holder, reason, clock):
    holder_client = type(agent)(HTTP_HOST="localhost")
    holder_client.post("/login/password?device=token&next=/my/", {"user_id": holder.codes["user_id"],
                                                                  "password": "Abc123"})
    holder_client.post("/login/code", {"code": holder.token_code(clock.now())})
    assert f">{holder.serial}</span>)" not in text(agent.get(call))
    agent.post(f"{call}check", RIGHT)
    assert f">{holder.serial}</span>)" in text(agent.get(call)).split('id="uses"')[1]
    page = text(agent.get(agent.post(f"{call}suspend", {"reason": reason})["Location"]))
    assert "Le certificat est suspendu" in page and "peut le réactiver jusqu’au" in page and f"{call}suspend" not in page
    assert certificates.for_subject(str(holder.identity.id))[0].state == "suspended"
    assert Event.objects.get(code="registration.identity.suspended").facts["reason"] == reason
    assert "rien à suspendre" in text(agent.post(f"{call}suspend", {"reason": reason}))


@pytest.mark.requirement("R160", part="later: a hotline queue of its own")
def test_a_call_can_be_opened_at_night(agent, holder, clock):
    clock.advance(hours=14)
    agent.again()
    assert agent.post(f"/helpdesk/open/{holder.identity.id}").status_code == 302


def test_a_closed_case_is_over(agent, call):
    agent.post(f"{call}check", RIGHT)
    assert agent.post(f"{call}close", {"outcome": "helped"}).status_code == 302
    assert Case.objects.get().state == "closed"
    assert agent.post(f"{call}security-code").status_code == 403
    assert agent.post(f"{call}check", RIGHT).status_code == 422


def test_an_agent_does_not_serve_himself_and_nobody_else_opens_the_console(agent, holder, client, clock, system):
    own = accounts.create_identity(person_id=agent.person, kind="private", device_family="server", caller=system)
    case = agent.post(f"/helpdesk/open/{own.id}")["Location"]
    assert "Ce compte est le vôtre" in text(agent.post(f"{case}check", RIGHT))
    log_in(client, identity_id=holder.identity.id, person_id=holder.identity.person_id, scope="full", at=clock.now())
    assert client.get("/helpdesk/").status_code == 403


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_each_page_speaks_each_language(agent, call, language):
    agent.get("/helpdesk/", {"language": language})
    for address in ("/helpdesk/", call):
        assert f'lang="{language}"' in text(agent.get(address))


# --- who does not know his UserID -------------------------------------------------------------------------------------


WHO = {"family_names": "Specimen", "given_names": "Marie", "birth_date_day": "1", "birth_date_month": "1",
       "birth_date_year": "1985", "postcode": "L-1536"}


@pytest.mark.requirement("R148")
def test_all_four_find_a_holder_and_that_the_agent_looked_is_recorded(agent, holder):
    page = agent.post("/helpdesk/holder", WHO)
    assert page.status_code == 200 and f"/helpdesk/open/{holder.identity.id}" in text(page)
    assert holder.codes["user_id"] not in text(page), "who does not know his UserID is not told it here"
    event = Event.objects.get(code="support.holder.sought")
    assert (event.person, event.facts["found"]) == (agent.person, [str(holder.identity.id)])
    assert "Specimen" not in str(event.facts) and "1985" not in without_chance(str(event.facts))


@pytest.mark.parametrize("wrong", [{"family_names": "Specimens"}, {"given_names": "Maria"}, {"birth_date_day": "2"},
                                   {"postcode": "1537"}])
def test_three_of_four_find_nobody_and_are_recorded_too(agent, holder, wrong):
    page = agent.post("/helpdesk/holder", WHO | wrong)
    assert "Personne ne correspond" in text(page) and str(holder.identity.id) not in text(page)
    assert Event.objects.get(code="support.holder.sought").facts["found"] == []


@pytest.mark.parametrize("missing", ["family_names", "given_names", "birth_date_year", "postcode"])
def test_all_four_are_needed(agent, holder, missing):
    assert agent.post("/helpdesk/holder", WHO | {missing: ""}).status_code == 422
    assert not Event.objects.filter(code="support.holder.sought").exists()


def test_staff_is_not_found(agent, holder):
    page = agent.post("/helpdesk/holder", WHO | {"family_names": "Schmit", "given_names": "Anne"})
    assert "Personne ne correspond" in text(page)


def test_a_closed_case_asks_nothing_any_more_and_leads_to_a_new_call(agent, call, holder):
    agent.post(f"{call}check", RIGHT)
    page = text(agent.get(agent.post(f"{call}close", {"outcome": "helped"})["Location"]))
    assert "C’est fermé" in page and "Fermé" in page and "réussi" in page
    assert "restent fermées" not in page and "Visibles quand" not in page and f"{call}check" not in page
    assert f'action="/helpdesk/open/{holder.identity.id}"' in page
