# SPDX-License-Identifier: Apache-2.0
"""Confirmations under attack: a partner's program that lies, a thief with the holder's session, answers at the wrong place."""

import json

import pytest

from paraph.domain.authentication import queries
from paraph.domain.authentication.models import Confirmation, ConfirmationEvidence
from paraph.domain.identity_provider import confirmations, services
from paraph.domain.identity_provider.models import AuthorisationRequest, Client, PushedRequest
from paraph.domain.identity_provider.openid import ProtocolError
from paraph.domain.partners import services as partners
from paraph.interfaces.callers import SESSION_KEY
from paraph.kernel.caller import Caller
from testkit import holders

from .confirming import TEXT, ask, choose, confirmed, details, page_of, proof_of
from .flow import CALLBACK, Person, asking, parameters_of


@pytest.fixture
def bank(tree, system):
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token"], caller=system)
    return services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK],
                                    scopes=["profile"], details_types=["paraph_confirmation"], caller=system)


def row():
    return Confirmation.objects.get()


# --- what a program sends ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [
    "[" * 7999, '[{"type":' * 880, "[" + "9" * 7000 + "]", '[{"type": {"type": "paraph_confirmation"}, "text": "a"}]',
    '[{"type": "paraph_confirmation", "text": {"text": "a"}}]', '[{"type": "paraph_confirmation", "text": ["a"]}]',
    '[[{"type": "paraph_confirmation", "text": "a"}]]', '[{"type": "paraph_confirmation", "text": NaN}]',
    '[{"type": "paraph_confirmation", "text": true}]', '[{"type": "paraph_confirmation", "text": null}]',
    details("a")[:-1] + ", {}]", '\ufeff[{"type": "paraph_confirmation", "text": "a"}]', details(" "), details("\n"),
    details("\u202f"), '[{"type": "paraph_confirmation"}]'])
def test_bent_and_nested_details_are_refused_and_nothing_is_kept(person, bank, given):
    with pytest.raises(ProtocolError) as refused:
        ask(person, authorization_details=given)
    assert refused.value.code in ("invalid_authorization_details", "invalid_request")
    assert not PushedRequest.objects.exists() and not Confirmation.objects.exists()


@pytest.mark.parametrize(("length", "code"), [(8000, "invalid_authorization_details"), (8001, "invalid_request")])
def test_details_have_a_longest(person, bank, length, code):
    with pytest.raises(ProtocolError) as refused:
        ask(person, authorization_details=" " * length)
    assert refused.value.code == code


def test_an_account_in_letters_of_another_alphabet_is_what_is_signed_and_shown(person, program, bank, marie, clock):
    """The partner is the author; nobody can say afterwards that the holder confirmed the account that it looks like."""
    alike = TEXT.replace("LU28", "LU2\u0417")
    back = confirmed(person, marie, clock, authorization_details=details(alike))
    detail = proof_of(program.redeem(back["code"], bank))
    assert detail["text"] == json.loads(detail["proof"]["statement"])["text"] == alike != TEXT


def test_what_is_not_read_is_not_kept(person, bank, clock):
    """A program can't fill our database with parameters of its own."""
    ask(person, junk="x" * 100_000, claims="{}", login_hint="marie", client_secret="secret")
    kept = PushedRequest.objects.get().parameters
    assert set(kept) == {"client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge",
                         "code_challenge_method", "authorization_details"}


def test_the_right_to_ask_is_taken_away_between_the_push_and_the_browser(person, bank, clock):
    given = asking(scope="openid", authorization_details=details())
    name = services.push(client_id="bank", parameters={key: [value] for key, value in given.items()},
                         caller=Caller(at=clock.now(), channel="web"))
    Client.objects.update(details_types=[])
    back = person.get("/openid/authorize", {"client_id": "bank", "request_uri": name})
    assert parameters_of(back)["error"] == "invalid_authorization_details" and not Confirmation.objects.exists()


def test_a_program_that_was_shut_out_gets_nothing_for_what_was_confirmed(person, program, bank, marie, clock):
    back = confirmed(person, marie, clock)
    Client.objects.update(active=False)
    assert program.redeem(back["code"], bank).status_code == 401


# --- one thing turned into another ------------------------------------------------------------------------------------


def test_a_login_request_is_never_concluded_as_a_confirmation(person, bank, marie, clock):
    consent = person.log_in_for(person.authorize(), marie, clock.now())
    request = AuthorisationRequest.objects.get()
    own = _caller(person, clock)
    for act in (confirmations.ask, confirmations.conclude):
        with pytest.raises(services.NotFit):
            act(request_id=request.id, caller=own)
    for address in ("", "/code", "/image", "/end", "/passkey"):
        assert person.post(f"/openid/confirmations/{request.id}{address}", {"answer": "confirm"}).status_code == 404
    assert person.get(consent).status_code == 200 and AuthorisationRequest.objects.get().state == "asked"


def test_a_confirmation_is_never_granted_as_a_login(person, bank, marie, clock):
    page_of(person, marie, clock.now())
    request = AuthorisationRequest.objects.get()
    with pytest.raises(services.RequestOver):
        services.grant(request_id=request.id, shown={}, caller=_caller(person, clock))
    assert AuthorisationRequest.objects.get().state == "asked"


