# SPDX-License-Identifier: Apache-2.0
"""Mon certificat over HTTP: Tester, Suspendre, Réactiver, Révoquer, and what each login may open."""

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.certification import queries as certificates
from paraph.domain.certification.models import StatusAnswer
from testkit.applications import PASSWORD, log_in, log_in_officer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def marie(client, holder, clock):
    """A browser in which Marie is logged in; `marie.scope(...)` logs her in again otherwise."""

    def scope(name):
        log_in(client, identity_id=holder.identity.id, person_id=holder.identity.person_id, scope=name, at=clock.now())

    client.scope = scope
    scope("full")
    return client


def state(holder):
    return certificates.for_subject(str(holder.identity.id))[0].state


def text(response):
    return response.content.decode()


def test_my_space_without_a_login_shows_the_way_and_no_data(client, holder):
    page = text(client.get("/my/"))
    assert "Activer" in page and "Révoquer définitivement" in page and "Specimen" not in page
    for address in ("/my/certificate/test", "/my/certificate/suspend", "/my/certificate/revoke", "/my/activity",
                    "/my/certificate/resume", "/my/messages"):
        assert client.get(address)["Location"].startswith("/login/?next=")


@pytest.mark.requirement("R126", "R127", "R128")
def test_the_menu_has_its_entries(marie):
    page = text(marie.get("/my/"))
    for label in ("Mon certificat", "Tester", "Suspendre temporairement", "Révoquer définitivement"):
        assert label in page
    assert "Specimen" in page and "11-1111111-1" in page


@pytest.mark.requirement("R125")
def test_test_shows_the_exact_end_after_a_real_login(marie, holder):
    end = certificates.for_subject(str(holder.identity.id))[0].not_after
    page = text(marie.get("/my/certificate/test"))
    assert end.isoformat()[:10] in page and "24 novembre 2029" in page
    again = marie.post("/my/certificate/test")
    assert again["Location"].startswith("/login/?next=") and "test" in again["Location"]
    assert marie.get("/my/certificate/test").status_code == 302


@pytest.mark.requirement("R127", "R156")
def test_suspending_asks_confirmation_and_logs_out(marie, holder):
    assert marie.post("/my/certificate/suspend", {}).status_code == 422
    assert state(holder) == "active"
    response = marie.post("/my/certificate/suspend", {"confirmed": "on"}, follow=True)
    assert "24 décembre 2026" in text(response)
    assert state(holder) == "suspended"
    assert marie.get("/my/certificate/test").status_code == 302
    # What the world is told was made at once.
    assert StatusAnswer.objects.filter(certificate__subject_id=str(holder.identity.id)).exists()


@pytest.mark.requirement("R157", "R156")
def test_a_suspended_session_can_only_reactivate_or_revoke(marie, holder, clock):
    marie.post("/my/certificate/suspend", {"confirmed": "on"})
    clock.advance(minutes=1)
    marie.scope("suspended")
    page = text(marie.get("/my/"))
    assert "Réactiver" in page and "Révoquer définitivement" in page and 'href="/my/certificate/test"' not in page
    assert marie.get("/my/certificate/test").status_code == 403
    assert marie.get("/my/certificate/suspend").status_code == 403
    assert marie.get("/my/certificate/revoke").status_code == 200
    wrong = marie.post("/my/certificate/resume", {"challenge": "000000"})
    assert wrong.status_code == 422 and state(holder) == "suspended"
    right = marie.post("/my/certificate/resume", {"challenge": holder.codes["challenge"]}, follow=True)
    assert "réactivé" in text(right) and state(holder) == "active"


def test_a_full_session_has_nothing_to_reactivate(marie):
    assert marie.get("/my/certificate/resume").status_code == 403


@pytest.mark.requirement("R128", "R163")
def test_revoking_warns_asks_and_is_final(marie, holder, clock):
    assert "irréversible" in text(marie.get("/my/certificate/revoke"))
    assert marie.post("/my/certificate/revoke", {}).status_code == 422
    assert "révoqué" in text(marie.post("/my/certificate/revoke", {"confirmed": "on"}, follow=True))
    assert state(holder) == "revoked"
    marie.scope("suspended")
    response = marie.post("/my/certificate/resume", {"challenge": holder.codes["challenge"]})
    assert response.status_code == 409 and state(holder) == "revoked"
    assert "Réactiver" not in text(marie.get("/my/"))


@pytest.mark.requirement("R127")
def test_suspending_without_the_token_and_without_a_login(client, holder):
    address = "/my/certificate/suspend-with-codes"
    pages = [client.post(address, holder.codes | wrong) for wrong in ({"user_id": "ZZZZZZZZ"}, {"challenge": "000000"})]
    assert {page.status_code for page in pages} == {422} and state(holder) == "active"
    bodies = [text(page).split("govuk-error-summary")[1].split("</ul>")[0] for page in pages]
    assert bodies[0] == bodies[1]
    assert client.post(address, holder.codes)["Location"] == "/my/certificate/suspended"
    assert state(holder) == "suspended"


