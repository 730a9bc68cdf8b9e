# SPDX-License-Identifier: Apache-2.0
"""Making a passkey: who may, what its authenticator must say, who vouches for it, and who is told."""

import os
from dataclasses import replace
from unittest.mock import patch

import pytest
from django.core import signing
from django.db import connection

from paraph.domain.audit.models import Event
from paraph.domain.authentication import queries
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as devices
from paraph.domain.devices import services as device_services
from paraph.domain.devices.methods.webauthn import Fault
from paraph.domain.devices.models import Device, Enrolment, Passkey
from paraph.domain.devices.services import EnrolmentOver, IncompatibleDevice, NoPasskeys, creation_options
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services as registration
from paraph.domain.registration.services import FreshLoginNeeded
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound
from testkit import holders
from testkit.simulators.authenticator import EDDSA, ES256, PRESENT, RS256, VERIFIED, Authenticator, Maker, b64

pytestmark = pytest.mark.requirement("R067", part="here: the passkey, which no row asks for")
AAGUID = bytes.fromhex("f8a011f38c0a4d15800617111f9edc7d")
AAGUID_TEXT = "f8a011f3-8c0a-4d15-8006-17111f9edc7d"


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_what_is_known_of_it_is_kept(marie, add, algorithm):
    made = add(marie, Authenticator(algorithm=algorithm, aaguid=AAGUID), name="  Mon\n téléphone ")
    made.refresh_from_db()
    assert (made.name, made.algorithm, str(made.aaguid)) == ("Mon téléphone", algorithm, AAGUID_TEXT)
    assert (made.backup_eligible, made.backed_up, made.transports) == (False, False, ["internal"])
    assert (made.attestation, made.attestation_format, made.model) == ("not_asked", "none", "")
    assert made.allowed_by == marie.device.serial
    device = made.device
    assert (device.type, device.state, device.identity_id) == ("passkey", "active", marie.identity.id)


def test_the_holder_is_told_and_the_log_knows(marie, add):
    made = add(marie, Authenticator())
    assert Message.objects.get(template="passkey_added").person_id == str(marie.identity.person_id)
    facts = Event.objects.get(code="devices.passkey.added").facts
    assert (facts["serial"], facts["allowed_by"], facts["attestation"]) == (made.device.serial, marie.device.serial,
                                                                            "not_asked")


def test_its_name_and_nothing_secret_lies_in_the_database(marie, add):
    add(marie, Authenticator(), name="Cle de la rue Philippe")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM devices_passkey")
        [(stored,)] = cursor.fetchall()
    assert b"Philippe" not in bytes(stored)


class TestWho:
    def test_a_login_of_ten_minutes_ago_is_fresh_and_an_older_one_is_not(self, marie, logged_in, clock, now):
        own = logged_in(marie)
        at = queries.session(own.session, clock.now()).authenticated_at

        def touched(minutes, seconds=0):
            clock.set(at)
            clock.advance(minutes=minutes, seconds=seconds)
            authentication.touch_session(session_id=own.session, seen_at=at, at=clock.now())
            return replace(own, at=clock.now())

        registration.begin_passkey(caller=touched(10))
        with pytest.raises(FreshLoginNeeded):
            registration.begin_passkey(caller=touched(10, 1))

    def test_a_passkey_breeds_no_passkey(self, with_passkey, authenticator, first_step, options, answer, now):
        login = first_step(with_passkey)
        session = answer(login, authenticator.use(options(login))).session_id
        own = replace(now(), identity=str(with_passkey.identity.id), person=str(with_passkey.identity.person_id),
                      session=str(session), scope="full")
        with pytest.raises(FreshLoginNeeded):
            registration.begin_passkey(caller=own)

    @pytest.mark.parametrize("scope", ["suspended", "devices", "staff"])
    def test_other_sessions_make_none(self, marie, logged_in, scope):
        with pytest.raises(Forbidden):
            registration.begin_passkey(caller=replace(logged_in(marie), scope=scope))

    def test_the_device_must_still_be_active_at_the_end(self, marie, logged_in, system):
        own = logged_in(marie)
        enrolment = registration.begin_passkey(caller=own)
        device_services.disable(device_id=marie.device.id, reason="lost", caller=system)
        with pytest.raises(FreshLoginNeeded):
            registration.add_passkey(enrolment_id=enrolment.id, name="x", caller=own,
                                     answer=Authenticator().make(creation_options(enrolment, name="Marie")))

    def test_five_and_no_sixth(self, marie, add, logged_in):
        own = logged_in(marie)
        for number in range(5):
            add(marie, Authenticator(), name=str(number), own=own)
        with pytest.raises(IncompatibleDevice):
            registration.begin_passkey(caller=own)

    def test_none_where_the_operator_has_none(self, marie, logged_in, monkeypatch):
        monkeypatch.setattr("paraph.domain.devices.methods.passkey._relying_party", None)
        with pytest.raises(NoPasskeys):
            registration.begin_passkey(caller=logged_in(marie))


