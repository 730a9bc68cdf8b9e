# SPDX-License-Identifier: Apache-2.0
import json
from hashlib import sha256

import pytest
from argon2 import PasswordHasher
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import DatabaseError, transaction

from paraph.domain.authentication import queries, services
from paraph.domain.authentication.models import Credential, LoginEvidence, LoginTransaction, Session
from paraph.domain.certification import queries as issued
from paraph.domain.certification import services as certification
from paraph.domain.devices import services as devices
from paraph.domain.partners import services as partners
from paraph.kernel import secrets, tokens
from paraph.pki.keys import verifies
from testkit import holders

LEVEL = "http://eidas.europa.eu/LoA/substantial"


def first(holder, caller, password=holders.PASSWORD, **arguments):
    return services.check_first_step(user_id=holder.user_id, password=password, device="token", caller=caller,
                                     **arguments).transaction_id


def second(holder, login, caller, code=None):
    return services.check_code(transaction_id=login, code=code or holder.code(caller.at), caller=caller)


@pytest.mark.requirement("R106")
def test_password_then_code_open_a_session_with_its_true_level(marie, now):
    step = second(marie, first(marie, now()), now())
    session = queries.session(step.session_id, now().at)
    assert (session.scope, session.acr, session.amr) == ("full", LEVEL, ("pwd", "otp"))
    assert session.identity_id == marie.identity.id and session.authenticated_at == now().at


def test_the_evidence_verifies_with_the_holders_authentication_certificate_alone(marie, now, system):
    bank = partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], caller=system)
    step = second(marie, first(marie, now(), partner_id=bank.id, purpose="partner"), now())
    evidence = LoginEvidence.objects.get(session_id=step.session_id)
    certificate = issued.by_serial(evidence.certificate_serial)
    assert certificate.usage == "authentication" and certificate.subject_id == str(marie.identity.id)
    key = x509.load_der_x509_certificate(bytes(certificate.der)).public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    statement = bytes(evidence.statement)
    assert verifies(key, bytes(evidence.signature), statement)
    assert not verifies(key, bytes(evidence.signature), statement.replace(b"bank", b"bonk"))
    content = json.loads(statement)
    assert content["partner"] == "bank" and content["ssn"] == marie.identity.ssn and len(content["nonce"]) == 43
    with pytest.raises(DatabaseError), transaction.atomic():
        LoginEvidence.objects.update(statement=b"another")
    with pytest.raises(DatabaseError), transaction.atomic():
        LoginEvidence.objects.all().delete()


def test_what_the_signer_recorded_is_the_statement(marie, now, signer):
    login = LoginTransaction.objects.get(pk=first(marie, now()))

    def recorded():
        return [entry for entry in signer.record() if entry.facts.get("session") == login.signer_session]

    assert recorded() == [], "anybody may begin logins: nothing stays of those that nobody finished"
    assert services.check_code(transaction_id=login.id, code=marie.code(now().at), caller=now()).outcome == "accepted"
    assert [entry.event for entry in recorded()] == ["session.opened", "code.accepted", "holder.signed"]
    assert recorded()[0].facts["hashes"] == [sha256(bytes(login.statement)).hexdigest()]


@pytest.mark.requirement("R107")
@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "", "１２３４５６", "12 456"])
def test_a_code_has_six_digits(marie, now, code):
    login = first(marie, now())
    assert services.check_code(transaction_id=login, code=code, caller=now()).outcome == "malformed"
    assert Credential.objects.get().failures == 0


@pytest.mark.requirement("R107")
def test_leading_zeros_are_kept(marie, now):
    while not marie.code(now().at).startswith("0"):
        now(seconds=30)
    login, code = first(marie, now()), marie.code(now().at)
    assert services.check_code(transaction_id=login, code=code.lstrip("0"), caller=now()).outcome == "malformed"
    assert services.check_code(transaction_id=login, code=code, caller=now()).outcome == "accepted"


