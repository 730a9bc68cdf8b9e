# SPDX-License-Identifier: Apache-2.0
"""The operators' console in Chromium: every page with something on it and empty, in three languages and two widths."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.test import Client

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.certification import policy, publication, queries, services
from paraph.domain.certification.models import Authority
from paraph.domain.organisations import services as organisations
from paraph.pki import names
from testkit import applications, certification

from .looking import whole

VIEWS = [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)]
PAGES = ("", "?closed", "approvals/", "waivers/", "authorities/", "lists/", "responders/", "profiles/", "certificates/", "ask/")
DEEDS = ("issue", "reissue", "waive", "put-in-force", "create-authority", "revoke-authority", "declare-device")


@pytest.fixture
def operator(scene, clock):
    """Somebody with the operator's role, logged in: his person's id and the cookie of his browser."""
    claims = Claims(family_names="Thill", given_names="Anne", birth_date=date(1970, 1, 1))
    person = accounts.create_person(claims=claims, document_expires_on=None, caller=scene.system)
    organisations.add_membership(
        person_id=person.id, organisation_id=scene.desk.id, role="operator_admin", caller=scene.system)
    identity = accounts.create_identity(person_id=person.id, kind="staff", device_family="server", caller=scene.system)
    client = Client()
    applications.log_in(client, identity_id=identity.id, person_id=person.id, scope="staff", at=clock.now())
    return str(person.id), client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def open_console(operator, open_context, live_server):
    def open_console(language="fr", width=1280):
        context = open_context(language, width)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": operator[1], "url": live_server.url}])
        return context.new_page()

    return open_console


@pytest.fixture
def busy(scene, signer, system, operator):
    """Something of each kind stands on the pages."""
    Authority.objects.update(disclosures=certification.disclosures())
    services.arrange_lists(name="issuing", shards=2, deltas=True, caller=system)
    publication.refresh(system.at, signer)
    other = replace(certification.operator(system, "x"), person="01980000-0000-7000-8000-00000000000a")
    own = replace(other, person=operator[0])
    standing = {"profile": "tls-ovcp", "version": None, "reason": "Arrêt des certificats de serveurs"}
    services.ask_standing(caller=other, **standing)
    services.ask_standing(caller=own, **standing)
    services.ask_standing(caller=certification.operator(system, "zoe"), **standing)
    ready = services.ask_approval(
        action=policy.DECLARE_DEVICE, content=policy.device_declaration("hsm-1", "CC EAL4+", system.at + timedelta(days=9)),
        reason="Nouveau module", caller=other)
    services.approve(approval_id=ready.id, content_hash=ready.content_hash, caller=own)
    waiver = services.ask_waiver(profile="seal-qcp-l", findings=["subject_length"], reason="Nom long", caller=other,
                                 ends_at=system.at + timedelta(days=30))
    services.approve(approval_id=waiver.id, content_hash=waiver.content_hash, caller=own)
    seal = services.ask_issuance(
        profile="seal-qcp-l", request=certification.pkcs10(), applicant="Clara", evidence="file 7", identification="desk",
        subject=names.legal_person(name="Exemple Musée", identifier="NTRLU-F1234", country="LU"), reason="x", caller=other)
    services.approve(approval_id=seal.id, content_hash=seal.content_hash, caller=own)
    made = services.issue_by_hand(approval_id=seal.id, caller=own)
    services.raise_alarm(code="status_late", about=made.serial, caller=system, facts={"unseen": ["list_seen_at"]})
    taken = services.raise_alarm(code="blocked_key_in_use", about=made.serial, caller=system, facts={"key": "ab" * 32})
    services.take_alarm(alarm_id=taken.id, caller=own)
    closed = services.raise_alarm(code="signature_mismatch", about="ab12", caller=system)
    services.close_alarm(alarm_id=closed.id, caller=own)
    return made.serial


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_the_console_is_accessible(busy, open_console, inspect_page, language, width):
    page = open_console(language, width)
    page.goto(f"/operations/?language={language}")
    for path in (*PAGES, f"certificates/{busy}/", *(f"ask/{deed}/" for deed in DEEDS)):
        answer = page.goto(f"/operations/{path}")
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.lang") == language
        name = path.strip("/?").replace("/", "-").replace(busy, "one") or "alarms"
        inspect_page(page, f"operations-{name}-{language}-{width}")


def test_empty_pages_and_a_wrong_form_are_accessible(scene, open_console, inspect_page):
    page = open_console("fr", 320)
    for path in ("", "?closed", "approvals/", "waivers/"):
        page.goto(f"/operations/{path}")
        inspect_page(page, f"operations-empty-{path.strip('/?') or 'alarms'}-fr-320")
    page.goto("/operations/ask/issue/")
    page.get_by_role("button", name="Demander l’accord d’une autre personne").click()
    assert whole(page).get_by_role("alert").count() == 1
    inspect_page(page, "operations-ask-wrong-fr-320")


def test_an_operator_allows_and_does_by_keyboard(busy, open_console, system):
    page = open_console("fr", 1280)
    page.goto("/operations/approvals/")
    for button in ("Accorder", "Exécuter maintenant : Retirer un type"):
        page.get_by_role("button", name=button).first.focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
    assert queries.standings("tls-ovcp").first().version is None
    page.goto("/operations/profiles/")
    assert page.get_by_text("hors vigueur").count() == 1
