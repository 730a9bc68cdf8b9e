# SPDX-License-Identifier: Apache-2.0
"""Two operators let in a third person, in Chromium: from the request to the first login; each page in three languages."""

from datetime import date

import pytest
from django.test import Client

from paraph.domain.accounts.policy import Claims
from paraph.domain.notifications.models import Message
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import Member
from paraph.kernel.caller import Caller, Role
from testkit import applications

from .entering import page_with_session
from .looking import whole

VIEWS = [("fr", 320), ("fr", 1280), ("de", 320), ("de", 1280), ("en", 320), ("en", 1280)]
EVA = Claims(family_names="Klein", given_names="Eva", birth_date=date(1990, 1, 1))


@pytest.fixture
def operators(scene):
    def appoint(given_names, serial):
        made = services.appoint(
            claims=Claims(family_names="Thill", given_names=given_names, birth_date=date(1970, 1, 1)), caller=scene.system,
            organisation_id=scene.desk.id, roles=["operator_admin"], token_serial=scene.stock(serial),
            email=f"{given_names.lower()}@example.org")
        return Member.objects.get(identity_id=made.identity_id)

    return appoint("Anne", "11-1111111-1"), appoint("Bert", "22-2222222-2")


@pytest.fixture
def open_as(open_context, live_server, clock):
    """A page in which this member is logged in."""

    def open_as(member, language="fr", width=1280):
        client = Client()
        applications.log_in(client, identity_id=member.identity_id, person_id=member.person_id, scope="staff", at=clock.now())
        return page_with_session(open_context(language, width), live_server, client)

    return open_as


def link_in_mail():
    text = Message.objects.filter(template="staff_invitation").latest("created_at", "id").content["text"]
    return "/" + next(word for word in text.split() if "/invited/link/" in word).partition("://")[2].partition("/")[2]


def test_two_operators_let_in_a_third_person(scene, operators, open_as, open_context, clock):
    anne, bert = (open_as(member) for member in operators)
    scene.stock("33-3333333-3")
    anne.goto("/operations/staff/")
    anne.get_by_role("link", name="Inviter quelqu’un").click()
    for label, value in (("Prénoms", "Luc"), ("Noms", "Weber"), ("Jour", "3"), ("Mois", "2"), ("Année", "1980"),
                         ("Adresse e-mail", "luc@example.org"), ("Numéro de série du Token ou du Scan", "33-3333333-3"),
                         ("Motif, pour la personne qui décide", "Nouveau collègue")):
        anne.get_by_label(label, exact=True).fill(value)
    anne.get_by_label("Agent du service client").check()
    anne.get_by_role("button", name="Demander l’accord").click()
    anne.wait_for_url("**/operations/staff/")
    assert anne.get_by_text("attend une autre personne que vous").count() == 1
    assert anne.get_by_role("button", name="Accorder").count() == 0

    bert.goto("/operations/staff/")
    bert.get_by_role("button", name="Accorder").click()
    bert.get_by_text("lien envoyé").wait_for()

    luc = open_context().new_page()
    luc.goto(link_in_mail())
    assert luc.locator("input:not([type=hidden])").count() == 0, "a page from a mail asks for nothing"
    luc.get_by_role("button", name="Continuer").click()
    luc.get_by_label("Nouveau mot de passe", exact=True).fill("Abc12345")
    luc.get_by_label("Nouveau mot de passe, encore une fois").fill("Abc12345")
    luc.get_by_role("button", name="Enregistrer").click()
    luc.wait_for_url("**/invited/done")
    member = Member.objects.get(invitations__isnull=False)
    clock.advance(minutes=1)
    luc.get_by_role("button", name="Se connecter").click()
    luc.get_by_label("Token").first.check()
    luc.get_by_role("button", name="Continuer").click()
    luc.get_by_label("UserID").fill(member.identity.user_id)
    luc.get_by_label("Mot de passe", exact=True).fill("Abc12345")
    luc.locator("main form button[type=submit]").first.click()
    luc.wait_for_url("**/login/code")
    luc.get_by_label("Code affiché par votre Token").fill(scene.shows("33-3333333-3", clock.now()))
    luc.locator("main form button[type=submit]").first.click()
    luc.wait_for_url("**/helpdesk/")

    bert.goto(f"/operations/staff/{member.id}/")
    assert bert.get_by_text("demandé par Anne Thill, accordé par Bert Thill").count() == 1
    bert.get_by_role("button", name="Suspendre tout de suite").click()
    bert.get_by_text("accès suspendu").wait_for()
    luc.goto("/helpdesk/")
    assert "/login/" in luc.url


