# SPDX-License-Identifier: Apache-2.0
"""One product of an identified caller: it rests while the certificate stays, or a Token that ran away is accepted again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from paraph.domain.audit.models import Event
from paraph.domain.certification import queries as certificates
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services
from paraph.domain.support.models import Case
from paraph.kernel import rules
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, NotFound
from testkit import holders
from testkit.applications import PASSWORD

from .test_console import RIGHT, agent, call, holder, text  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
DISABLED, BACK = "registration.helpdesk.product_disabled", "registration.helpdesk.product_resynchronised"


@pytest.fixture
def token(holder):  # noqa: F811
    return Device.objects.get(serial=holder.serial)


@pytest.fixture
def identified(agent, call):  # noqa: F811
    agent.post(f"{call}check", RIGHT)
    return call


def browser_of(holder, code=None):  # noqa: F811
    browser = Client(HTTP_HOST="localhost")
    browser.post("/login/password?device=token&next=/my/", {"user_id": holder.codes["user_id"], "password": PASSWORD})
    if code:
        browser.post("/login/code", {"code": code})
    return browser


# --- R080: a product rests --------------------------------------------------------------------------------------------


@pytest.mark.requirement("R080", "R252")
@pytest.mark.parametrize("reason", ["lost", "stolen", "holder"])
def test_the_agent_disables_one_product_and_the_certificate_stays(
        agent, identified, holder, token, clock, reason):  # noqa: F811
    logged_in = browser_of(holder, holder.token_code(clock.now()))
    assert logged_in.get("/my/products").status_code == 200
    answer = agent.post(f"{identified}disable", {"resting": str(token.id), "disabled_for": reason})
    assert answer.status_code == 302
    token.refresh_from_db()
    assert (token.state, token.reason) == ("disabled", reason)
    assert certificates.for_subject(str(holder.identity.id))[0].state == "active"
    event = Event.objects.get(code=DISABLED)
    assert (event.facts["agent"], event.facts["reason"], event.facts["serial"]) == (agent.person, reason, token.serial)
    assert Message.objects.filter(template="device_disabled").count() == 1
    assert logged_in.get("/my/products")["Location"].startswith("/login/"), "what it had opened has ended"
    clock.advance(seconds=30)
    assert browser_of(holder, holder.token_code(clock.now())).get("/my/products")["Location"].startswith("/login/")
    assert "Désactivé" in text(agent.get(identified))
    again = agent.post(f"{identified}disable", {"resting": str(token.id), "disabled_for": reason})
    assert again.status_code == 422 and Event.objects.filter(code=DISABLED).count() == 1


@pytest.mark.requirement("R252")
def test_nothing_before_the_caller_is_identified(agent, call, holder, token, clock):  # noqa: F811
    for action, fields in (("disable", {"resting": str(token.id), "disabled_for": "lost"}),
                           ("resynchronise", {"first_code": "000000", "second_code": "000001"})):
        answer = agent.post(f"{call}{action}", fields)
        assert answer.status_code == 422 and "pas identifié" in text(answer), action
    token.refresh_from_db()
    assert token.state == "active"
    assert not Event.objects.filter(code__startswith="devices.device.resynchronis").exists()


@pytest.mark.parametrize("given", [{"disabled_for": ""}, {"disabled_for": "phishing"}, {"resting": ""}])
def test_a_product_and_a_reason_are_needed(agent, identified, token, given):  # noqa: F811
    answer = agent.post(f"{identified}disable", {"resting": str(token.id), "disabled_for": "lost"} | given)
    assert answer.status_code == 422
    token.refresh_from_db()
    assert token.state == "active"


def test_not_the_product_of_somebody_else(agent, identified, scene, system):  # noqa: F811
    other = holders.new(system).device
    Device.objects.filter(pk=other.pk).update(state="active")
    answer = agent.post(f"{identified}disable", {"resting": str(other.id), "disabled_for": "lost"})
    assert answer.status_code == 422
    other.refresh_from_db()
    assert other.state == "active"
    acting = Caller(at=system.at, channel="web", person=agent.person, session="s", scope="staff",
                    roles=frozenset({Role(str(scene.desk.id), "helpdesk_agent")}))
    with pytest.raises(NotFound):
        services.disable_for_caller(case_id=Case.objects.get().id, device_id=other.id, reason="lost", caller=acting)
    assert not Event.objects.filter(code=DISABLED).exists()


# --- two codes in a row -----------------------------------------------------------------------------------------------


def read_out(holder, clock):  # noqa: F811
    """The caller's Token is eight minutes slow; he reads one code, waits, and reads the next."""
    first = holder.token_code(clock.now() - timedelta(minutes=8))
    clock.advance(seconds=30)
    return {"first_code": first, "second_code": holder.token_code(clock.now() - timedelta(minutes=8))}


