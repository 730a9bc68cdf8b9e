# SPDX-License-Identifier: Apache-2.0
"""Suspension, reactivation, revocation and what time does to them."""

from datetime import timedelta

import pytest

from paraph.domain.accounts.models import Identity
from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication import services as sessions
from paraph.domain.authentication.models import Credential
from paraph.domain.certification import publication
from paraph.domain.certification import queries as certificates
from paraph.domain.certification.models import Alarm
from paraph.domain.certification.policy import SuspensionExpired
from paraph.domain.devices import queries as devices
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services
from paraph.domain.registration.models import KeyToDestroy
from paraph.domain.registration.services import StatusAnswer
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden
from paraph.signer import client
from paraph.signer.errors import SignerRefusal
from testkit import applications
from testkit.applications import Application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def holder(prepared, clock):
    """Marie, activated, and a way to be her in a scope."""
    prepared.activate(Caller(at=clock.now(), channel="web"))
    identity = Identity.objects.get(pk=prepared.order.identity_id)

    def caller(scope="full"):
        session = sessions.open_session(identity_id=identity.id, person_id=identity.person_id, scope=scope, acr="x",
                                        amr=("pwd", "otp"), caller=Caller(at=clock.now(), channel="web"))
        return Caller(at=clock.now(), channel="web", person=str(identity.person_id), identity=str(identity.id),
                      session=str(session.id), scope=scope)

    prepared.caller, prepared.identity = caller, identity
    return prepared


def states(holder):
    return {certificate.state for certificate in certificates.for_subject(str(holder.identity.id))}


def suspend(holder):
    return services.suspend(identity_id=holder.identity.id, reason="holder_request", caller=holder.caller())


def resume(holder, challenge=None, scope="suspended"):
    return services.resume(identity_id=holder.identity.id, challenge=challenge or holder.codes["challenge"],
                           caller=holder.caller(scope))


def job(clock):
    return Caller.system(at=clock.now(), name="job:suspensions")


def told(template):
    return Message.objects.filter(template=template).count()


@pytest.mark.requirement("R156")
def test_suspension_holds_both_certificates_ends_the_sessions_and_tells(holder, clock):
    caller = holder.caller()
    services.suspend(identity_id=holder.identity.id, reason="holder_request", caller=caller)
    assert states(holder) == {"suspended"}
    assert certificates.active_pair(str(holder.identity.id), clock.now()) is None
    assert authentication.session(caller.session, clock.now()) is None
    assert told("suspended") == 1
    assert len(devices.active_for(holder.identity.id, clock.now())) == 1
    with pytest.raises(services.NothingToSuspend):
        suspend(holder)


@pytest.mark.requirement("R157")
def test_reactivation_needs_the_challenge_and_a_suspended_session(holder, clock):
    suspend(holder)
    clock.advance(minutes=1)
    with pytest.raises(Forbidden):
        resume(holder, scope="full")
    assert resume(holder, challenge="000000") is StatusAnswer.WRONG
    assert Credential.objects.get(identity=holder.identity).challenge_tries == 1
    assert states(holder) == {"suspended"}
    caller = holder.caller("suspended")
    assert services.resume(identity_id=holder.identity.id, challenge=holder.codes["challenge"],
                           caller=caller) is StatusAnswer.DONE
    assert states(holder) == {"active"} and told("resumed") == 1
    assert authentication.session(caller.session, clock.now()) is None
    with pytest.raises(services.NothingToResume):
        resume(holder)


def test_after_five_wrong_challenges_the_right_one_helps_no_more(holder):
    suspend(holder)
    for _ in range(5):
        resume(holder, challenge="000000")
    assert resume(holder) is StatusAnswer.WRONG


@pytest.mark.requirement("R157")
def test_day_thirty_is_good_and_day_thirty_one_is_not(holder, clock):
    suspend(holder)
    deadline = certificates.for_subject(str(holder.identity.id))[0].suspended_until
    clock.set(deadline)
    with pytest.raises(SuspensionExpired):
        resume(holder)
    clock.set(deadline - timedelta(microseconds=1))
    assert resume(holder) is StatusAnswer.DONE


@pytest.mark.requirement("R158", "R159")
def test_the_deadline_revokes_with_its_own_instant_also_after_downtime(holder, clock):
    suspend(holder)
    deadline = certificates.for_subject(str(holder.identity.id))[0].suspended_until
    waiting = holder.caller("suspended")
    clock.set(deadline - timedelta(microseconds=1))
    assert services.enforce_suspension_deadlines(caller=job(clock)) == 0
    clock.set(deadline + timedelta(days=9))
    assert services.enforce_suspension_deadlines(caller=job(clock)) == 1
    for certificate in certificates.for_subject(str(holder.identity.id)):
        intervals = certificates.history(certificate)
        assert [interval.state for interval in intervals][-2:] == ["suspended", "revoked"]
        assert intervals[-1].since == deadline and intervals[-1].cause == "suspension_expired"
        assert intervals[-1].recorded_at == clock.now()
    assert told("automatically_revoked") == 1
    assert authentication.session(waiting.session, deadline) is None
    assert Identity.objects.get(pk=holder.identity.id).state == "closed"
    assert services.enforce_suspension_deadlines(caller=job(clock)) == 0
    with pytest.raises(services.NothingToResume):
        resume(holder)


