# SPDX-License-Identifier: Apache-2.0
"""The operators' console over HTTP: who reads, who decides, and that a decision is bound to what was shown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from paraph.domain.certification import publication, services
from paraph.domain.certification.models import Alarm, Approval
from testkit import certification

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("", "?closed", "approvals/", "waivers/", "authorities/", "lists/", "responders/", "profiles/", "certificates/")


@pytest.fixture
def asked(scene, system):
    return services.ask_waiver(
        profile="natural-signature-ncp", findings=["subject_length"], reason="Long names",
        ends_at=system.at + timedelta(days=7), caller=replace(certification.operator(system, "anna"), person="person-anna"))


def text(response):
    return response.content.decode()


def decide(client, approval, decision="approve", seen=None):
    return client.post(f"/operations/approvals/{approval.id}/{decision}", {"hash": seen or approval.content_hash})


@pytest.mark.parametrize("role", ["operator_admin", "auditor"])
def test_operators_and_auditors_read_everything(staff, asked, system, signer, role):
    services.raise_alarm(code="signature_mismatch", about="ab12", caller=system, facts={"authority": "issuing"})
    publication.refresh(system.at, signer)
    client = staff(role)
    pages = {page: text(client.get(f"/operations/{page}")) for page in PAGES}
    assert "ab12" in pages[""] and "Le module de signature" in pages[""]
    assert asked.content_hash in pages["approvals/"] and "Long names" in pages["approvals/"]
    assert "issuing" in pages["authorities/"] and "tls-ovcp" in pages["profiles/"]
    # Only who may decide sees a button to.
    assert ("Accorder" in pages["approvals/"]) == ("Clore" in pages[""]) == (role == "operator_admin")


def test_others_see_nothing(staff, asked, client):
    officer = staff("registration_officer")
    for page in PAGES:
        assert officer.get(f"/operations/{page}").status_code == 403
        assert client.get(f"/operations/{page}").status_code == 302
    assert decide(officer, asked).status_code == decide(staff("auditor"), asked).status_code == 403
    assert Approval.objects.get().state == "asked"


def test_an_operator_decides_on_what_he_saw(staff, asked):
    operator = staff("operator_admin")
    refused = decide(operator, asked, seen="0" * 64)
    assert refused.status_code == 409 and "pas celui que vous avez vu" in text(refused)
    assert operator.get(f"/operations/approvals/{asked.id}/approve").status_code == 405
    assert decide(operator, asked, "postpone").status_code == 404
    assert decide(operator, asked).status_code == 302
    approved = Approval.objects.get()
    assert (approved.state, approved.decided_by) == ("approved", operator.person)
    assert decide(operator, asked, "refuse").status_code == 409


def test_who_asked_waits_for_another(staff, scene, system):
    operator = staff("operator_admin")
    own = services.ask_approval(action="declare_device", content={"name": "x"}, reason="new",
                                caller=certification.operator(system, "anna"))
    Approval.objects.filter(pk=own.pk).update(asked_by=operator.person)
    assert "attend une autre personne" in text(operator.get("/operations/approvals/"))
    assert decide(operator, own).status_code == 409


def test_an_alarm_is_closed(staff, scene, system):
    alarm = services.raise_alarm(code="test", about="something", caller=system)
    assert staff("auditor").post(f"/operations/alarms/{alarm.id}/close").status_code == 403
    operator = staff("operator_admin")
    assert operator.post(f"/operations/alarms/{alarm.id}/close").status_code == 302
    assert Alarm.objects.get().closed_by == operator.person
    assert "Aucune alarme" in text(operator.get("/operations/"))


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_the_pages_speak_each_language(staff, asked, language):
    client = staff("auditor")
    client.get("/operations/", {"language": language})
    for page in PAGES:
        assert f'lang="{language}"' in text(client.get(f"/operations/{page}"))
