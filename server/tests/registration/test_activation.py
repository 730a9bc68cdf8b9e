# SPDX-License-Identifier: Apache-2.0
"""From the codes of the letter to two certificates: proofs, limits, crashes, races."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication.models import Credential
from paraph.domain.certification import publication
from paraph.domain.certification import queries as certificates
from paraph.domain.certification.models import Certificate
from paraph.domain.devices import queries as devices
from paraph.domain.notifications.models import Message
from paraph.domain.orders import services as orders
from paraph.domain.proofing import queries as proofing
from paraph.domain.registration import services
from paraph.domain.registration.lifecycle import ACTIVATION, State
from paraph.domain.registration.models import Activation
from paraph.domain.registration.services import Answer, activating
from paraph.kernel import secrets
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, NotFound
from paraph.signer import client
from paraph.signer.errors import SignerRefusal, SignerUnavailable
from testkit.applications import ACTIVATION_CODE, IMAGE, PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def at(clock):
    return Caller(at=clock.now(), channel="web")


def open_with(prepared, caller, **changes):
    codes = {name: prepared.codes[name] for name in ("user_id", "initial_password")}
    return services.open_activation(**(codes | changes), caller=caller)


def finish(prepared, activation_id, caller):
    return services.activate(activation_id=activation_id, texts=[prepared.scene.texts[0].id], caller=caller)


def jobs(clock, **passed):
    clock.advance(**passed)
    caller = Caller.system(at=clock.now(), name="job:settle")
    return services.settle(caller=caller)


@pytest.mark.requirement("R021", "R088")
def test_the_whole_way_ends_in_two_certificates(prepared, caller):
    activation = prepared.activate(caller)
    prepared.order.refresh_from_db()
    pair = certificates.active_pair(str(activation.identity_id), caller.at)
    assert {pair.authentication.usage, pair.signature.usage} == {"authentication", "signature"}
    assert pair.authentication.generation == pair.signature.generation
    assert pair.signature.identification == proofing.accepted(prepared.order.id).method == "desk"
    assert (prepared.order.state, activation.state) == ("activated", "activated")
    assert [device.serial for device in devices.active_for(activation.identity_id, caller.at)] == [prepared.serial]
    assert Message.objects.filter(template="activated").count() == 1
    assert (activation.password_hash, activation.secret_image) == ("", "")


@pytest.mark.requirement("R102")
def test_afterwards_the_password_is_the_holders_and_the_initial_one_is_no_password(prepared, caller):
    activation = prepared.activate(caller)
    credential = Credential.objects.get(identity_id=activation.identity_id)
    assert authentication.is_activated(activation.identity_id) and credential.secret_image == IMAGE
    assert secrets.verify_secret(PASSWORD, credential.password_hash, "password")
    assert not secrets.verify_secret(prepared.codes["initial_password"], credential.password_hash, "password")


@pytest.mark.requirement("R088", "R087", part="here: the activation; the door in other tests")
def test_wrong_codes_are_results_that_count(prepared, caller):
    for changes in ({"user_id": "ZZZZZZZZ"}, {"initial_password": "wrong"}, {"initial_password": ""}):
        assert open_with(prepared, caller, **changes) == services.Opening(Answer.WRONG)
    assert Credential.objects.get(identity_id=prepared.order.identity_id).initial_password_tries == 2
    for _ in range(3):
        open_with(prepared, caller, initial_password="wrong")
    assert open_with(prepared, caller).answer is Answer.WRONG


@pytest.mark.requirement("R092")
def test_a_wrong_activation_code_stops_and_counts_and_after_five_nothing_helps(prepared, caller):
    opening = open_with(prepared, caller)
    for tries in range(1, 6):
        assert services.recognise(activation_id=opening.activation_id, activation_code="xxxxx",
                                  caller=caller) is Answer.WRONG
        assert Credential.objects.get(identity_id=prepared.order.identity_id).activation_code_tries == tries
    assert services.recognise(activation_id=opening.activation_id, activation_code=ACTIVATION_CODE,
                              caller=caller) is Answer.WRONG
    with pytest.raises(NotAllowed):
        services.prove(activation_id=opening.activation_id, answer="000000", caller=caller)


@pytest.mark.requirement("R088")
def test_without_the_token_there_is_no_key(prepared, caller):
    opening = open_with(prepared, caller)
    services.recognise(activation_id=opening.activation_id, activation_code=ACTIVATION_CODE, caller=caller)
    assert services.prove(activation_id=opening.activation_id, answer="000000", caller=caller) is Answer.WRONG
    with pytest.raises(NotAllowed):
        services.choose_password(activation_id=opening.activation_id, password=PASSWORD, caller=caller)
    with pytest.raises(NotAllowed):
        finish(prepared, opening.activation_id, caller)
    assert not Certificate.objects.filter(subject_id=str(prepared.order.identity_id)).exists()


def test_every_choice_is_needed(prepared, caller):
    identifier = prepared.proven(caller)
    with pytest.raises(services.Incomplete):
        finish(prepared, identifier, caller)
    services.choose_password(activation_id=identifier, password=PASSWORD, caller=caller)
    services.choose_image(activation_id=identifier, image=IMAGE, caller=caller)
    with pytest.raises(services.Incomplete):
        finish(prepared, identifier, caller)
    services.accept_content(activation_id=identifier, caller=caller)
    assert finish(prepared, identifier, caller).state == State.ACTIVATED


@pytest.mark.requirement("R090")
def test_a_second_activation_is_refused_without_change(prepared, clock):
    done = prepared.activate(at(clock))
    clock.advance(minutes=1)
    before = list(Certificate.objects.order_by("id").values())
    with pytest.raises(services.AlreadyActivated):
        open_with(prepared, at(clock))
    assert finish(prepared, done.id, at(clock)).state == State.ACTIVATED
    assert list(Certificate.objects.order_by("id").values()) == before
    assert Activation.objects.count() == 1


@pytest.mark.requirement("R089")
def test_the_last_good_instant_and_the_first_bad_one(prepared, clock):
    clock.set(prepared.order.activation_deadline - timedelta(microseconds=1))
    identifier = prepared.chosen(at(clock))
    clock.advance(microseconds=1)
    with pytest.raises(orders.TooLate):
        finish(prepared, identifier, at(clock))
    with pytest.raises(orders.TooLate):
        open_with(prepared, at(clock))
    clock.advance(microseconds=-1)
    assert finish(prepared, identifier, at(clock)).state == State.ACTIVATED


@pytest.mark.requirement("R089")
def test_the_sixtieth_day_is_a_day_of_luxembourg(prepared):
    """Ordered on 24 November 2026: day 60 is 23 January 2027, which ends at 23:00 UTC."""
    assert prepared.order.activation_deadline.isoformat() == "2027-01-23T23:00:00+00:00"


def test_the_half_hour_of_the_signers_session(prepared, clock):
    identifier = prepared.chosen(at(clock))
    clock.advance(minutes=30)
    assert finish(prepared, identifier, at(clock)).state == State.ACTIVATED


def test_after_the_half_hour_it_begins_again(prepared, clock):
    identifier = prepared.chosen(at(clock))
    clock.advance(minutes=30, microseconds=1)
    with pytest.raises(services.ActivationOver):
        finish(prepared, identifier, at(clock))
    assert prepared.activate(at(clock)).state == State.ACTIVATED


def test_a_later_window_takes_over_from_one_that_was_left(prepared, clock):
    left = prepared.chosen(at(clock))
    clock.advance(minutes=1)
    assert prepared.activate(at(clock)).state == State.ACTIVATED
    assert Activation.objects.get(pk=left).reason == "superseded"
    with pytest.raises(services.ActivationOver):
        services.choose_password(activation_id=left, password=PASSWORD, caller=at(clock))


# --- crashes ----------------------------------------------------------------------------------------------------------


class Crash(Exception):
    """The process ends here."""


def crash(*arguments, **named):
    raise Crash


def crash_after(real, count=1):
    calls = []

    def wrapped(*arguments, **named):
        if len(calls) == count:
            raise Crash
        calls.append(real(*arguments, **named))
        return calls[-1]

    return wrapped


CRASHES = {
    "keys made, no certificate": ("certification", "issue", lambda real: crash),
    "one certificate issued": ("certification", "issue", crash_after),
    "both issued, nothing settled": ("certification", "activate", lambda real: crash),
    "settled in part": ("orders", "advance", lambda real: crash),
}


@pytest.fixture(params=list(CRASHES))
def crashed(request, prepared, clock, monkeypatch):
    """An activation whose process died at one of four places, one second after it began."""
    module, name, how = CRASHES[request.param]
    identifier = prepared.chosen(at(clock))
    target = getattr(activating, module)
    with monkeypatch.context() as patched:
        patched.setattr(target, name, how(getattr(target, name)))
        with pytest.raises(Crash):
            finish(prepared, identifier, at(clock))
    return identifier


def test_the_job_finishes_what_the_holder_began(crashed, prepared, clock):
    assert authentication.is_activated(prepared.order.identity_id) is False
    assert jobs(clock, seconds=59) == 0
    assert jobs(clock, seconds=1) == 1
    activation = Activation.objects.get(pk=crashed)
    prepared.order.refresh_from_db()
    assert (activation.state, prepared.order.state) == ("activated", "activated")
    assert len(certificates.for_subject(str(prepared.order.identity_id))) == 2
    assert certificates.active_pair(str(prepared.order.identity_id), clock.now())
    assert jobs(clock, minutes=5) == 0


def test_the_holder_himself_may_press_again(crashed, prepared, clock):
    clock.advance(seconds=5)
    assert finish(prepared, crashed, at(clock)).state == State.ACTIVATED
    assert len(certificates.for_subject(str(prepared.order.identity_id))) == 2
    assert Message.objects.filter(template="activated").count() == 1


def test_what_began_in_time_is_finished_after_the_deadline_too(prepared, clock, monkeypatch):
    clock.set(prepared.order.activation_deadline - timedelta(microseconds=1))
    identifier = prepared.chosen(at(clock))
    with monkeypatch.context() as patched:
        patched.setattr(activating.certification, "activate", crash)
        with pytest.raises(Crash):
            finish(prepared, identifier, at(clock))
    clock.advance(hours=3)
    assert services.lapse_due(caller=Caller.system(at=clock.now(), name="job:lapses")) == 0
    prepared.order.refresh_from_db()
    assert prepared.order.state == "activated"


def test_a_refusal_leaves_nothing_half_made(prepared, clock, monkeypatch):
    identifier = prepared.chosen(at(clock))
    real, calls = activating.certification.issue, []

    def issue(**named):
        if calls:
            raise activating.certification.CertificateRefused()
        calls.append(real(**named))
        return calls[0]

    with monkeypatch.context() as patched:
        patched.setattr(activating.certification, "issue", issue)
        with pytest.raises(services.Failed):
            finish(prepared, identifier, at(clock))
    prepared.order.refresh_from_db()
    activation = Activation.objects.get(pk=identifier)
    assert (activation.state, activation.reason, prepared.order.state) == (
        "abandoned", "certificate_refused", "prepared")
    assert activation.password_hash == "" and not authentication.is_activated(prepared.order.identity_id)
    [orphan] = certificates.for_subject(str(prepared.order.identity_id))
    assert orphan.state == "revoked"
    publication.publish_changes(clock.now(), client.bound())
    # The other key had no certificate, so it was destroyed at once; this one after the world was told.
    assert jobs(clock) == 1
    with pytest.raises(SignerRefusal, match="key_destroyed"):
        client.bound().open_session(attempt="again", kind="login", holder=str(prepared.order.identity_id),
                                    key_id=orphan.key_id, hashes=[bytes(32)], labels=["x"],
                                    device_serial=prepared.serial)
    clock.advance(minutes=1)
    assert prepared.activate(at(clock)).state == State.ACTIVATED


def test_a_signer_that_is_away_is_asked_again_later(prepared, clock, monkeypatch):
    identifier = prepared.chosen(at(clock))
    with monkeypatch.context() as patched:
        patched.setattr(activating, "_make_keys", lambda activation: (_ for _ in ()).throw(SignerUnavailable()))
        with pytest.raises(SignerUnavailable):
            finish(prepared, identifier, at(clock))
    assert Activation.objects.get(pk=identifier).state == State.ACTING
    assert jobs(clock, minutes=1) == 1
    prepared.order.refresh_from_db()
    assert prepared.order.state == "activated"


def test_an_activation_that_was_left_gives_the_order_back(prepared, clock):
    prepared.proven(at(clock))
    assert jobs(clock, minutes=30) == 0
    assert jobs(clock, microseconds=1) == 1
    prepared.order.refresh_from_db()
    assert prepared.order.state == "prepared"
    assert prepared.activate(at(clock)).state == State.ACTIVATED


def test_keys_that_were_made_too_late_for_the_session_are_abandoned(prepared, clock, monkeypatch):
    identifier = prepared.chosen(at(clock))
    with monkeypatch.context() as patched:
        patched.setattr(activating, "_make_keys", crash)
        with pytest.raises(Crash):
            finish(prepared, identifier, at(clock))
    assert jobs(clock, hours=1) == 1
    prepared.order.refresh_from_db()
    assert (Activation.objects.get(pk=identifier).state, prepared.order.state) == ("abandoned", "prepared")


# --- races ------------------------------------------------------------------------------------------------------------


def race(call, arguments):
    def attempt(argument):
        try:
            return call(argument)
        except Exception as problem:  # each competitor's fate is looked at below
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(attempt, arguments))


@pytest.mark.requirement("R090")
def test_of_sixteen_activations_with_one_token_code_exactly_one_is_proven(prepared, clock):
    caller, openings = at(clock), []
    for _ in range(16):
        openings.append(open_with(prepared, caller).activation_id)
        services.recognise(activation_id=openings[-1], activation_code=ACTIVATION_CODE, caller=caller)
    code = prepared.token_code(clock.now())
    answers = race(lambda identifier: services.prove(activation_id=identifier, answer=code, caller=caller), openings)
    assert answers.count(Answer.ACCEPTED) == 1
    assert Activation.objects.filter(state=State.PROVEN).count() == 1


@pytest.mark.requirement("R090")
def test_of_sixteen_last_steps_exactly_one_makes_a_pair(prepared, clock):
    identifier, caller = prepared.chosen(at(clock)), at(clock)
    race(lambda _: finish(prepared, identifier, caller), range(16))
    assert len(certificates.for_subject(str(prepared.order.identity_id))) == 2
    assert Activation.objects.filter(state=State.ACTIVATED).count() == 1
    assert Message.objects.filter(template="activated").count() == 1


# --- lifecycle --------------------------------------------------------------------------------------------------------


def test_every_state_and_move(prepared, clock):
    for state, move in itertools.product(State, ("recognise", "prove", "act", "finish", "abandon")):
        with transaction.atomic():
            activation = Activation.objects.create(
                order=prepared.order, identity_id=prepared.order.identity_id, device_serial="x", state=state,
                state_since=clock.now(), opened_at=clock.now(), secret_image="")
            if ACTIVATION.allows(state, move):
                ACTIVATION.advance(activation, move, at=clock.now())
                assert activation.state == ACTIVATION.moves[move][1]
            else:
                with pytest.raises(NotAllowed):
                    ACTIVATION.advance(activation, move, at=clock.now())
            transaction.set_rollback(True)


def test_an_unknown_activation_is_not_found(prepared, caller):
    for identifier in ("nonsense", "0199aaaa-0000-7000-8000-000000000000"):
        with pytest.raises(NotFound):
            services.recognise(activation_id=identifier, activation_code="x", caller=caller)
