# SPDX-License-Identifier: Apache-2.0
"""A passkey at the door: the right one, what is wrong with others, and what a login with it is worth."""

import json
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from paraph.domain.audit.models import Event
from paraph.domain.authentication import queries
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import Credential, LoginEvidence, LoginTransaction
from paraph.domain.authentication.policy import LEVEL_LOW, LEVEL_SUBSTANTIAL
from paraph.domain.authentication.services import DeviceNotAccepted
from paraph.domain.certification import services as certification
from paraph.domain.devices.methods import passkey as methods
from paraph.domain.devices.models import Device, Passkey
from paraph.domain.notifications.models import Message
from paraph.domain.partners import services as partners
from paraph.domain.registration import services as registration
from paraph.kernel import rules
from paraph.kernel.errors import Forbidden
from testkit import holders
from testkit.simulators.authenticator import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, Authenticator, b64, unb64

pytestmark = pytest.mark.requirement("R067", part="here: the passkey, which no row asks for")


def refused_as(login):
    """Why the log says that the last answer to this login was refused."""
    return Event.objects.filter(about_id=str(login), code="authentication.login.code_refused").latest("id").facts["fault"]


def test_a_passkey_opens_a_session_and_its_signature_is_kept(with_passkey, authenticator, first_step, options, answer, clock):
    login = first_step(with_passkey)
    step = answer(login, authenticator.use(options(login)))
    assert step.outcome == "accepted"
    session = queries.session(step.session_id, clock.now())
    assert (session.scope, session.acr, session.amr) == ("full", LEVEL_SUBSTANTIAL, ("pwd", "swk", "user"))
    evidence = LoginEvidence.objects.get(session_id=step.session_id)
    assert (evidence.key_id, bytes(evidence.signature)) == ("", b"")
    assert evidence.device_serial == Device.objects.get(type="passkey").serial
    assert Passkey.objects.get().used_at == clock.now()


def test_what_is_kept_proves_the_login_without_us(with_passkey, authenticator, first_step, options, answer):
    """An expert has the statement, what the authenticator answered and its public key, and nothing else."""
    login = first_step(with_passkey)
    step = answer(login, authenticator.use(options(login)))
    evidence = LoginEvidence.objects.get(session_id=step.session_id)
    kept = json.loads(bytes(evidence.device_statement))["response"]
    client = unb64(kept["clientDataJSON"])
    assert unb64(json.loads(client)["challenge"]) == sha256(bytes(evidence.statement)).digest()
    [credential] = authenticator.credentials
    credential.key.public_key().verify(unb64(kept["signature"]), unb64(kept["authenticatorData"]) + sha256(client).digest(),
                                       ec.ECDSA(hashes.SHA256()))
    statement = json.loads(bytes(evidence.statement))
    assert (statement["device"], statement["identity"]) == ("passkey", str(with_passkey.identity.id))


def test_no_key_is_opened_at_the_signer(with_passkey, authenticator, first_step, options, answer, signer):
    """It gives its nonce for what the passkey signs; no key of the holder is named, none is used, and no code is asked."""
    before = len(signer.record())
    login = first_step(with_passkey)
    assert answer(login, authenticator.use(options(login))).outcome == "accepted"
    assert signer.record()[before:] == [], "the line of a token names the session and the holder, where a partner asks for one"


def test_a_passkey_signs_no_document(with_passkey, authenticator, first_step, options, answer, signer, visitor):
    """The pages of signing offer devices that the signer knows; it has never heard of a passkey."""
    serial = Passkey.objects.get().device.serial
    assert not signer.token_exists(serial)
    login = first_step(with_passkey)
    session = answer(login, authenticator.use(options(login))).session_id
    held = visitor.session
    held["authentication_session"] = str(session)
    held.save()
    page = visitor.get("/sign/").content.decode()
    assert serial not in page