@pytest.mark.requirement("R115")
def test_a_code_opens_one_login_and_no_other(marie, now, system):
    bank = partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], caller=system)
    here, there = first(marie, now()), first(marie, now(), partner_id=bank.id, purpose="partner")
    assert second(marie, here, now()).outcome == "accepted"
    assert second(marie, there, now()).outcome == "wrong"
    assert second(marie, here, now()).outcome == "over"


@pytest.mark.requirement("R116", part="later: the app")
@pytest.mark.requirement("R117")
def test_a_code_that_opened_a_login_signs_nothing(marie, now, signer):
    used, earlier = marie.code(now().at), marie.code(now(seconds=0).at.replace(minute=now().at.minute - 1))
    assert second(marie, first(marie, now()), now()).outcome == "accepted"
    pair = issued.active_pair(str(marie.identity.id), now().at)
    session = signer.open_session(
        attempt=str(tokens.uuid7()), kind="sign", holder=str(marie.identity.id), key_id=pair.signature.key_id,
        hashes=[bytes(32)], labels=["document"], device_serial=marie.device.serial)
    for code in (used, earlier):
        assert signer.authorise_with_code(attempt=str(tokens.uuid7()), session_id=session.session_id,
                                          device_serial=marie.device.serial, code=code) == "wrong"
    now(seconds=30)
    assert signer.authorise_with_code(attempt=str(tokens.uuid7()), session_id=session.session_id,
                                      device_serial=marie.device.serial, code=marie.code(now().at)) == "accepted"


def test_the_code_page_is_good_for_180_seconds(marie, now):
    login = first(marie, now())
    assert second(marie, login, now(seconds=180)).outcome == "accepted"
    login = first(marie, now(minutes=5))
    assert second(marie, login, now(seconds=181)).outcome == "over"
    assert Credential.objects.get().failures == 0, "too late is no failure"


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize("seconds, outcome", [(180, "accepted"), (181, "over")])
def test_an_event_based_token_counts_from_the_display_of_the_code_page(tree, system, now, seconds, outcome):
    zoe = holders.new(system, method="hotp")
    holders.activate(zoe, system, method="hotp")
    zoe.press()
    login = first(zoe, now(hours=1))
    code = zoe.press()
    assert services.check_code(transaction_id=login, code=code, caller=now(seconds=seconds)).outcome == outcome
    login = first(zoe, now(minutes=5))
    replayed = services.check_code(transaction_id=login, code=code, caller=now()).outcome
    assert replayed == ("wrong" if outcome == "accepted" else "accepted"), "used codes are used, late ones were not"


def test_a_password_is_hashed_anew_when_the_cost_was_raised(marie, now):
    before, hasher = Credential.objects.get().password_hash, secrets._hasher
    secrets._hasher = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1)
    try:
        assert first(marie, now(), "Wrong1") is None
        assert Credential.objects.get().password_hash == before
        assert first(marie, now()) is not None
        after = Credential.objects.get().password_hash
        assert "t=2" in after and not secrets.needs_rehash(after)
        assert first(marie, now()) is not None and Credential.objects.get().password_hash == after
    finally:
        secrets._hasher = hasher


@pytest.mark.requirement("R087", part="here: the door; signing in its own tests")
def test_not_activated_is_said_only_when_everything_was_right(tree, system, now):
    paul = holders.new(system)
    assert first(paul, now(), "Wrong1") is None
    login = first(paul, now(), holders.INITIAL_PASSWORD)
    assert queries.login(login, now().at).picture is None
    assert second(paul, login, now(), code="000000").outcome == "wrong"
    assert second(paul, login, now()).outcome == "not_activated"
    assert not Session.objects.exists()


@pytest.mark.requirement("R102")
def test_after_activation_the_initial_password_opens_nothing(marie, now):
    assert first(marie, now(), holders.INITIAL_PASSWORD) is None
    assert first(marie, now()) is not None


@pytest.mark.requirement("R119", part="later: cards")
def test_the_image_is_known_after_the_right_password(marie, now):
    assert queries.login(first(marie, now()), now().at).picture.id == holders.IMAGE