@pytest.mark.requirement("R128", "R163")
@pytest.mark.parametrize("scope", ["full", "suspended"])
def test_revocation_is_final_from_every_side(holder, clock, scope):
    if scope == "suspended":
        suspend(holder)
        clock.advance(minutes=1)
    services.revoke(identity_id=holder.identity.id, reason="stolen", caller=holder.caller(scope))
    assert states(holder) == {"revoked"} and told("revoked") == 1
    assert devices.for_identity(holder.identity.id) == []
    assert Identity.objects.get(pk=holder.identity.id).state == "closed"
    operator = Caller.system(at=clock.now(), name="cli:ca")
    for call, refusal in (
            (lambda: resume(holder), services.NothingToResume),
            (lambda: suspend(holder), services.NothingToSuspend),
            (lambda: services.suspend(identity_id=holder.identity.id, reason="lost", caller=operator),
             services.NothingToSuspend),
            (lambda: services.revoke(identity_id=holder.identity.id, reason="lost", caller=operator),
             services.NothingToRevoke)):
        with pytest.raises(refusal):
            call()
    assert states(holder) == {"revoked"}


def test_the_private_keys_of_a_revoked_certificate_are_destroyed(holder, clock):
    key_ids = {certificate.key_id for certificate in certificates.for_subject(str(holder.identity.id))}
    services.revoke(identity_id=holder.identity.id, reason="stolen", caller=holder.caller())
    # Not before the world was told that the certificates have ended.
    assert services.destroy_keys(caller=job(clock)) == 0
    clock.advance(days=1, seconds=-1)
    assert services.destroy_keys(caller=job(clock)) == 0 and not Alarm.objects.exists()
    clock.advance(seconds=1)
    assert services.destroy_keys(caller=job(clock)) == 0
    assert set(Alarm.objects.values_list("code", "about")) == {("key_not_destroyed", key_id) for key_id in key_ids}
    publication.publish_changes(clock.now(), client.bound())
    assert services.settle(caller=job(clock)) == 2
    assert set(KeyToDestroy.objects.exclude(destroyed_at=None).values_list("key_id", flat=True)) == key_ids
    signature = next(c for c in certificates.for_subject(str(holder.identity.id)) if c.usage == "signature")
    with pytest.raises(SignerRefusal, match="key_destroyed"):
        client.bound().open_session(attempt="after-the-end", kind="sign", holder=str(holder.identity.id),
                                    key_id=signature.key_id, hashes=[bytes(32)], labels=["x"],
                                    device_serial=holder.serial)
    assert services.settle(caller=job(clock)) == 0


@pytest.mark.requirement("R127")
def test_without_the_device_the_three_initial_codes_suspend(holder, caller):
    codes = holder.codes
    for wrong in ({"user_id": "ZZZZZZZZ"}, {"initial_password": "wrong"}, {"challenge": "000000"}):
        assert services.suspend_with_initial_codes(**(codes | wrong), caller=caller) is StatusAnswer.WRONG
    assert states(holder) == {"active"}
    assert services.suspend_with_initial_codes(**codes, caller=caller) is StatusAnswer.DONE
    assert states(holder) == {"suspended"} and told("suspended") == 1


def test_nobody_else_suspends_or_revokes(holder, clock):
    strangers = [Caller(at=clock.now(), channel="web"),
                 Caller(at=clock.now(), channel="web", person="p", identity="i", session="s", scope="full"),
                 Caller(at=clock.now(), channel="web", person="p", identity=str(holder.identity.id), scope="full"),
                 Caller(at=clock.now(), channel="web", person="p", identity="i", session="s", scope="staff",
                        roles=frozenset({Role(str(holder.scene.desk.id), "registration_officer")}))]
    for caller in strangers:
        for call in (services.suspend, services.revoke):
            with pytest.raises(Forbidden):
                call(identity_id=holder.identity.id, reason="lost", caller=caller)
    with pytest.raises(Forbidden):
        services.suspend(identity_id=holder.identity.id, reason="lost", caller=holder.caller("suspended"))
    assert states(holder) == {"active"}


def test_a_holder_without_mail_and_mobile_gets_letters(scene, clock):
    application = Application.prepared(scene, clock.now(), applicant=applications.applicant(email="", mobile=""))
    application.activate(Caller(at=clock.now(), channel="web"))
    operator = Caller.system(at=clock.now(), name="cli:support")
    services.suspend(identity_id=application.order.identity_id, reason="lost", caller=operator)
    services.revoke(identity_id=application.order.identity_id, reason="lost", caller=operator)
    channels = dict(Message.objects.values_list("template", "channel"))
    assert {name: channels[name] for name in ("codes", "activated", "suspended", "revoked")} == dict.fromkeys(
        ("codes", "activated", "suspended", "revoked"), "letter")