class TestChallenge:
    @pytest.fixture
    def own(self, marie, logged_in):
        return logged_in(marie)

    @pytest.fixture
    def begun(self, own):
        return registration.begin_passkey(caller=own)

    def finish(self, begun, own, **bent):
        answer = Authenticator().make(creation_options(begun, name="Marie"), **bent)
        return registration.add_passkey(enrolment_id=begun.id, name="Clé", answer=answer, caller=own)

    @pytest.mark.parametrize("seconds", [179, 180])
    def test_it_lives_as_long_as_a_code(self, begun, own, clock, seconds):
        clock.set(begun.opened_at)
        clock.advance(seconds=seconds)
        later = replace(own, at=clock.now())
        if seconds < 180:
            assert isinstance(self.finish(begun, later), Passkey)
        else:
            with pytest.raises(EnrolmentOver):
                self.finish(begun, later)

    def test_it_is_good_once(self, begun, own):
        self.finish(begun, own)
        with pytest.raises(EnrolmentOver):
            self.finish(begun, own)

    def test_a_refused_answer_uses_it_up_too(self, begun, own):
        assert self.finish(begun, own, flags=PRESENT | 0x40) == Fault.NOT_VERIFIED
        with pytest.raises(EnrolmentOver):
            self.finish(begun, own)
        assert Event.objects.get(code="devices.passkey.refused").facts["fault"] == "not_verified"

    def test_another_session_of_the_same_holder_does_not_finish_it(self, marie, begun, logged_in):
        with pytest.raises(EnrolmentOver):
            self.finish(begun, logged_in(marie))

    def test_it_is_forgotten_after_a_day(self, begun, own, clock):
        clock.set(begun.opened_at)
        assert device_services.forget_enrolments(caller=own.at_instant(clock.advance(days=1) or clock.now())) == 0
        assert device_services.forget_enrolments(caller=own.at_instant(clock.advance(seconds=1) or clock.now())) == 1
        assert not Enrolment.objects.exists()

    def test_the_user_handle_says_nothing_and_stays_one(self, marie, own, begun):
        self.finish(begun, own)
        second = registration.begin_passkey(caller=own)
        assert second.user_handle == begun.user_handle
        assert marie.user_id not in signing.b64_decode(begun.user_handle.encode()).decode("latin-1")
        assert [one["id"] for one in creation_options(second, name="Marie")["excludeCredentials"]] == [
            Passkey.objects.get().credential_id]


@pytest.mark.parametrize(("bent", "fault"), [
    ({"challenge": b64(bytes(32))}, "challenge"),
    ({"origin": "https://localhost"}, "origin"),
    ({"cross_origin": True}, "origin"),
    ({"cross_origin": 1}, "origin"),
    ({"type": "webauthn.get"}, "type"),
    ({"relying_party": "localhost.example"}, "relying_party"),
    ({"flags": PRESENT | 0x40}, "not_verified"),
    ({"flags": VERIFIED | 0x40}, "not_present"),
    ({"flags": PRESENT | VERIFIED | 0x50}, "backup_flags"),
    ({"flags": PRESENT | VERIFIED}, "malformed"),
    ({"cose": {1: 2, 3: 0, -1: 1, -2: bytes(32), -3: bytes(32)}}, "malformed"),
    ({"cose": {1: 2, 3: -65535, -1: 1, -2: bytes(32), -3: bytes(32)}}, "algorithm"),
    ({"cose": {1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)}}, "algorithm"),
    ({"cose": {1: 2, 3: -7, -1: 6, -2: bytes(32), -3: bytes(32)}}, "algorithm"),
    ({"cose": {1: 3, 3: -257, -1: (2**1023 + 1).to_bytes(128, "big"), -2: b"\x01\x00\x01"}}, "algorithm"),
    ({"cose": {1: 3, 3: -257, -1: b"\xff" * 1024, -2: b"\x01\x00\x01"}}, "algorithm"),
    ({"cose": b"\xa0"}, "malformed"),
])
def test_what_is_not_as_it_should_be_makes_no_passkey(marie, add, bent, fault):
    assert add(marie, Authenticator(), **bent) == fault
    assert not Device.objects.filter(type="passkey").exists()
    assert not Message.objects.filter(template="passkey_added").exists()


