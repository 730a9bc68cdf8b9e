# SPDX-License-Identifier: Apache-2.0
"""The pages over HTTP: what an operator asks and decides, what an auditor reads and downloads, what the invited sees."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client

from paraph.domain.notifications.models import Message
from paraph.domain.organisations import queries as organisations
from paraph.domain.staff import services
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.kernel.errors import Forbidden
from testkit import applications

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
TICK = timedelta(microseconds=1)


@pytest.fixture
def browser(office, clock):
    def browser(member=None):
        client = Client(HTTP_HOST="localhost")
        if member:
            applications.log_in(client, identity_id=member.identity_id, person_id=member.person_id, scope="staff",
                                at=clock.now())
        return client

    return browser


def text(response):
    return response.content.decode()


def form(office, **changes):
    return {"given_names": "Luc", "family_names": "Weber", "birth_date_day": "3", "birth_date_month": "2",
            "birth_date_year": "1980", "email": "luc.weber@example.org", "language": "fr",
            "organisation": str(office.scene.desk.id), "roles": ["helpdesk_agent"], "token": "33-3333333-3",
            "reason": "Nouveau collègue"} | changes


def decide(client, request, decision="approve", seen=None):
    return client.post(f"/operations/staff/requests/{request.id}/{decision}", {"hash": seen or request.content_hash})


def path_of_link():
    content = Message.objects.filter(template="staff_invitation").latest("created_at", "id").content["text"]
    return next(word for word in content.split() if "/invited/link/" in word).partition("://")[2].partition("/")[2]


def test_the_whole_story_on_pages(office, browser, clock):
    office.scene.stock("33-3333333-3")
    anna, bert, luc = browser(office.anna), browser(office.bert), browser()
    assert anna.post("/operations/staff/invite/", form(office)).status_code == 302
    request = StaffRequest.objects.get()
    assert "attend une autre personne" in text(anna.get("/operations/staff/"))
    assert "luc.weber@example.org" in text(bert.get("/operations/staff/"))
    refused = decide(anna, request)
    assert refused.status_code == 409 and "trois personnes différentes" in text(refused)
    assert decide(bert, request).status_code == 302

    link = "/" + path_of_link()
    page = text(luc.get(link))
    assert "Luc Weber" in page and "Agent du service client" in page and 'type="password"' not in page
    assert luc.get("/invited/password").status_code == 409, "first the link"
    assert luc.post(link)["Location"] == "/invited/password"
    wrong = luc.post("/invited/password", {"password": "weak", "again": "weak"})
    assert wrong.status_code == 422 and Invitation.objects.get().state == "sent"
    done = luc.post("/invited/password", {"password": PASSWORD, "again": PASSWORD})
    assert done["Location"] == "/invited/done"
    member = Member.objects.get(invitations__isnull=False)
    assert member.device_serial in text(luc.get("/invited/done"))
    for address in (link, "/invited/password"):
        assert luc.get(address).status_code == browser().get(address).status_code == 409
    assert browser().get("/invited/done").status_code == 409

    clock.advance(minutes=1)
    assert luc.post("/login/password?device=token&next=/my/", {
        "user_id": member.identity.user_id, "password": PASSWORD}).status_code == 302
    entered = luc.post("/login/code", {"code": office.scene.shows(member.device_serial, clock.now())})
    assert entered["Location"] == "/helpdesk/" and luc.get("/helpdesk/").status_code == 200
    assert luc.get("/operations/staff/").status_code == 403

    assert bert.post(f"/operations/staff/{member.id}/suspend").status_code == 302
    assert luc.get("/helpdesk/")["Location"].startswith("/login/")


def test_a_link_dies_at_its_instant_also_with_the_page_open(office, browser, clock):
    invitation, _ = office.invite()
    link, luc = "/invited/" + path_of_link_of(office), browser()
    assert luc.post(link).status_code == 302
    clock.set(invitation.expires_at - TICK)
    assert luc.get("/invited/password").status_code == 200
    clock.set(invitation.expires_at)
    for answer in (luc.get("/invited/password"), luc.post("/invited/password", {"password": PASSWORD, "again": PASSWORD}),
                   luc.get(link), luc.post(link)):
        assert answer.status_code == 409 and "n’est plus valable" in text(answer)
    assert Member.objects.count() == 2


def path_of_link_of(office):
    return f"link/{office.secret()}"


def test_a_new_link_closes_the_page_that_the_old_one_opened(office, browser):
    invitation, secret = office.invite()
    luc = browser()
    luc.post(f"/invited/link/{secret}")
    assert browser(office.anna).post(f"/operations/staff/invitations/{invitation.id}/resend").status_code == 302
    assert luc.post("/invited/password", {"password": PASSWORD, "again": PASSWORD}).status_code == 409
    assert luc.get("/" + path_of_link()).status_code == 200


def test_an_invitation_is_cancelled_and_a_request_withdrawn(office, browser):
    invitation, secret = office.invite()
    anna = browser(office.anna)
    assert anna.post(f"/operations/staff/invitations/{invitation.id}/revoke").status_code == 302
    assert anna.post(f"/operations/staff/invitations/{invitation.id}/resend").status_code == 409
    assert browser().get(f"/invited/link/{secret}").status_code == 409
    request = office.ask()
    assert decide(anna, request, "withdraw").status_code == 302
    assert decide(browser(office.bert), request).status_code == 409
    assert decide(anna, request, "postpone").status_code == 404
    assert anna.get(f"/operations/staff/requests/{request.id}/approve").status_code == 405


def test_roles_change_on_pages(office, browser):
    luc = office.joined()
    anna, bert = browser(office.anna), browser(office.bert)
    page = f"/operations/staff/{luc.id}/ask/change/"
    assert "Agent du service client" in text(anna.get(page))
    nothing = anna.post(page, {"reason": "x", "organisation": str(office.scene.desk.id)})
    assert nothing.status_code == 422 and "ne changerait rien" in text(nothing)
    assert anna.post(page, {"reason": "Autre poste", "begin": ["registration_officer"],
                            "organisation": str(office.scene.desk.id)}).status_code == 302
    assert "Officier d’enregistrement" in text(bert.get("/operations/staff/"))
    assert decide(bert, StaffRequest.objects.latest("asked_at", "id"), seen="0" * 64).status_code == 409
    assert decide(bert, StaffRequest.objects.latest("asked_at", "id")).status_code == 302
    assert len(organisations.roles_of(luc.person_id)) == 2
    history = text(bert.get(f"/operations/staff/{luc.id}/"))
    assert "demandé par Anna Chef, accordé par Bert Chef" in history
    for kind in ("end", "reinstate"):
        assert anna.get(f"/operations/staff/{luc.id}/ask/{kind}/").status_code == 200
    assert anna.get(f"/operations/staff/{luc.id}/ask/promote/").status_code == 404


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"email": "nobody"}, "adresse e-mail complète"), ({"roles": []}, "Rôles"), ({"token": "99"}, "pas en stock"),
    ({"roles": ["auditor", "helpdesk_agent"]}, "un auditeur n’a pas d’autre rôle"),
    ({"birth_date_month": "13"}, "une date qui existe"), ({"email": "bert@example.org"}, "celle d’un autre membre"),
])
def test_a_wrong_form_says_what_to_do(office, browser, changes, sentence):
    office.scene.stock("33-3333333-3")
    answer = browser(office.anna).post("/operations/staff/invite/", form(office, **changes))
    assert answer.status_code == 422 and sentence in text(answer)
    assert not StaffRequest.objects.exists()


def test_an_auditor_reads_everything_and_decides_nothing(office, browser):
    auditor = browser(office.joined(roles=[office.role("auditor")]))
    request = office.ask(token_serial="44-4444444-4", email="e@example.org", claims=type(office.draft()["claims"])(
        family_names="Klein", given_names="Eva", birth_date=office.draft()["claims"].birth_date))
    page = text(auditor.get("/operations/staff/"))
    assert "Eva Klein" in page and "Accorder" not in page and "Inviter quelqu’un" not in page
    assert "Suspendre" not in text(auditor.get(f"/operations/staff/{office.anna.id}/"))
    for answer in (decide(auditor, request), auditor.post(f"/operations/staff/{office.anna.id}/suspend"),
                   auditor.get("/operations/staff/invite/"), auditor.post("/operations/staff/duty", {"on": "1"})):
        assert answer.status_code == 403
    request.refresh_from_db()
    assert request.state == "asked"


@pytest.mark.requirement("EN 319 401 7.2")
def test_the_auditors_file_says_who_since_when_and_by_whom(office, browser):
    luc = office.joined(roles=[office.role("auditor")])
    office.approve(services.ask_end(member_id=luc.id, reason="Départ", caller=office.caller(office.anna)))
    answer = browser(office.anna).get("/operations/staff/roles.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8" and answer["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(text(answer))))
    found = next(row for row in rows if row["name"] == "Luc Weber")
    assert found["role"] == "auditor" and (found["asked_by"], found["allowed_by"]) == ("Anna Chef", "Bert Chef")
    assert (found["ended_asked_by"], found["ended_allowed_by"]) == ("Anna Chef", "Bert Chef")
    assert found["since"].startswith("2026-11-24T") and found["until"]
    assert next(row for row in rows if row["name"] == "Anna Chef")["asked_by"] == "os:root"


def test_no_cell_is_a_formula(office, browser):
    organisations.organisation(office.scene.desk.id)
    type(office.scene.desk).objects.filter(pk=office.scene.desk.id).update(name="=cmd()")
    rows = list(csv.DictReader(io.StringIO(text(browser(office.anna).get("/operations/staff/roles.csv")))))
    assert {row["organisation"] for row in rows} == {"'=cmd()"}


def test_an_operator_takes_his_duty_and_ends_it(office, browser):
    anna = browser(office.anna)
    assert anna.post("/operations/staff/duty", {"on": "1"}).status_code == 302
    assert "les alarmes vous sont envoyées" in text(anna.get("/operations/staff/"))
    anna.post("/operations/staff/duty", {"on": "0"})
    assert not Member.objects.get(pk=office.anna.id).on_duty


def test_the_last_operator_can_not_suspend_himself_on_the_page(office, browser):
    services.suspend(member_id=office.bert.id, caller=office.caller(office.anna))
    answer = browser(office.anna).post(f"/operations/staff/{office.anna.id}/suspend")
    assert answer.status_code == 409 and "dernier opérateur" in text(answer)


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_the_pages_speak_each_language(office, browser, language):
    luc = office.joined()
    _, secret = office.invite(token_serial="44-4444444-4", email="e@example.org", claims=type(office.draft()["claims"])(
        family_names="Klein", given_names="Eva", birth_date=office.draft()["claims"].birth_date))
    client = browser(office.anna)
    client.get("/operations/", {"language": language})
    for page in ("/operations/staff/", f"/operations/staff/{luc.id}/", "/operations/staff/invite/",
                 f"/operations/staff/{luc.id}/ask/change/", f"/invited/link/{secret}"):
        shown = text(client.get(page))
        assert f'lang="{language}"' in shown
        if language != "fr":
            assert "Agent du service client" not in shown


def test_a_session_that_slipped_through_during_the_suspension_opens_nothing(office, browser):
    services.suspend(member_id=office.bert.id, caller=office.caller(office.anna))
    bert = browser(office.bert)
    assert bert.get("/operations/staff/").status_code == 403
    assert bert.post(f"/operations/staff/{office.anna.id}/suspend").status_code == 403
    assert organisations.holders_of("operator_admin") == [office.anna.person_id]


def test_a_page_asked_for_as_operator_decides_nothing_after_the_role_is_gone(office):
    """The roles of a request are those of its beginning; what is decided looks again."""
    request = office.ask()
    stale = office.caller(office.bert)
    services.suspend(member_id=office.bert.id, caller=office.caller(office.anna))
    with pytest.raises(Forbidden):
        services.approve(request_id=request.id, content_hash=request.content_hash, link_to=str, caller=stale)
    assert not Invitation.objects.exists()