@pytest.fixture
def later(agent, identified, holder, clock):  # noqa: F811
    """Long enough after the activation that a slow Token shows codes that were not used; identified again."""
    clock.advance(minutes=20)
    agent.again()
    return identified


@pytest.mark.requirement("R252")
def test_two_codes_read_out_bring_the_token_back(agent, later, holder, clock):  # noqa: F811
    given = read_out(holder, clock)
    assert agent.post(f"{later}resynchronise", given).status_code == 302
    event = Event.objects.get(code=BACK)
    assert (event.facts["agent"], event.facts["serial"]) == (agent.person, holder.serial)
    assert given["first_code"] not in str(event.facts) and given["second_code"] not in str(event.facts)
    assert Message.objects.filter(template="device_resynchronised").count() == 1, "the holder is told"
    for code in given.values():
        assert browser_of(holder, code).get("/my/products")["Location"].startswith("/login/"), "the agent heard nothing of use"
    assert agent.post(f"{later}resynchronise", given).status_code == 422
    clock.advance(seconds=30)
    code = holder.token_code(clock.now() - timedelta(minutes=8))
    assert browser_of(holder, code).get("/my/products").status_code == 200


@pytest.mark.parametrize("kind", ["same", "order", "guess"])
def test_wrong_ones_change_nothing(agent, later, holder, clock, kind):  # noqa: F811
    given = read_out(holder, clock)
    first, second = given["first_code"], given["second_code"]
    wrong = {"same": (first, first), "order": (second, first), "guess": ("000000", "000001")}[kind]
    answer = agent.post(f"{later}resynchronise", {"first_code": wrong[0], "second_code": wrong[1]})
    assert answer.status_code == 422 and "Demandez deux nouveaux codes" in text(answer)
    assert not Event.objects.filter(code=BACK).exists()
    assert not Message.objects.filter(template="device_resynchronised").exists()


def test_tries_have_the_devices_limit(agent, later, holder, clock):  # noqa: F811
    for _ in range(rules.current().signer_failures_limit):
        assert "Demandez deux nouveaux codes" in text(
            agent.post(f"{later}resynchronise", {"first_code": "000000", "second_code": "000001"}))
    assert "trop d’essais faux" in text(agent.post(f"{later}resynchronise", read_out(holder, clock)))


def test_who_has_no_token_that_works_is_not_asked(agent, identified, token):  # noqa: F811
    Device.objects.filter(pk=token.pk).update(state="disabled")
    page = text(agent.get(identified))
    assert "/resynchronise" not in page and "/disable" not in page
    assert agent.post(f"{identified}resynchronise", {"first_code": "000000", "second_code": "000001"}).status_code == 422


# --- whose action it is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["registration_officer", "auditor", "operator_admin", None])
@pytest.mark.parametrize("act", ["disable", "resynchronise"])
def test_another_role_is_refused(agent, identified, token, scene, clock, role, act):  # noqa: F811
    roles = frozenset({Role(str(scene.desk.id), role)}) if role else frozenset()
    other = Caller(at=clock.now(), channel="web", person=agent.person, session="s", scope="staff", roles=roles)
    case = Case.objects.get().id

    def ask(caller):
        if act == "disable":
            services.disable_for_caller(case_id=case, device_id=token.id, reason="lost", caller=caller)
        else:
            services.resynchronise_for_caller(case_id=case, codes=("000000", "000001"), caller=caller)

    with pytest.raises(Forbidden):
        ask(other)
    with pytest.raises(Forbidden):
        ask(replace(other, scope="full", roles=frozenset({Role(str(scene.desk.id), "helpdesk_agent")})))
    token.refresh_from_db()
    assert token.state == "active"
    ask(replace(other, roles=frozenset({Role(str(scene.desk.id), "helpdesk_agent")})))