@pytest.mark.parametrize(("bent", "fault"), [
    ({"challenge": b64(bytes(32))}, "challenge"),
    ({"origin": "https://localhost:8000"}, "origin"),
    ({"origin": "http://localhost:8001"}, "origin"),
    ({"origin": "http://localhost:8000.example"}, "origin"),
    ({"origin": "http://sub.localhost:8000"}, "origin"),
    ({"cross_origin": True}, "origin"),
    ({"type": "webauthn.create"}, "type"),
    ({"relying_party": "example.org"}, "relying_party"),
    ({"flags": PRESENT}, "not_verified"),
    ({"flags": VERIFIED}, "not_present"),
    ({"flags": PRESENT | VERIFIED | ELIGIBLE}, "backup_flags"),
    ({"flags": PRESENT | VERIFIED | BACKED_UP}, "backup_flags"),
    ({"signature": bytes(70)}, "signature"),
    ({"user_handle": bytes(32)}, "user"),
])
def test_what_is_not_as_it_should_be_is_refused_and_counted(
    with_passkey, authenticator, first_step, options, answer, bent, fault
):
    login = first_step(with_passkey)
    assert answer(login, authenticator.use(options(login), **bent)).outcome == "wrong"
    assert refused_as(login) == fault
    assert Credential.objects.get(identity=with_passkey.identity).failures == 1
    login = first_step(with_passkey)
    assert answer(login, authenticator.use(options(login))).outcome == "accepted"
    assert Credential.objects.get(identity=with_passkey.identity).failures == 0


def test_another_key_under_the_same_name_is_refused(with_passkey, authenticator, first_step, options, answer):
    login = first_step(with_passkey)
    [known] = authenticator.credentials
    stranger = Authenticator()
    stranger.make({"rp": {"id": "localhost"}, "user": {"id": b64(known.user_handle)}, "challenge": ""})
    stranger.credentials[0].id = known.id
    assert answer(login, stranger.use(options(login))).outcome == "wrong"
    assert refused_as(login) == "signature"