def test_looking_changes_nothing(marie, holder):
    for address in ("suspend", "revoke"):
        marie.get(f"/my/certificate/{address}?confirmed=on")
    assert state(holder) == "active"


def test_activity_and_messages_say_what_happened_and_no_code(marie, holder):
    activity, messages = text(marie.get("/my/activity")), text(marie.get("/my/messages"))
    assert "Mot de passe et image secrète choisis" in activity
    assert "Votre certificat est activé" in messages
    for page in (activity, messages, text(marie.get("/my/"))):
        for secret in (holder.codes["initial_password"], holder.codes["challenge"]):
            assert secret not in page


def test_ways_to_reach_her_are_three_different_lines(marie, holder, system):
    address = {"name": "Marie Specimen", "street": "2, rue du Fossé", "postcode": "L-1536", "city": "Luxembourg",
               "country": "LU"}
    for kind, value in (("email", "marie@post.example"), ("mobile", "+352621123456"), ("postal", address)):
        accounts.record_contact(identity_id=holder.identity.id, kind=kind, value=value, read_back=False, caller=system)
    page = text(marie.get("/my/activity"))
    for line in ("Adresse e-mail enregistrée", "Numéro de mobile enregistré", "Adresse postale enregistrée"):
        assert line in page
    assert "Coordonnées" not in page


def test_from_her_space_she_goes_to_sign_and_back(marie):
    assert 'href="/sign/"' in text(marie.get("/my/")) and 'href="/my/"' in text(marie.get("/sign/")).split("</main>")[0]


def test_staff_sees_no_certificate_of_its_own(client, scene, clock):
    log_in_officer(client, scene, clock.now())
    assert client.get("/my/").status_code == 200
    assert client.get("/my/activity").status_code == 403


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_each_page_speaks_each_language(marie, language):
    marie.get("/my/", {"language": language})
    for address in ("", "activity", "messages", "certificate/test", "certificate/suspend", "certificate/revoke",
                    "certificate/suspend-with-codes", "certificate/activate"):
        response = marie.get(f"/my/{address}")
        assert response.status_code == 200 and f'lang="{language}"' in text(response), address


def test_every_use_of_her_device_stands_in_her_activity(client, holder, clock):
    """A login through the door itself: its evidence is what My activity shows."""
    client.post("/login/password?device=token&next=/my/", {"user_id": holder.codes["user_id"], "password": PASSWORD})
    response = client.post("/login/code", {"code": holder.token_code(clock.now())}, follow=True)
    assert response.status_code == 200
    page = text(client.get("/my/activity"))
    assert "Mes connexions" in page and f'Token <span class="faces-reference">{holder.serial}</span>' in page
    assert "<table" not in page, "nothing scrolls sideways"
    assert "Clés et certificats créés et activés" in page


@pytest.mark.requirement("R125", "R102")
def test_through_the_door_to_the_test_page(client, holder, clock):
    first = client.post("/login/password?device=token&next=/my/certificate/test",
                        {"user_id": holder.codes["user_id"], "password": holder.codes["initial_password"]})
    assert first.status_code != 302
    client.post("/login/password?device=token&next=/my/certificate/test",
                {"user_id": holder.codes["user_id"], "password": PASSWORD})
    page = text(client.post("/login/code", {"code": holder.token_code(clock.now())}, follow=True))
    assert "Tester mon certificat" in page and "24 novembre 2029" in page


@pytest.mark.requirement("R156", "R157", part="here: My space; signing in other tests")
def test_after_suspension_the_door_opens_only_the_suspended_scope(client, holder, clock):
    client.post("/my/certificate/suspend-with-codes", holder.codes)
    clock.advance(minutes=1)
    client.post("/login/password?device=token&next=/my/", {"user_id": holder.codes["user_id"], "password": PASSWORD})
    page = text(client.post("/login/code", {"code": holder.token_code(clock.now())}, follow=True))
    assert "Votre certificat est suspendu" in page
    assert client.get("/my/certificate/test").status_code == 403
    client.post("/my/certificate/resume", {"challenge": holder.codes["challenge"]})
    assert state(holder) == "active"


def test_a_page_that_says_done_is_only_for_who_did_it(client, holder):
    for done in ("suspended", "resumed", "revoked"):
        assert client.get(f"/my/certificate/{done}")["Location"] == "/my/"
    client.post("/my/certificate/suspend-with-codes", holder.codes)
    assert client.get("/my/certificate/suspended").status_code == 200
    assert client.get("/my/certificate/revoked")["Location"] == "/my/"
