# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.audit.models import Event
from paraph.domain.identity_provider import services
from paraph.domain.identity_provider.models import AccessToken, AuthorisationCode, Release
from paraph.domain.partners import services as partners

from .flow import CALLBACK


@pytest.fixture
def code(person, bank, marie, clock):
    return person.code_for(marie, clock.now())


@pytest.mark.requirement("RFC 6749 4.1.2")
def test_a_code_is_good_once_and_its_reuse_revokes_what_it_gave(program, bank, code):
    first = program.redeem(code, bank)
    access_token = first.json()["access_token"]
    assert program.userinfo(access_token).status_code == 200
    again = program.redeem(code, bank)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert program.userinfo(access_token).status_code == 401
    faults = [event.facts["fault"] for event in Event.objects.filter(code="identity_provider.code.refused")]
    assert faults == ["used"]


def test_a_code_is_good_for_sixty_seconds(program, bank, code, clock):
    clock.advance(seconds=60)
    assert program.redeem(code, bank).json() == {"error": "invalid_grant"}


def test_a_code_is_good_until_the_sixtieth_second(program, bank, code, clock):
    clock.advance(seconds=59)
    assert program.redeem(code, bank).status_code == 200


@pytest.mark.parametrize("changes", [
    {"code_verifier": "w" * 43}, {"code_verifier": ""}, {"code_verifier": "v" * 42}, {"code_verifier": "v" * 129},
    {"redirect_uri": "https://bank.example/other"}, {"redirect_uri": ""}, {"code": "guessed"},
])
@pytest.mark.requirement("RFC 7636 4.6")
def test_a_wrong_verifier_or_address_gets_nothing(program, bank, code, changes):
    assert program.redeem(code, bank, **changes).json() == {"error": "invalid_grant"}
    assert not AccessToken.objects.exists()


def test_a_wrong_verifier_uses_the_code_up(program, bank, code):
    program.redeem(code, bank, code_verifier="w" * 43)
    assert program.redeem(code, bank).json() == {"error": "invalid_grant"}


def test_another_client_can_neither_use_a_code_nor_use_it_up(program, bank, code, system):
    other = partners.register(slug="other", name={"fr": "Autre"}, category="bank", accepts=["token"], caller=system)
    thief = services.register_client(client_id="other", partner_id=other.id, redirect_addresses=[CALLBACK],
                                     caller=system)
    assert program.redeem(code, thief).json() == {"error": "invalid_grant"}
    assert program.redeem(code, bank).status_code == 200


@pytest.mark.parametrize("credentials", [("bank", "wrong"), ("nobody", "x"), ("bank", "")])
@pytest.mark.requirement("RFC 6749 3.2.1")
def test_a_client_without_its_secret_gets_nothing(program, code, credentials):
    answer = program.redeem(code, credentials)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert answer["WWW-Authenticate"].startswith("Basic")
    assert AuthorisationCode.objects.get().used_at is None


@pytest.mark.parametrize("header", ["", "Basic", "Basic %%%", "Bearer x", "Basic AAAA", "Basic \x92"])
def test_broken_credentials(program, db, header):
    answer = program.post("/openid/token", {"grant_type": "authorization_code"}, headers={"authorization": header})
    assert answer.status_code == 401


@pytest.mark.requirement("RFC 6749 5.2")
def test_other_grants_are_not_supported(program, bank, code):
    assert program.redeem(code, bank, grant_type="password").json() == {"error": "unsupported_grant_type"}
    assert program.redeem(code, bank, grant_type="refresh_token").json() == {"error": "unsupported_grant_type"}
    assert program.redeem(code, bank, code=["a", "b"]).json() == {"error": "invalid_request"}


def test_an_access_token_is_short_lived_and_opens_userinfo_alone(program, bank, code, clock):
    access_token = program.redeem(code, bank).json()["access_token"]
    clock.advance(seconds=299)
    assert program.userinfo(access_token).status_code == 200
    assert program.get("/sign/", headers={"authorization": f"Bearer {access_token}"}).status_code in (302, 404)
    clock.advance(seconds=1)
    answer = program.userinfo(access_token)
    assert answer.status_code == 401 and "invalid_token" in answer["WWW-Authenticate"]
    assert program.userinfo("guessed").status_code == 401
    assert program.get("/openid/userinfo").status_code == 401


def test_the_database_holds_no_usable_secret(program, bank, code):
    access_token = program.redeem(code, bank).json()["access_token"]
    row = AuthorisationCode.objects.select_related("request__client").get()
    stored = f"{row.digest}{row.request.client.secret_hash}{AccessToken.objects.get().digest}"
    for secret in (code, access_token, bank[1]):
        assert secret not in stored


def test_old_requests_are_forgotten_and_releases_stay(program, bank, code, caller, clock):
    clock.advance(days=1, minutes=15)
    assert services.forget_requests(caller=caller.at_instant(clock.now())) == 0
    clock.advance(seconds=1)
    assert services.forget_requests(caller=caller.at_instant(clock.now())) > 0
    assert Release.objects.count() == 1 and not AuthorisationCode.objects.exists()