def test_somebody_elses_passkey_is_unknown_here(with_passkey, add, first_step, options, answer, system, clock):
    other = holders.new(system, given_names="Paul", family_names="Weber")
    holders.activate(other, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    theirs = Authenticator()
    add(other, theirs)
    login = first_step(with_passkey)
    assert answer(login, theirs.use(options(login), theirs.credentials[0])).outcome == "wrong"
    assert refused_as(login) == "unknown"


def test_an_answer_without_a_user_handle_is_not_enough(with_passkey, authenticator, first_step, options, answer):
    """Authenticators leave it out where credentials were named; none is (WebAuthn 7.2, step 6)."""
    login = first_step(with_passkey)
    assert answer(login, authenticator.use(options(login), user_handle=b"")).outcome == "wrong"
    assert refused_as(login) == "user"


def test_an_answer_is_good_once_and_for_its_login_alone(with_passkey, authenticator, first_step, options, answer):
    login, another = first_step(with_passkey), first_step(with_passkey)
    text = authenticator.use(options(login))
    assert answer(another, text).outcome == "wrong"
    assert refused_as(another) == "challenge"
    assert answer(login, text).outcome == "accepted"
    assert answer(login, text).outcome == "over"


def test_after_a_refusal_the_login_is_over(with_passkey, authenticator, first_step, options, answer):
    login = first_step(with_passkey)
    before = options(login)
    good = authenticator.use(before)
    assert answer(login, authenticator.use(before, flags=PRESENT)).outcome == "wrong"
    assert options(login) is None
    assert answer(login, good).outcome == "over"
    assert options(first_step(with_passkey))["challenge"] != before["challenge"]


def test_what_is_no_answer_is_not_judged_and_not_counted(with_passkey, first_step, options, answer):
    login = first_step(with_passkey)
    before = options(login)
    assert answer(login, "").outcome == "malformed"
    assert options(login) == before
    assert Credential.objects.get(identity=with_passkey.identity).failures == 0


@pytest.mark.requirement("R114")
@pytest.mark.parametrize(("seconds", "outcome"), [(180, "accepted"), (181, "over")])
def test_the_challenge_lives_as_long_as_a_code(with_passkey, authenticator, first_step, options, answer, clock, seconds, outcome):
    login = first_step(with_passkey)
    text = authenticator.use(options(login))
    clock.advance(seconds=seconds)
    assert answer(login, text).outcome == outcome


@pytest.mark.requirement("R150")
def test_five_wrong_passkeys_block_for_everybody_and_the_right_one_too(
    with_passkey, authenticator, first_step, options, answer, clock
):
    def use(**bent):
        login = first_step(with_passkey)
        return answer(login, authenticator.use(options(login), **bent)).outcome

    earlier = first_step(with_passkey)
    for _ in range(4):
        assert use(flags=PRESENT) == "wrong"
    assert not Event.objects.filter(code="authentication.account.blocked").exists()
    assert use(flags=PRESENT) == "wrong"
    assert Event.objects.filter(code="authentication.account.blocked").count() == 1
    assert answer(earlier, authenticator.use(options(earlier))).outcome == "wrong"
    assert use() == "wrong"
    assert Credential.objects.get(identity=with_passkey.identity).failures == 5
    assert Event.objects.filter(code="authentication.account.blocked").count() == 1
    clock.advance(hours=rules.current().lockout_hours)
    login = first_step(with_passkey)
    assert answer(login, authenticator.use(options(login))).outcome == "accepted"


def test_a_suspended_certificate_opens_the_page_for_that_alone(with_passkey, authenticator, first_step, options, answer, clock,
                                                             system):
    certification.suspend(generation=holders.generation_of(with_passkey), reason="lost", caller=system)
    login = first_step(with_passkey)
    step = answer(login, authenticator.use(options(login)))
    assert queries.session(step.session_id, clock.now()).scope == "suspended"


def test_a_certificate_suspended_between_the_steps_ends_the_login(with_passkey, authenticator, first_step, options, answer,
                                                                 system):
    login = first_step(with_passkey)
    text = authenticator.use(options(login))
    certification.suspend(generation=holders.generation_of(with_passkey), reason="lost", caller=system)
    assert answer(login, text).outcome == "over"
    assert LoginTransaction.objects.get(pk=login).state == "refused"


class TestCounter:
    """Section 6.1.1: what counts must grow; what never counted stays zero."""

    @pytest.mark.parametrize(("count", "outcome"), [(2, "accepted"), (1, "wrong"), (0, "wrong"), (4_000_000_000, "accepted")])
    def test_it_must_be_greater_than_the_last(self, with_passkey, authenticator, first_step, options, answer, count, outcome):
        assert Passkey.objects.get().sign_count == 1
        login = first_step(with_passkey)
        assert answer(login, authenticator.use(options(login), count=count)).outcome == outcome
        assert Passkey.objects.get().sign_count == (count if outcome == "accepted" else 1)

    def test_one_that_never_counts_is_no_clone(self, marie, add, first_step, options, answer):
        quiet = Authenticator(counts=False)
        add(marie, quiet)
        for _ in range(2):
            login = first_step(marie)
            assert answer(login, quiet.use(options(login))).outcome == "accepted"

    def test_a_clone_is_refused_its_passkey_disabled_and_its_owner_told(
        self, with_passkey, authenticator, first_step, options, answer, now
    ):
        login = first_step(with_passkey)
        assert answer(login, authenticator.use(options(login), count=9)).outcome == "accepted"
        login = first_step(with_passkey)
        assert answer(login, authenticator.use(options(login), count=9)).outcome == "wrong"
        device = Device.objects.get(type="passkey")
        assert (device.state, device.reason) == ("disabled", "cloned")
        assert Message.objects.filter(template="passkey_cloned").count() == 1
        assert Event.objects.get(code="devices.passkey.cloned").facts["stored"] == 9
        # Whoever has the password was the holder or has it from him: this counts against nobody.
        assert Credential.objects.get(identity=with_passkey.identity).failures == 0
        login = first_step(with_passkey)
        assert answer(login, authenticator.use(options(login), count=10)).outcome == "wrong"
        assert refused_as(login) == "unknown"

    def test_the_holder_cannot_enable_a_clone(self, with_passkey, authenticator, first_step, options, answer, logged_in):
        login = first_step(with_passkey)
        answer(login, authenticator.use(options(login), count=1))
        device = Device.objects.get(type="passkey")
        with pytest.raises(Forbidden):
            registration.enable_product(device_id=device.id, caller=logged_in(with_passkey))


class TestRemoved:
    def test_a_removed_passkey_opens_nothing(self, with_passkey, authenticator, first_step, options, answer, logged_in):
        own = logged_in(with_passkey)
        login = first_step(with_passkey)
        text = authenticator.use(options(login))
        registration.remove_passkey(device_id=with_passkey.passkey.pk, caller=own)
        assert answer(login, text).outcome == "wrong"
        assert refused_as(login) == "unknown"

    def test_sessions_that_it_opened_end_and_others_stay(
        self, with_passkey, authenticator, first_step, options, answer, logged_in, clock
    ):
        login = first_step(with_passkey)
        opened = answer(login, authenticator.use(options(login))).session_id
        own = logged_in(with_passkey)
        registration.remove_passkey(device_id=with_passkey.passkey.pk, caller=own)
        assert queries.session(opened, clock.now()) is None
        assert queries.session(own.session, clock.now()) is not None

    def test_a_disabled_one_rests_and_can_be_enabled(self, with_passkey, authenticator, first_step, options, answer, logged_in):
        own = logged_in(with_passkey)
        registration.disable_product(device_id=with_passkey.passkey.pk, caller=own)
        login = first_step(with_passkey)
        assert answer(login, authenticator.use(options(login))).outcome == "wrong"
        registration.enable_product(device_id=with_passkey.passkey.pk, caller=own)
        login = first_step(with_passkey)
        assert answer(login, authenticator.use(options(login))).outcome == "accepted"

    def test_with_the_certificate_revoked_it_ends(self, with_passkey, logged_in):
        registration.revoke(identity_id=with_passkey.identity.id, reason="holder_request", caller=logged_in(with_passkey))
        assert Device.objects.get(type="passkey").state == "retired"


class TestLevels:
    @pytest.fixture
    def partner(self, system):
        def make(level="substantial", accepts=("token", "passkey")):
            return partners.register(
                slug="banque", name={"fr": "Banque"}, category="bank", accepts=accepts, minimum_level=level, caller=system)

        return make

    def test_a_partner_that_does_not_accept_passkeys_is_not_opened(self, with_passkey, first_step, partner):
        with pytest.raises(DeviceNotAccepted):
            first_step(with_passkey, partner_id=partner(accepts=("token",)).id)

    def test_a_level_that_none_reaches_is_not_offered(self, with_passkey, first_step, partner):
        high = partner(level="high")
        assert queries.devices_at(high) == ("token",)
        with pytest.raises(DeviceNotAccepted):
            first_step(with_passkey, partner_id=high.id)

    def test_a_synced_one_reaches_less_than_one_that_is_bound(self, marie, add, first_step, options, answer, partner, clock):
        substantial = partner()
        synced = Authenticator(synced=True)
        add(marie, synced)
        login = first_step(marie, partner_id=substantial.id)
        assert answer(login, synced.use(options(login))).outcome == "wrong"
        assert refused_as(login) == "unknown"
        login = first_step(marie)
        step = answer(login, synced.use(options(login)))
        assert queries.session(step.session_id, clock.now()).acr == LEVEL_LOW
        bound = Authenticator()
        add(marie, bound)
        login = first_step(marie, partner_id=substantial.id)
        assert answer(login, bound.use(options(login))).outcome == "accepted"

    def test_an_operator_may_hold_synced_ones_for_substantial(self, marie, add, first_step, options, answer, partner,
                                                              relying_party):
        relying_party(levels={"synced": "substantial"})
        synced = Authenticator(synced=True)
        add(marie, synced)
        login = first_step(marie, partner_id=partner().id)
        assert answer(login, synced.use(options(login))).outcome == "accepted"

    def test_where_the_operator_has_none_the_door_knows_none(self, with_passkey, first_step, answer, options):
        login = first_step(with_passkey)
        methods.use(None)
        assert queries.devices_at(None) == ("token", "scan")
        assert options(login) is None
        with pytest.raises(DeviceNotAccepted):
            first_step(with_passkey)


def test_a_code_is_no_answer_of_a_passkey_and_the_other_way_round(with_passkey, first_step, answer, now, clock):
    login = first_step(with_passkey)
    assert authentication.check_code(transaction_id=login, code=with_passkey.code(clock.now()),
                                     caller=now()).outcome == "over"
    token = authentication.check_first_step(user_id=with_passkey.user_id, password=holders.PASSWORD, device="token",
                                            caller=now()).transaction_id
    assert answer(token, "{}").outcome == "over"


@pytest.mark.requirement("R106", part="here: the passkey")
def test_whoever_has_no_passkey_is_asked_for_one_all_the_same(marie, first_step, options, now):
    """No credential is named, so the page tells nobody whether there is one."""
    wrong = authentication.check_first_step(user_id=marie.user_id, password="Wrong1", device="passkey", caller=now())
    for login in (first_step(marie), wrong.transaction_id):
        assert set(options(login)) == {"rpId", "challenge", "timeout", "userVerification"}