def test_refused_it_is_confirmed_by_no_code_that_waited_before(person, bank, marie, clock):
    page = page_of(person, marie, clock.now())
    waits = choose(person, page, marie.device.serial)
    clock.advance(seconds=30)
    assert parameters_of(person.post(page, {"answer": "no"}))["error"] == "access_denied"
    assert person.post(waits, {"code": marie.code(clock.now())})["Location"] == f"{page}/end"
    assert person.post(page, {"answer": "confirm", "device": marie.device.serial})["Location"] == f"{page}/end"
    assert row().state == "cancelled" and not ConfirmationEvidence.objects.exists()


def test_a_second_end_of_the_same_confirmation_brings_no_second_code(person, bank, marie, clock):
    confirmed(person, marie, clock)
    page = f"/openid/confirmations/{row().id}"
    for _ in range(2):
        assert person.post(f"{page}/end")["Location"] == f"{page}/end"
    assert person.post(f"{page}/code", {"code": marie.code(clock.now())})["Location"] == f"{page}/end"


def test_text_that_changes_in_the_database_between_showing_and_code_changes_nothing_that_is_signed(
        person, program, bank, marie, clock):
    """What is signed was fixed when the device was asked; what the partner is told besides differs, and it sees that."""
    page = page_of(person, marie, clock.now())
    waits = choose(person, page, marie.device.serial)
    changed = row()
    changed.text = "Virement de 9 000 €"
    changed.save(update_fields=("text",))
    clock.advance(seconds=30)
    back = parameters_of(person.post(waits, {"code": marie.code(clock.now())}))
    detail = proof_of(program.redeem(back["code"], bank))
    assert json.loads(detail["proof"]["statement"])["text"] == TEXT


# --- who answers, where, and until when -------------------------------------------------------------------------------


@pytest.mark.parametrize(("waited", "minutes"), [(600, 5), (601, 4), (898, 0)])
def test_nobody_confirms_what_the_partner_can_not_hear_any_more(person, bank, marie, clock, waited, minutes):
    """The request lives for a quarter of an hour: opened late, the holder had five minutes, and the partner fewer."""
    answered = ask(person)
    end = AuthorisationRequest.objects.get().expires_at
    clock.advance(seconds=waited)
    target = person.get(answered["Location"])["Location"]
    person.post(target.replace("/login/?", "/login/password?device=token&"),
                {"user_id": marie.user_id, "password": holders.PASSWORD})
    target = person.post("/login/code", {"code": marie.code(clock.now())})["Location"]
    page = person.get(target)["Location"]
    assert row().expires_at <= end and (row().expires_at - clock.now()).total_seconds() // 60 == minutes
    clock.set(row().expires_at)
    assert person.post(page, {"answer": "confirm", "device": marie.device.serial})["Location"] == f"{page}/end"
    assert row().state == "asked" and not ConfirmationEvidence.objects.exists()


def test_the_request_of_one_holder_is_nobody_elses_when_he_has_opened_it(person, bank, marie, clock, system):
    """Mallory sends the address of a request of hers to Marie: what Marie would confirm is Mallory's already, or hers alone."""
    jean = holders.new(system, given_names="Jean", family_names="Weber")
    holders.activate(jean, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    answered = ask(person)
    own = Person()
    for browser, holder in ((own, jean), (person, marie)):
        target = browser.get(answered["Location"])["Location"]
        browser.post(target.replace("/login/?", "/login/password?device=token&"),
                     {"user_id": holder.user_id, "password": holders.PASSWORD})
        target = browser.post("/login/code", {"code": holder.code(clock.now())})["Location"]
        found = browser.get(target)
        assert found.status_code == (302 if browser is own else 404)
    assert row().identity_id == jean.identity.id


def _caller(person, clock):
    """As the pages make him."""
    session = queries.session(person.session[SESSION_KEY], clock.now())
    return Caller(at=clock.now(), channel="web", person=str(session.person_id), identity=str(session.identity_id),
                  session=str(session.id), scope="full")


def test_markup_in_the_words_is_words_on_every_page(person, bank, marie, clock):
    text = '<img src=x onerror=alert(1)>{{ row.id }}</p><a href="javascript:alert(1)">1 €</a>'
    page = page_of(person, marie, clock.now(), authorization_details=details(
        text, digest="ab" * 32, label="<script>alert(2)</script>"))
    waits = choose(person, page, marie.device.serial)
    shown = [person.get(address).content.decode() for address in (page, waits, "/my/confirmations")]
    clock.advance(seconds=30)
    person.post(waits, {"code": marie.code(clock.now())})
    shown += [person.get(address).content.decode() for address in (f"{page}/end", "/my/confirmations", "/my/activity", "/my/")]
    for one in shown:
        assert "<img src=x" not in one and "<script>alert" not in one and 'href="javascript' not in one
    assert all("{{ row.id }}" in one for one in shown[:3]), "as it was asked"
