# SPDX-License-Identifier: Apache-2.0
"""New initial codes by telephone: after identification alone, by whom, by which way, and what the holder can do with them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from paraph.domain.accounts.models import ContactPoint
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services
from paraph.domain.registration.services import NoWayForCodes
from paraph.domain.support.models import Case
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden

from .test_console import RIGHT, agent, call, text  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old_codes_hold(holder, clock):
    """Whether the holder's codes of today are still good, and no new ones left."""
    def hold():
        codes = {name: holder.codes[name] for name in ("initial_password", "challenge")}
        right = authentication.check_initial_codes(
            identity_id=holder.identity.id, caller=Caller(at=clock.now(), channel="web"), **codes)
        return right == "accepted" and not Message.objects.filter(template="new_codes").exists()

    return hold


@pytest.mark.requirement("R147")
def test_before_the_caller_is_identified_the_old_codes_stay(agent, call, old_codes_hold):  # noqa: F811
    answer = agent.post(f"{call}codes", {"channel": "sms"})
    assert answer.status_code == 422 and "pas identifié" in text(answer) and old_codes_hold()
    agent.post(f"{call}check", RIGHT | {"postcode": "1"})
    assert agent.post(f"{call}codes", {"channel": "sms"}).status_code == 422 and old_codes_hold()
    agent.post(f"{call}check", RIGHT)
    assert agent.post(f"{call}codes", {"channel": "sms"}).status_code == 302 and not old_codes_hold()


@pytest.mark.requirement("R147")
@pytest.mark.parametrize(("after", "status"), [
    (timedelta(minutes=30) - timedelta(microseconds=1), 302), (timedelta(minutes=30), 422)])
def test_an_identification_is_good_for_half_an_hour(agent, call, old_codes_hold, clock, after, status):  # noqa: F811
    agent.post(f"{call}check", RIGHT)
    clock.set(clock.now() + after)
    agent.again()
    assert agent.post(f"{call}codes", {"channel": "sms"}).status_code == status
    assert old_codes_hold() is (status == 422)


@pytest.mark.requirement("R139", "R147")
@pytest.mark.parametrize("way", ["mail", "email", "phone", ""])
def test_codes_leave_by_sms_or_letter_and_never_otherwise(agent, call, old_codes_hold, clock, scene, way):  # noqa: F811
    agent.post(f"{call}check", RIGHT)
    assert agent.post(f"{call}codes", {"channel": way}).status_code == 422 and old_codes_hold()
    acting = Caller(at=clock.now(), channel="web", person=agent.person, session="s", scope="staff",
                    roles=frozenset({Role(str(scene.desk.id), "helpdesk_agent")}))
    with pytest.raises(NoWayForCodes):
        services.reissue_codes(case_id=Case.objects.get().id, channel=way, caller=acting)
    assert old_codes_hold()


@pytest.mark.requirement("R147")
def test_new_codes_work_though_the_old_ones_were_used_up_and_the_journal_says_who_sent_them(agent, call, holder, clock):  # noqa: F811
    def check(**codes):
        return authentication.check_initial_codes(
            identity_id=holder.identity.id, caller=Caller(at=clock.now(), channel="web"), **codes)

    for _ in range(5):
        assert check(initial_password="Other12345", challenge="000000") == "wrong"
    assert check(initial_password=holder.codes["initial_password"], challenge=holder.codes["challenge"]) == "wrong"
    agent.post(f"{call}check", RIGHT)
    agent.post(f"{call}codes", {"channel": "letter"})
    new = Message.objects.get(template="new_codes").content["codes"]
    assert check(initial_password=new["initial_password"], challenge=new["challenge"]) == "accepted"
    event = Event.objects.get(code="registration.helpdesk.codes_reissued")
    assert (event.about_id, event.facts["agent"], event.facts["channel"]) == (str(holder.identity.id), agent.person, "letter")
    assert new["initial_password"] not in str(event.facts) and new["challenge"] not in str(event.facts)


@pytest.mark.requirement("R147")
def test_without_a_mobile_there_is_the_letter(agent, call, old_codes_hold):  # noqa: F811
    ContactPoint.objects.filter(kind="mobile").delete()
    agent.post(f"{call}check", RIGHT)
    answer = agent.post(f"{call}codes", {"channel": "sms"})
    assert answer.status_code == 422 and "Aucune coordonnée vérifiée" in text(answer) and old_codes_hold()
    assert agent.post(f"{call}codes", {"channel": "letter"}).status_code == 302
    assert Message.objects.get(template="new_codes").channel == "letter"


@pytest.mark.requirement("R147")
@pytest.mark.parametrize("role", ["registration_officer", "auditor", "operator_admin", None])
def test_another_role_is_refused(agent, call, old_codes_hold, clock, scene, role):  # noqa: F811
    agent.post(f"{call}check", RIGHT)
    right = Caller(at=clock.now(), channel="web", person=agent.person, session="s", scope="staff",
                   roles=frozenset({Role(str(scene.desk.id), "helpdesk_agent")}))
    roles = frozenset({Role(str(scene.desk.id), role)}) if role else frozenset()
    for wrong in (replace(right, roles=roles), replace(right, scope="full")):
        with pytest.raises(Forbidden):
            services.reissue_codes(case_id=Case.objects.get().id, channel="sms", caller=wrong)
    assert old_codes_hold()
    services.reissue_codes(case_id=Case.objects.get().id, channel="sms", caller=right)
    assert not old_codes_hold()


@pytest.mark.requirement("R148")
def test_who_forgot_his_user_id_reads_it_on_what_customer_service_sends(agent, call, holder):  # noqa: F811
    """On the letter or in the SMS, at contacts of his that were verified: the one way in which it is given again."""
    agent.post(f"{call}check", RIGHT)
    answer = agent.post(f"{call}codes", {"channel": "letter"}, follow=True)
    assert "Marie Specimen" in text(answer)
    [message] = Message.objects.filter(template="new_codes")
    assert message.content["codes"]["user_id"] == holder.codes["user_id"] and message.channel == "letter"
