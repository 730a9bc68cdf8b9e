# SPDX-License-Identifier: Apache-2.0
"""A member of customer service who means harm: colleagues, holders who never called, other people's cases, guesses, markup."""

import html
import re
from datetime import date

import pytest
from django.test import Client

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts import services as account_services
from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import Credential, OneTimeCode
from paraph.domain.devices.models import Device
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.domain.support import services as support
from paraph.domain.support.models import CallerCheck, Case
from paraph.domain.support.services import ItIsStaff
from paraph.kernel.caller import Caller
from testkit.applications import log_in
from testkit.chance import without_chance

from .test_console import RIGHT, agent, call, text  # noqa: F401
from .test_scan import SERIAL, scan  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
DAY_OF_BIRTH = {"birth_date_day": "3", "birth_date_month": "2", "birth_date_year": "1980"}


@pytest.fixture
def identified(agent, call):  # noqa: F811
    agent.post(f"{call}check", RIGHT)
    return call


def as_agent(agent, clock):  # noqa: F811
    return Caller(at=clock.now(), channel="web", person=agent.person, session="desk", scope="staff",
                  roles=organisations.roles_of(agent.person))


# --- colleagues -------------------------------------------------------------------------------------------------------


@pytest.fixture
def operator(scene, system):
    """A colleague whose birthday, address and telephone number everybody in the house knows."""
    person = account_services.create_person(
        claims=Claims(family_names="Weber", given_names="Bert", birth_date=date(1980, 2, 3)), document_expires_on=None,
        caller=system)
    identity = account_services.create_identity(person_id=person.id, kind="staff", device_family="server", caller=system)
    for kind, value in (("email", "bert@example.org"), ("mobile", "+352621000111")):
        account_services.record_contact(identity_id=identity.id, kind=kind, value=value, read_back=True, caller=system)
    organisation_services.add_membership(person_id=person.id, organisation_id=scene.desk.id, role="operator_admin",
                                         caller=system)
    return identity


def test_no_call_is_opened_for_a_colleague(agent, operator):  # noqa: F811
    """One agent could have put every operator's device to rest, with answers that colleagues know of each other."""
    answered = agent.post(f"/helpdesk/open/{operator.id}")
    assert answered.status_code == 403 and "celui d’un collègue" in html.unescape(text(answered))
    assert not Case.objects.exists()


def test_a_case_that_a_colleague_opened_himself_leads_nowhere_either(agent, operator, system, clock):  # noqa: F811
    """He reported a false page: the case is there, and its actions stay closed."""
    support.open_case(kind="phishing", channel="web", identity_id=operator.id, caller=system)
    case = f"/helpdesk/cases/{Case.objects.get().id}/"
    refused = agent.post(f"{case}check", DAY_OF_BIRTH | {"mobile_ending": "0111", "email": "bert@example.org"})
    assert refused.status_code == 422 and "celui d’un collègue" in html.unescape(text(refused))
    assert not CallerCheck.objects.exists()
    for action, fields in (("security-code", {}), ("codes", {"channel": "sms"}), ("product", {"serial": "33-3333333-3"})):
        assert agent.post(f"{case}{action}", fields).status_code in (403, 422), action
    with pytest.raises(ItIsStaff):
        support.check_caller(case_id=Case.objects.get().id, answers={}, caller=as_agent(agent, clock))


@pytest.mark.parametrize("by", ["user_id", "serial"])
def test_a_colleague_is_found_by_nothing(agent, operator, scene, system, by):  # noqa: F811
    sought = operator.user_id
    if by == "serial":
        scene.stock("33-3333333-3")
        Device.objects.filter(serial="33-3333333-3").update(identity=operator, state="active")
        sought = "33-3333333-3"
    page = text(agent.get("/helpdesk/", {"sought": sought}))
    assert "Personne ne correspond" in page and "Weber" not in page


# --- what an agent sees before anybody called -------------------------------------------------------------------------