def test_a_suspended_holder_gets_a_session_that_only_reactivates_and_his_key_stays_closed(marie, now, system):
    certification.suspend(generation=holders.generation_of(marie), reason="lost", caller=now())
    step = second(marie, first(marie, now()), now())
    assert queries.session(step.session_id, now().at).scope == "suspended"
    evidence = LoginEvidence.objects.get(session_id=step.session_id)
    assert (evidence.key_id, bytes(evidence.signature)) == ("", b"")


def test_a_suspension_between_the_steps_ends_the_login(marie, now):
    login = first(marie, now())
    certification.suspend(generation=holders.generation_of(marie), reason="lost", caller=now())
    assert second(marie, login, now()).outcome == "over"
    assert not Session.objects.exists()


def test_a_revoked_or_expired_certificate_opens_nothing_and_only_its_owner_learns_why(marie, now):
    certification.revoke(generation=holders.generation_of(marie), reason="lost", caller=now())
    login = first(marie, now())
    assert second(marie, login, now(), code="000000").outcome == "wrong"
    assert second(marie, login, now()).outcome == "ended"
    assert not Session.objects.exists()


def test_an_expired_certificate_opens_nothing(marie, now):
    now(days=3 * 366)
    assert second(marie, first(marie, now()), now()).outcome == "ended"


def test_a_disabled_token_opens_nothing(marie, now, caller):
    devices.disable(device_id=marie.device.id, reason="holder", caller=caller)
    for _ in range(6):
        assert first(marie, now()) is None, "as with a wrong password: nobody learns that it was right"
    assert Credential.objects.get().failures == 0, "and it was, so nothing counts"
    assert first(marie, now(), "Wrong1") is None and Credential.objects.get().failures == 1


def test_a_partner_without_token_is_refused_before_anything_is_checked(marie, now, system, hashes):
    chip = partners.register(slug="chip", name={"fr": "C"}, category="bank", accepts=["smartcard"], caller=system)
    with pytest.raises(services.DeviceNotAccepted):
        first(marie, now(), partner_id=chip.id)
    with pytest.raises(services.DeviceNotAccepted):
        services.check_first_step(user_id=marie.user_id, password="x", device="app", caller=now())
    assert not hashes


def test_staff_replaces_the_initial_password_at_the_first_login(tree, system, now):
    claire = holders.new(system, kind="staff", given_names="Claire")
    devices.activate(device_id=claire.device.id, caller=system)
    login = first(claire, now(), holders.INITIAL_PASSWORD)
    assert queries.login(login, now().at).picture is None
    with pytest.raises(services.LoginOver):
        services.replace_initial_password(transaction_id=login, password="Neu123", caller=now())
    assert second(claire, login, now()).outcome == "replace_password"
    assert not Session.objects.exists()
    with pytest.raises(services.PasswordRefused):
        services.replace_initial_password(transaction_id=login, password="weak", caller=now())
    step = services.replace_initial_password(transaction_id=login, password="Neu123", caller=now())
    session = queries.session(step.session_id, now().at)
    assert (session.scope, session.acr) == ("staff", LEVEL)
    assert bytes(LoginEvidence.objects.get().signature) == b"", "staff has no key"
    with pytest.raises(services.LoginOver):
        services.replace_initial_password(transaction_id=login, password="Neu456", caller=now())
    now(minutes=1)
    assert first(claire, now(), holders.INITIAL_PASSWORD) is None
    assert second(claire, first(claire, now(), "Neu123"), now()).outcome == "accepted"


def test_a_cancelled_login_is_over(marie, now):
    login = first(marie, now())
    services.cancel_login(transaction_id=login, caller=now())
    services.cancel_login(transaction_id=login, caller=now())
    assert second(marie, login, now()).outcome == "over"
    assert queries.login(login, now().at) is None


def test_old_logins_are_forgotten_and_evidence_stays(marie, now):
    second(marie, first(marie, now()), now())
    assert services.forget_logins(caller=now(days=1)) == 0
    assert services.forget_logins(caller=now(hours=1)) == 1
    assert LoginEvidence.objects.count() == 1
