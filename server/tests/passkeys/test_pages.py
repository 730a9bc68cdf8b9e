# SPDX-License-Identifier: Apache-2.0
"""The pages around a passkey, without a browser: what they give it, what they take, whom they let in."""

import json

import pytest
from django.test import Client

from paraph.domain.authentication.models import Credential, LoginTransaction
from paraph.domain.devices.methods import passkey as methods
from paraph.domain.devices.models import Device, Enrolment, Passkey
from paraph.domain.partners import services as partners
from paraph.interfaces.login import door
from testkit import holders
from testkit.simulators.authenticator import PRESENT

from .conftest import Visitor, options_on


@pytest.fixture
def at_home(marie, visitor, clock):
    """Marie's browser after a login with her Token."""
    assert visitor.log_in(marie, clock.now()).status_code == 302
    clock.advance(minutes=1)
    return visitor


@pytest.fixture
def door_of(visitor):
    """The door after UserID and password, with a passkey chosen."""

    def step(holder, **fields):
        query = "&".join(f"{name}={value}" for name, value in {"device": "passkey", "next": "/my/", **fields}.items())
        response = visitor.post(f"/login/password?{query}", {"user_id": holder.user_id, "password": holders.PASSWORD})
        assert response.headers["Location"] == "/login/passkey"
        return visitor.get("/login/passkey")

    return step


def test_from_my_space_to_a_passkey_and_in_again(marie, at_home, authenticator, door_of, visitor):
    assert at_home.post("/my/passkeys").headers["Location"] == "/my/passkeys/new"
    page = at_home.get("/my/passkeys/new")
    options = options_on(page)
    assert options["rp"] == {"id": "localhost", "name": "Paraph"}
    assert options["authenticatorSelection"] == {"residentKey": "required", "requireResidentKey": True,
                                                 "userVerification": "required"}
    assert options["user"]["name"] == f"Marie Thiry (…{marie.user_id[-4:]})"
    response = at_home.post("/my/passkeys/new", {"name": "Téléphone", "answer": authenticator.make(options)})
    assert response.headers["Location"] == "/my/passkeys?added=1"
    assert "Téléphone" in at_home.get("/my/passkeys?added=1").content.decode()
    visitor.post("/login/logout")
    wanted = options_on(door_of(marie))
    assert (wanted["rpId"], wanted["userVerification"]) == ("localhost", "required")
    assert "allowCredentials" not in wanted
    response = visitor.post("/login/passkey", {"answer": authenticator.use(wanted)})
    assert response.headers["Location"] == "/my/"
    assert "Bonjour Marie Thiry" in visitor.get("/my/").content.decode()


def test_a_name_is_asked_for_before_anything_is_used_up(at_home, authenticator):
    at_home.post("/my/passkeys")
    options = options_on(at_home.get("/my/passkeys/new"))
    response = at_home.post("/my/passkeys/new", {"name": " ", "answer": ""})
    assert response.status_code == 422
    assert options_on(response)["challenge"] == options["challenge"]
    at_home.post("/my/passkeys/new", {"name": "x", "answer": authenticator.make(options)})
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize("answer", ["", "{}", "x" * 60_000, "[" * 30_000])
def test_what_is_no_answer_is_told_and_begun_anew(at_home, answer):
    at_home.post("/my/passkeys")
    response = at_home.post("/my/passkeys/new", {"name": "x", "answer": answer})
    assert response.status_code == 422
    assert "malformed" in response.content.decode()
    assert at_home.get("/my/passkeys/new").headers["Location"] == "/my/passkeys?again=1"


def test_looking_makes_no_challenge(at_home):
    at_home.get("/my/passkeys")
    at_home.get("/my/passkeys/new")
    assert not Enrolment.objects.exists()


def test_another_browser_cannot_finish_what_one_began(marie, at_home, authenticator, clock):
    at_home.post("/my/passkeys")
    options = options_on(at_home.get("/my/passkeys/new"))
    stranger = Visitor()
    assert stranger.log_in(marie, clock.now()).status_code == 302
    response = stranger.post("/my/passkeys/new", {"name": "x", "answer": authenticator.make(options)})
    assert response.headers["Location"] == "/my/passkeys?again=1"
    held = stranger.session
    held["enrolment"] = str(Enrolment.objects.get().id)
    held.save()
    stranger.post("/my/passkeys/new", {"name": "x", "answer": authenticator.make(options)})
    assert not Passkey.objects.exists()


def test_an_answer_relayed_to_another_browser_opens_nothing(with_passkey, authenticator, door_of):
    """The login stands in the web session of the browser that gave the password; another one has its own challenge."""
    answer = authenticator.use(options_on(door_of(with_passkey)))
    thief = Visitor()
    assert thief.post("/login/passkey", {"answer": answer}).headers["Location"] == "/login/"
    thief.post("/login/password?device=passkey&next=/my/", {"user_id": with_passkey.user_id, "password": holders.PASSWORD})
    response = thief.post("/login/passkey", {"answer": answer}, follow=True)
    assert response.status_code == 200 and "la clé d’accès n’est pas correct" in response.content.decode()
    assert thief.get("/my/activity").status_code == 302