def test_a_credential_belongs_to_one_account(marie, add, system, clock):
    authenticator = Authenticator()
    made = add(marie, authenticator)
    Passkey.objects.filter(pk=made.pk).update(credential_id=b64(b"\x07" * 32))
    other = holders.new(system, given_names="Paul", family_names="Weber")
    holders.activate(other, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    assert add(other, SameName()) == Fault.KNOWN_ALREADY


class SameName(Authenticator):
    """An authenticator that calls its credential as somebody else's is called."""

    def make(self, options, **bent):
        with patch.object(os, "urandom", lambda count: b"\x07" * count):
            return super().make(options, **bent)


class TestAttestation:
    @pytest.fixture
    def maker(self):
        return Maker()

    @pytest.fixture
    def direct(self, relying_party, maker):
        def use(**content):
            return relying_party(attestation="direct", models=[
                {"aaguid": AAGUID_TEXT, "name": "Clé d’essai", "roots": [maker.root_pem]}], **content)

        use()
        return use

    def test_a_listed_model_is_let_in_and_is_known_to_be_hardware(self, marie, direct, maker, add, first_step, options,
                                                                  answer, clock):
        authenticator = Authenticator(maker=maker, aaguid=AAGUID)
        made = add(marie, authenticator)
        assert (made.attestation, made.attestation_format, made.model) == ("maker", "packed", "Clé d’essai")
        assert devices.grade(made) == "attested"
        login = first_step(marie)
        step = answer(login, authenticator.use(options(login)))
        assert queries.session(step.session_id, clock.now()).amr == ("pwd", "hwk", "user")

    def test_a_synced_one_is_never_held_for_hardware(self, marie, direct, maker, add):
        made = add(marie, Authenticator(maker=maker, aaguid=AAGUID, synced=True))
        assert (made.attestation, devices.grade(made)) == ("maker", "synced")

    def test_another_model_of_the_same_maker_is_not(self, marie, direct, maker, add):
        assert add(marie, Authenticator(maker=maker, aaguid=bytes(15) + b"\x01")) == Fault.MODEL

    def test_another_maker_is_not(self, marie, direct, add):
        assert add(marie, Authenticator(maker=Maker(), aaguid=AAGUID)) == Fault.ATTESTATION

    def test_nobody_vouching_is_not_enough(self, marie, direct, add):
        assert add(marie, Authenticator(aaguid=AAGUID)) == Fault.MODEL

    def test_vouching_for_oneself_is_enough_where_the_operator_says_so(self, marie, direct, add):
        assert add(marie, Authenticator(own_attestation=True)) == Fault.MODEL
        direct(self_attestation=True)
        made = add(marie, Authenticator(own_attestation=True))
        assert (made.attestation, devices.grade(made)) == ("own", "bound")

    def test_a_batch_whose_time_is_over_is_not(self, marie, relying_party, add, clock):
        old = Maker(days=100)
        relying_party(attestation="direct", models=[{"aaguid": AAGUID_TEXT, "name": "x", "roots": [old.root_pem]}])
        assert add(marie, Authenticator(maker=old, aaguid=AAGUID)) == Fault.ATTESTATION

    def test_a_signature_over_something_else_is_not(self, marie, direct, maker, add):
        statement = {"alg": -7, "sig": bytes(70), "x5c": [maker.leaf(AAGUID)]}
        assert add(marie, Authenticator(maker=maker, aaguid=AAGUID), statement=statement) == Fault.ATTESTATION

    def test_the_certificate_speaks_of_another_model(self, marie, direct, maker, add):
        authenticator = Authenticator(maker=maker, aaguid=AAGUID)
        statement = {"alg": -7, "sig": bytes(70), "x5c": [maker.leaf(bytes(16))]}
        assert add(marie, authenticator, statement=statement) == Fault.ATTESTATION

    @pytest.mark.parametrize("format", ["fido-u2f", "android-safetynet", "paraph", ""])
    def test_a_format_that_recognises_nobody_or_is_unknown_is_not(self, marie, direct, add, format):
        assert add(marie, Authenticator(aaguid=AAGUID), format=format or "x" * 33) == Fault.ATTESTATION

    @pytest.mark.parametrize("statement", [{"x5c": []}, {"alg": -7}, {"alg": -7, "sig": b"", "x5c": [b"\x30\x00"]},
                                           {"ecdaaKeyId": b"", "alg": -7, "sig": b""}])
    def test_a_broken_statement_is_not(self, marie, direct, add, statement):
        assert add(marie, Authenticator(aaguid=AAGUID), format="packed", statement=statement) in (
            Fault.ATTESTATION, Fault.MALFORMED)


def test_a_name_can_be_changed_by_its_holder_alone(with_passkey, logged_in, system, clock):
    own = logged_in(with_passkey)
    registration.rename_passkey(device_id=with_passkey.passkey.pk, name="Ordinateur", caller=own)
    assert Passkey.objects.get().name == "Ordinateur"
    other = holders.new(system, given_names="Paul", family_names="Weber")
    holders.activate(other, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    stranger = logged_in(other)
    for act in (lambda: registration.rename_passkey(device_id=with_passkey.passkey.pk, name="x", caller=stranger),
                lambda: registration.remove_passkey(device_id=with_passkey.passkey.pk, caller=stranger)):
        with pytest.raises(NotFound):
            act()
    assert Passkey.objects.get().name == "Ordinateur"


def test_a_removed_one_stays_for_what_it_opened_and_its_place_is_free(with_passkey, logged_in, add):
    own = logged_in(with_passkey)
    registration.remove_passkey(device_id=with_passkey.passkey.pk, caller=own)
    assert devices.passkeys(with_passkey.identity.id) == []
    assert Passkey.objects.count() == 1
    assert Message.objects.filter(template="passkey_removed").count() == 1
    with pytest.raises(NotFound):
        registration.remove_passkey(device_id=with_passkey.passkey.pk, caller=own)


def test_a_passkey_is_not_replaced_but_made_anew(with_passkey, system):
    with pytest.raises(NotAllowed):
        device_services.ask_replacement(device_id=with_passkey.passkey.pk, reason="lost", asked_by="phone", caller=system)