def test_who_is_found_by_name_has_no_userid_before_he_answered(agent, call, holder):  # noqa: F811
    """Name, birthday and postcode are known to neighbours; a UserID is what a stranger needs to try codes."""
    assert holder.codes["user_id"] not in text(agent.get(call))
    agent.post(f"{call}check", RIGHT | {"postcode": "9999"})
    assert holder.codes["user_id"] not in text(agent.get(call))
    agent.post(f"{call}check", RIGHT)
    assert holder.codes["user_id"] in text(agent.get(call))
    agent.post(f"{call}close", {"outcome": "helped"})
    assert holder.codes["user_id"] not in text(agent.get(call))


def test_what_is_known_of_a_holder_stands_on_no_page_of_the_console(agent, identified, holder):  # noqa: F811
    """Not even after he was identified: codes go there by themselves, and no agent needs to read them."""
    contact = accounts.contact(holder.identity.id)
    person = Identity.objects.get(pk=holder.identity.id).person
    secrets = [contact.mobile, contact.email, contact.postal["street"], contact.postal["postcode"], person.matricule,
               *(document.number for document in accounts.documents_of(person.id))]
    page = text(agent.get(identified))
    assert [known for known in secrets if known and known in page] == []
    assert "1985" not in without_chance(page)


def test_another_desks_visit_is_not_the_agents(agent, holder, scene, system):  # noqa: F811
    visit = Case.objects.create(reference="C-VISIT-01", kind="visit", channel="desk", identity=holder.identity,
                                organisation=str(scene.desk.id), opened_at=system.at, state_since=system.at)
    case = f"/helpdesk/cases/{visit.id}/"
    assert agent.get(case).status_code == 404
    assert "Specimen" not in text(agent.get("/helpdesk/", {"sought": visit.reference}, follow=True))
    for action, fields in (("check", RIGHT), ("security-code", {}), ("codes", {"channel": "sms"}), ("suspend", {
            "reason": "lost"}), ("product", {"serial": "x"}), ("send", {"sent_serial": "x"}), ("close", {"outcome": "helped"})):
        assert agent.post(f"{case}{action}", fields).status_code in (403, 404), action
    visit.refresh_from_db()
    assert visit.state == "open" and not CallerCheck.objects.exists()


# --- every action is written down -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "fields"), [
    ("check", RIGHT), ("check", RIGHT | {"postcode": "1"}), ("security-code", {}), ("codes", {"channel": "sms"}),
    ("codes", {"channel": "letter"}), ("suspend", {"reason": "stolen"}), ("disable", {"disabled_for": "lost"}),
    ("product", {"serial": SERIAL}), ("close", {"outcome": "helped"})])
def test_each_action_leaves_a_row_with_the_agent_in_it(agent, identified, holder, scan, action, fields):  # noqa: F811
    if action == "disable":
        fields = fields | {"resting": str(Device.objects.get(serial=holder.serial).id)}
    before = Event.objects.count()
    answered = agent.post(f"{identified}{action}", fields)
    assert answered.status_code in (200, 302) or "identifié" in text(answered)
    mine = [event for event in Event.objects.order_by("id")[before:] if event.person == agent.person]
    known = (str(holder.identity.id), identified.split("/")[3])
    assert any(event.about_id in known for event in mine)


def test_opening_and_seeking_are_written_down_too(agent, holder):  # noqa: F811
    agent.post(f"/helpdesk/open/{holder.identity.id}")
    opened = Event.objects.get(code="support.case.opened")
    assert (opened.person, opened.facts["identity"]) == (agent.person, str(holder.identity.id))


# --- security codes ---------------------------------------------------------------------------------------------------


def given(agent, case):  # noqa: F811
    return re.search(r"(\d{4}) (\d{4})</strong>", text(agent.post(f"{case}security-code"))).expand(r"\1\2")


def test_a_code_is_good_for_one_holder_alone(agent, identified, holder, scene, system, clock):  # noqa: F811
    code = given(agent, identified)
    other = Identity.objects.get(person_id=agent.person)
    assert authentication.log_in_with_security_code(
        user_id=other.user_id, password="Abc123", security_code=code, caller=Caller(at=clock.now(), channel="web")) is None
    assert OneTimeCode.objects.get(purpose="devices").tries == 0, "another one's guess costs this holder nothing"