@pytest.fixture
def busy(scene, operators, clock):
    """A request that waits, one that is over, a link under way, a lapsed one, somebody suspended and somebody who left."""
    def caller(member):
        return Caller(at=clock.now(), channel="web", person=str(member.person_id), identity=str(member.identity_id),
                      session="x", scope="staff")

    anne, bert = operators
    role = Role(str(scene.desk.id), "registration_officer")

    def ask(claims, email, serial, *roles):
        return services.ask_invitation(claims=claims, email=email, language="fr", roles=roles or [role], caller=caller(anne),
                                       token_serial=scene.stock(serial), reason="Renfort pour le guichet de Luxembourg")

    def approve(request):
        services.approve(request_id=request.id, content_hash=request.content_hash, caller=caller(bert),
                         link_to=lambda secret: f"http://x/invited/link/{secret}")

    def joined(claims, email, serial):
        approve(ask(claims, email, serial))
        return services.accept(digest=queries.digest_of(link_in_mail().rpartition("/")[2]),
                               password="Abc12345", caller=Caller(at=clock.now(), channel="web")).member

    def named(name):
        return Claims(family_names="Weber-Schneider", given_names=name, birth_date=date(1985, 5, 5))

    approve(ask(named("Ida"), "ida@example.org", "44-4444444-1"))
    clock.advance(hours=73)
    gone = joined(named("Otto"), "otto@example.org", "44-4444444-2")
    resting = joined(named("Max"), "max@example.org", "44-4444444-3")
    end = services.ask_end(member_id=gone.id, reason="Départ à la retraite", caller=caller(anne))
    approve(end)
    services.suspend(member_id=resting.id, caller=caller(anne))
    services.ask_reinstatement(member_id=resting.id, reason="C’était une erreur", caller=caller(bert))
    services.set_duty(on=True, caller=caller(anne))
    services.refuse(request_id=ask(named("Paul"), "p@example.org", "44-4444444-4").id, caller=caller(bert))
    approve(ask(EVA, "eva.klein.with.a.very.long.address@example.org", "44-4444444-5"))
    ask(named("Rita"), "rita@example.org", "44-4444444-6", role, Role(role.organisation, "helpdesk_agent"))
    return resting


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_the_staff_pages_are_accessible(busy, operators, open_as, open_context, inspect_page, language, width):
    page = open_as(operators[0], language, width)
    page.goto(f"/operations/?language={language}")
    for name, path in (("list", ""), ("one", f"{busy.id}/"), ("invite", "invite/"), ("self", f"{operators[0].id}/"),
                       ("change", f"{operators[1].id}/ask/change/"), ("end", f"{busy.id}/ask/end/"),
                       ("reinstate", f"{busy.id}/ask/reinstate/")):
        assert page.goto(f"/operations/staff/{path}").status == 200, path
        assert page.evaluate("document.documentElement.lang") == language
        inspect_page(page, f"staff-{name}-{language}-{width}")
    if width == 320:
        page.goto("/operations/staff/invite/")
        page.locator("main form button[type=submit]").click()
        assert whole(page).get_by_role("alert").count() == 1
        inspect_page(page, f"staff-invite-wrong-{language}-{width}")
    eva = open_context(language, width).new_page()
    link = Message.objects.filter(template="staff_invitation").latest("created_at", "id")
    secret = next(word for word in link.content["text"].split() if "/invited/link/" in word).rpartition("/")[2]
    eva.goto(f"/invited/link/{secret}?language={language}")
    inspect_page(eva, f"invited-link-{language}-{width}")
    eva.locator("main form button[type=submit]").click()
    eva.wait_for_url("**/invited/password")
    inspect_page(eva, f"invited-password-{language}-{width}")
    for field in eva.locator("input[type=password]").all():
        field.fill("Abc12345")
    eva.locator("main form button[type=submit]").click()
    eva.wait_for_url("**/invited/done")
    inspect_page(eva, f"invited-done-{language}-{width}")
    assert eva.goto(f"/invited/link/{secret}").status == 409
    inspect_page(eva, f"invited-over-{language}-{width}")
