# SPDX-License-Identifier: Apache-2.0
"""Operators hear of each alarm once, and again every day while it is open, until somebody closes it."""

from datetime import date, timedelta

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import Claims
from paraph.domain.certification import services
from paraph.domain.certification.models import Alarm
from paraph.domain.notifications.models import Message
from paraph.domain.organisations import services as organisations
from paraph.domain.staff.models import Member
from paraph.interfaces.jobs.alarms import tell_alarms

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def operator(scene):
    """An operator who can be written to."""

    def operator(language="fr", email="ops@example.org"):
        claims = Claims(family_names="Ops", given_names="Anne", birth_date=date(1970, 1, 1))
        person = accounts.create_person(claims=claims, document_expires_on=None, language=language, caller=scene.system)
        organisations.add_membership(
            person_id=person.id, organisation_id=scene.desk.id, role="operator_admin", caller=scene.system)
        identity = accounts.create_identity(person_id=person.id, kind="staff", device_family="server", caller=scene.system)
        if email:
            accounts.record_contact(
                identity_id=identity.id, kind="email", value=email, read_back=True, caller=scene.officer(scene.system.at))
        return person

    return operator


def mails():
    told = Message.objects.filter(template="alarm").order_by("created_at")
    return [(message.recipient["email"], message.content["subject"])
            for message in sorted(told, key=lambda message: (message.created_at, message.recipient["email"]))]


def alarm(system, code="signature_mismatch", about="ab12"):
    return services.raise_alarm(code=code, about=about, caller=system)


def test_each_operator_hears_once_and_again_after_a_day(operator, system):
    operator(), operator("en", "night@example.org")
    alarm(system)
    assert tell_alarms(system) == 1
    assert {address for address, _ in mails()} == {"ops@example.org", "night@example.org"}
    assert {subject for _, subject in mails()} == {
        "Alarme\xa0: Le module de signature a rendu une signature fausse",
        "Alarm: The signing module returned a wrong signature"}
    # Raised again it is the same one.
    alarm(system)
    assert tell_alarms(system.at_instant(system.at + DAY - timedelta(microseconds=1))) == 0
    assert tell_alarms(system.at_instant(system.at + DAY)) == 1
    assert len(mails()) == 4


def test_a_closed_alarm_is_told_no_more_and_one_taken_still_is(operator, system):
    operator()
    first, second = alarm(system), alarm(system, code="status_late", about="cd34")
    tell_alarms(system)
    services.close_alarm(alarm_id=first.id, caller=system)
    Alarm.objects.filter(pk=second.pk).update(taken_by="os:anna")
    assert tell_alarms(system.at_instant(system.at + DAY)) == 1
    assert len(mails()) == 3 and "délai visé" in mails()[-1][1]


def test_a_thousand_alarms_of_one_kind_are_one_mail(operator, system):
    operator()
    for number in range(12):
        alarm(system, code="status_late", about=f"serial-{number:02}")
    assert tell_alarms(system) == 12
    (message,) = Message.objects.filter(template="alarm")
    assert "serial-00, serial-01, serial-02, serial-03, serial-04 et 7 autres" in message.content["text"]
    assert "12" in message.content["text"]


def test_without_an_operators_address_the_house_itself_is_told(operator, system, settings):
    operator(email="")
    alarm(system)
    tell_alarms(system)
    assert [address for address, _ in mails()] == [settings.OPERATOR.email]


def test_nothing_open_nothing_told(operator, system):
    operator()
    assert tell_alarms(system) == 0 and not mails()


def test_alarms_go_to_those_on_duty_and_to_all_while_nobody_is(operator, scene, system):
    persons = [operator(email="anna@example.org"), operator(email="bert@example.org"), operator(email="")]
    for person in persons:
        Member.objects.create(person=person, identity=Identity.objects.get(person=person), device_serial="x",
                              joined_at=system.at, state_since=system.at, state_by="os:root")
    alarm(system)
    tell_alarms(system)
    assert [address for address, _ in mails()] == ["anna@example.org", "bert@example.org"]
    Message.objects.all().delete()
    Member.objects.filter(person=persons[1]).update(on_duty=True)
    tell_alarms(system.at_instant(system.at + DAY))
    assert [address for address, _ in mails()] == ["bert@example.org"]
    Message.objects.all().delete()
    # Somebody on duty whom no mail reaches is nobody.
    Member.objects.update(on_duty=False)
    Member.objects.filter(person=persons[2]).update(on_duty=True)
    tell_alarms(system.at_instant(system.at + 2 * DAY))
    assert [address for address, _ in mails()] == ["anna@example.org", "bert@example.org"]


def test_a_suspended_operator_hears_of_no_alarm(operator, scene, system):
    gone, _ = operator(email="anna@example.org"), operator(email="bert@example.org")
    organisations.suspend_roles(person_id=gone.id, caller=system)
    alarm(system)
    tell_alarms(system)
    assert [address for address, _ in mails()] == ["bert@example.org"]