def test_five_guesses_end_a_code_and_the_right_one_comes_too_late(agent, identified, holder, clock):  # noqa: F811
    code = given(agent, identified)
    wrong = f"{(int(code) + 1) % 10 ** 8:08d}"
    for _ in range(5):
        assert authentication.log_in_with_security_code(
            user_id=holder.codes["user_id"], password="Abc123", security_code=wrong,
            caller=Caller(at=clock.now(), channel="web", browser="thief")) is None
    assert OneTimeCode.objects.get(purpose="devices").tries == 5
    # Without the block that the guesses brought: the code itself is dead.
    Credential.objects.update(failures=0, known_failures=0)
    assert authentication.log_in_with_security_code(
        user_id=holder.codes["user_id"], password="Abc123", security_code=code,
        caller=Caller(at=clock.now(), channel="web")) is None


def test_an_agent_gets_no_session_out_of_a_code_without_the_password(agent, identified, holder, clock):  # noqa: F811
    """He reads it on his own screen; the password is the holder's."""
    code = given(agent, identified)
    browser = Client(HTTP_HOST="localhost")
    answered = browser.post("/login/security-code", {
        "user_id": holder.codes["user_id"], "password": "Wrong123", "security_code": code})
    assert answered.status_code == 200 and "authentication_session" not in browser.session


# --- words of strangers, and a role that is gone ----------------------------------------------------------------------


def test_markup_in_a_report_is_words(agent, holder, system):  # noqa: F811
    support.open_case(kind="phishing", channel="web", identity_id=holder.identity.id, caller=system,
                      summary='<script>alert(1)</script>\n<a href="https://evil.example">{{ user_id }}</a>')
    page = text(agent.get(f"/helpdesk/cases/{Case.objects.get().id}/"))
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page and 'href="https://evil' not in page
    assert "{{ user_id }}" in page


def test_what_an_agent_seeks_is_words(agent):  # noqa: F811
    page = text(agent.get("/helpdesk/", {"sought": '"><script>alert(1)</script>'}))
    assert "<script>alert" not in page and "&quot;&gt;&lt;script&gt;" in page


@pytest.mark.parametrize("sought", ["\x00", "%", "C-%", "' OR 1=1 --", "\u202e", "A" * 5000])
def test_strange_words_find_nobody(agent, holder, sought):  # noqa: F811
    found = agent.get("/helpdesk/", {"sought": sought})
    assert found.status_code == 200 and "Specimen" not in text(found)


@pytest.mark.parametrize(("action", "field"), [("codes", "channel"), ("suspend", "reason"), ("disable", "disabled_for"),
                                               ("close", "outcome"), ("replace", "delivery")])
def test_reasons_are_chosen_and_never_written(agent, identified, action, field):  # noqa: F811
    answered = agent.post(f"{identified}{action}", {field: "<b>because</b>"})
    assert answered.status_code == 422 and "<b>because" not in text(answered)
    assert Case.objects.get().state == "open"


def test_the_role_ends_in_the_middle_of_a_call(agent, identified, scene, system):  # noqa: F811
    organisation_services.end_membership(person_id=agent.person, organisation_id=scene.desk.id, role="helpdesk_agent",
                                         caller=system)
    for action, fields in (("security-code", {}), ("codes", {"channel": "sms"}), ("suspend", {"reason": "lost"}),
                           ("check", RIGHT)):
        assert agent.post(f"{identified}{action}", fields).status_code == 403, action
    assert not OneTimeCode.objects.filter(purpose="devices").exists()


def test_a_colleagues_identification_is_not_mine(agent, identified, scene, system, clock):  # noqa: F811
    other = account_services.create_person(
        claims=Claims(family_names="Muller", given_names="Tom", birth_date=date(1990, 1, 1)), document_expires_on=None,
        caller=system)
    organisation_services.add_membership(person_id=other.id, organisation_id=scene.desk.id, role="helpdesk_agent",
                                         caller=system)
    own = account_services.create_identity(person_id=other.id, kind="staff", device_family="server", caller=system)
    tom = Client(HTTP_HOST="localhost")
    log_in(tom, identity_id=own.id, person_id=other.id, scope="staff", at=clock.now())
    assert tom.post(f"{identified}security-code").status_code == 403
    assert "pas identifié" in text(tom.get(identified))
    assert agent.post(f"{identified}security-code").status_code == 200
