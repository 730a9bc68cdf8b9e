# SPDX-License-Identifier: Apache-2.0
"""One product of an identified caller: it rests while the certificate stays."""

from dataclasses import replace

import pytest
from django.test import Client

from paraph.domain.audit.models import Event
from paraph.domain.certification import queries as certificates
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services
from paraph.domain.support.models import Case
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, NotFound
from testkit import holders
from testkit.applications import PASSWORD

from .test_console import RIGHT, agent, call, text  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
DISABLED = "registration.helpdesk.product_disabled"


@pytest.fixture
def token(holder):
    return Device.objects.get(serial=holder.serial)


@pytest.fixture
def identified(agent, call):  # noqa: F811
    agent.post(f"{call}check", RIGHT)
    return call


def browser_of(holder, code=None):
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
    answer = agent.post(f"{call}disable", {"resting": str(token.id), "disabled_for": "lost"})
    assert answer.status_code == 422 and "pas identifié" in text(answer)
    token.refresh_from_db()
    assert token.state == "active"


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


@pytest.mark.requirement("R263", part="here: an agent's page; the terms in their own tests")
def test_of_a_passkey_the_agent_reads_who_removes_it(agent, identified, holder, clock):  # noqa: F811
    """From a code of his own on: the session of a security code opens the page where it is removed."""
    words = "le titulaire la supprime lui-même dans Mon espace"
    assert words not in text(agent.get(identified))
    Device.objects.create(type="passkey", serial="PK-1", identity=holder.identity, state="active", state_since=clock.now())
    page = text(agent.get(identified))
    assert words in page and page.count('name="resting"') == 1, "the Token alone"


@pytest.mark.requirement("R279", part="here: nobody of ours asks for a code, by telephone either")
def test_no_agent_takes_a_callers_codes(agent, identified):  # noqa: F811
    """The one field for a code on the page is for the agent's own, when he allows a replacement."""
    page = text(agent.get(identified))
    assert page.count('inputmode="numeric"') == page.count('id="id_code"') == 1
    assert 'type="password"' not in page
    assert "/resynchronise" not in page and "il le remet à l’heure lui-même dans Mon espace" in page


# --- whose action it is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["registration_officer", "auditor", "operator_admin", None])
def test_another_role_is_refused(agent, identified, token, scene, clock, role):  # noqa: F811
    roles = frozenset({Role(str(scene.desk.id), role)}) if role else frozenset()
    other = Caller(at=clock.now(), channel="web", person=agent.person, session="s", scope="staff", roles=roles)
    case = Case.objects.get().id

    def ask(caller):
        services.disable_for_caller(case_id=case, device_id=token.id, reason="lost", caller=caller)

    with pytest.raises(Forbidden):
        ask(other)
    with pytest.raises(Forbidden):
        ask(replace(other, scope="full", roles=frozenset({Role(str(scene.desk.id), "helpdesk_agent")})))
    token.refresh_from_db()
    assert token.state == "active"
    ask(replace(other, roles=frozenset({Role(str(scene.desk.id), "helpdesk_agent")})))


@pytest.mark.requirement("R082")
@pytest.mark.parametrize("role", ["registration_officer", "auditor", "operator_admin", None])
def test_another_role_gives_no_security_code(agent, identified, scene, clock, role):  # noqa: F811
    """The caller has been identified: what is missing is the role alone."""
    roles = frozenset({Role(str(scene.desk.id), role)}) if role else frozenset()
    other = Caller(at=clock.now(), channel="web", person=agent.person, session="s", scope="staff", roles=roles)
    case, right = Case.objects.get().id, frozenset({Role(str(scene.desk.id), "helpdesk_agent")})
    for caller in (other, replace(other, scope="full", roles=right)):
        with pytest.raises(Forbidden):
            services.give_security_code(case_id=case, caller=caller)
    assert not Event.objects.filter(code="registration.helpdesk.security_code_given").exists()
    assert services.give_security_code(case_id=case, caller=replace(other, roles=right))