def test_a_refused_one_begins_again_with_the_user_id_kept(with_passkey, authenticator, door_of, visitor):
    before = options_on(door_of(with_passkey))
    response = visitor.post("/login/passkey", {"answer": authenticator.use(before, flags=PRESENT)}, follow=True)
    page = response.content.decode()
    assert f'value="{with_passkey.user_id}"' in page and holders.PASSWORD not in page
    assert "fault" not in page and "not_verified" not in page
    after = options_on(door_of(with_passkey))
    assert after["challenge"] != before["challenge"]
    assert visitor.post("/login/passkey", {"answer": authenticator.use(after)}).headers["Location"] == "/my/"


@pytest.mark.requirement("R106", part="here: the passkey")
def test_wrong_copied_unknown_and_blocked_look_alike(with_passkey, authenticator, door_of, visitor):
    def told(**bent):
        response = visitor.post("/login/passkey", {"answer": authenticator.use(options_on(door_of(with_passkey)), **bent)},
                                follow=True)
        text = response.content.decode().split("<main")[1].split("</main>")[0]
        cut = text[text.index("govuk-error-summary"):text.index("csrfmiddlewaretoken")]
        return response.status_code, cut.split("data-options")[0]

    authenticator.credentials[0].count = 10
    found = {told(flags=PRESENT), told(origin="https://example.org"), told(signature=bytes(70))}
    page = door_of(with_passkey)
    Credential.objects.update(failures=5, failed_at=Credential.objects.get().failed_at)
    response = visitor.post("/login/passkey", {"answer": authenticator.use(options_on(page))}, follow=True)
    text = response.content.decode().split("<main")[1]
    found.add((response.status_code, text[text.index("govuk-error-summary"):text.index("csrfmiddlewaretoken")]
               .split("data-options")[0]))
    assert len(found) == 1


def test_forms_are_protected_against_other_sites(with_passkey, authenticator):
    strict = Client(enforce_csrf_checks=True, HTTP_HOST="localhost:8000")
    for address in ("/login/passkey", "/my/passkeys", "/my/passkeys/new",
                    f"/my/passkeys/{with_passkey.passkey.pk}/remove"):
        assert strict.post(address, {"answer": "{}"}).status_code == 403


class TestChooser:
    def chooser(self, visitor, system, level="substantial", accepts=("token", "passkey")):
        partner = partners.register(slug="banque", name={"fr": "Banque"}, category="bank", accepts=accepts,
                                    minimum_level=level, caller=system)
        address = door.address(next="/my/", back="/", partner_id=partner.id, origin="http://localhost:9000")
        page = visitor.get(address).content.decode()
        return {device for device in ("token", "scan", "passkey") if f'value="{device}"' in page}

    def test_by_what_the_partner_accepts(self, tree, visitor, system):
        assert self.chooser(visitor, system) == {"token", "passkey"}
        assert self.chooser(visitor, system, accepts=("token",)) == {"token"}

    def test_by_the_level_that_it_needs(self, tree, visitor, system, relying_party):
        assert self.chooser(visitor, system, level="high") == {"token"}
        relying_party(levels={"bound": "high"})
        assert self.chooser(visitor, system, level="high") == {"token", "passkey"}
        relying_party(levels={"bound": "low", "synced": "low", "attested": "high"})
        assert self.chooser(visitor, system) == {"token"}

    def test_at_the_operators_own_pages(self, tree, visitor):
        assert 'value="passkey"' in visitor.get("/login/").content.decode()

    def test_not_where_the_operator_has_none(self, tree, visitor, marie):
        methods.use(None)
        assert 'value="passkey"' not in visitor.get("/login/").content.decode()
        response = visitor.post("/login/password?device=passkey", {"user_id": marie.user_id, "password": holders.PASSWORD})
        assert response.status_code == 422
        assert not LoginTransaction.objects.exists()


def test_without_passkeys_my_space_does_not_speak_of_them(at_home):
    methods.use(None)
    assert "passkeys" not in at_home.get("/my/products").content.decode()
    assert at_home.get("/my/passkeys").status_code == 404


def test_whoever_has_one_can_remove_it_where_the_operator_has_none_any_more(with_passkey, visitor, clock):
    visitor.log_in(with_passkey, clock.now())
    methods.use(None)
    page = visitor.get("/my/passkeys").content.decode()
    assert "Mon téléphone" in page and "Ajouter une clé" not in page
    visitor.post(f"/my/passkeys/{with_passkey.passkey.pk}/remove", {"confirmed": "on"})
    assert Device.objects.get(type="passkey").state == "retired"


def test_removing_the_one_in_use_logs_out(with_passkey, authenticator, door_of, visitor):
    visitor.post("/login/passkey", {"answer": authenticator.use(options_on(door_of(with_passkey)))})
    address = f"/my/passkeys/{with_passkey.passkey.pk}/remove"
    assert "vous serez déconnecté" in visitor.get(address).content.decode()
    assert visitor.post(address, {}).status_code == 422
    told = visitor.post(address, {"confirmed": "on"}, follow=True).content.decode()
    assert "Votre clé d’accès est supprimée" in told and "Vous êtes déconnecté" in told
    assert visitor.get("/my/activity").status_code == 302


def test_the_options_are_json_in_an_attribute_and_nothing_else(with_passkey, door_of):
    """A name with signs of markup stays a name."""
    page = door_of(with_passkey)
    assert json.dumps(options_on(page))
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.content.decode()
