# SPDX-License-Identifier: Apache-2.0
"""The life of a generation: every state against every move, the suspension's deadline, and that nothing leads back."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from paraph.domain.audit import queries as audit
from paraph.domain.certification import policy, queries, services
from paraph.domain.certification.lifecycle import CERTIFICATE, State
from paraph.domain.certification.models import Authority, Certificate, StatusInterval
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, NotFound
from paraph.pki import crl, der
from paraph.pki.crl import Reason
from testkit import certification

pytestmark = pytest.mark.both_databases

GENERATION = "generation-1"
SECOND = timedelta(seconds=1)
# From 24 November 2026, 10:00 in Luxembourg, day 30 is 24 December; the first instant too late is its midnight.
DEADLINE = datetime(2026, 12, 24, 23, 0, tzinfo=UTC)


def states():
    return {row.usage: row.state for row in queries.generation(GENERATION)}


def both(state):
    return {"authentication": state, "signature": state}


def suspend(caller, reason="lost"):
    return services.suspend(generation=GENERATION, reason=reason, caller=caller)


def resume(caller):
    return services.resume(generation=GENERATION, caller=caller)


def revoke(caller, reason="holder_request", **more):
    return services.revoke(generation=GENERATION, reason=reason, caller=caller, **more)


def activate(caller):
    return services.activate(generation=GENERATION, caller=caller)


MOVES = {"activate": activate, "suspend": suspend, "resume": resume, "revoke": revoke}
# How a generation comes into each state, by moves.
PATHS = {
    State.ISSUED: [],
    State.ACTIVE: ["activate"],
    State.SUSPENDED: ["activate", "suspend"],
    State.REVOKED: ["activate", "revoke"],
}


@pytest.mark.requirement("R163")
@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", PATHS)
def test_every_state_against_every_move(issue, caller, later, state, move):
    for profile in ("natural-authentication-ncp", "natural-signature-ncp"):
        issue(profile=profile)
    for earlier in PATHS[state]:
        MOVES[earlier](later(seconds=1))
    assert states() == both(state)
    if CERTIFICATE.allows(state, move):
        MOVES[move](later(seconds=1))
        assert states() == both(CERTIFICATE.moves[move][1])
    else:
        before = StatusInterval.objects.count()
        with pytest.raises(NotAllowed):
            MOVES[move](later(seconds=1))
        assert states() == both(state) and StatusInterval.objects.count() == before


def test_a_generation_that_does_not_exist_is_not_found(tree, caller):
    for move in MOVES.values():
        with pytest.raises(NotFound):
            move(caller)


# --- suspension -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R156", part="here: the certificates; login and signing refuse in their own apps")
def test_a_suspension_is_a_state_of_both_certificates(pair, later, caller):
    at = later(hours=1)
    suspend(at, reason="lost")
    assert states() == both(State.SUSPENDED)
    assert queries.active_pair("identity-marie", at.at) is None
    for row in queries.generation(GENERATION):
        assert policy.published(row) == policy.Published(True, Reason.CERTIFICATE_HOLD, at.at)
        assert bytes(row.crl_entry) == crl.revoked_entry(row.serial, at.at, Reason.CERTIFICATE_HOLD)
        assert row.suspended_until == DEADLINE


@pytest.mark.requirement("R157")
def test_on_the_thirtieth_day_it_can_be_resumed(pair, later, caller):
    suspend(caller)
    resume(later(at=DEADLINE - SECOND))
    assert states() == both(State.ACTIVE)
    for row in queries.generation(GENERATION):
        assert policy.published(row) == policy.GOOD and not row.crl_entry and row.suspended_until is None


@pytest.mark.requirement("R157")
def test_on_the_thirty_first_day_it_can_not(pair, later, caller):
    suspend(caller)
    with pytest.raises(policy.SuspensionExpired):
        resume(later(at=DEADLINE))
    assert states() == both(State.SUSPENDED)


@pytest.mark.requirement("R157")
@pytest.mark.parametrize(
    ("suspended", "deadline"),
    [
        # Just before and after midnight in Luxembourg, in winter and in summer, and over both changes of the clock.
        (datetime(2027, 1, 10, 22, 59, 59, tzinfo=UTC), datetime(2027, 2, 9, 23, 0, tzinfo=UTC)),
        (datetime(2027, 1, 10, 23, 0, tzinfo=UTC), datetime(2027, 2, 10, 23, 0, tzinfo=UTC)),
        (datetime(2027, 3, 20, 12, 0, tzinfo=UTC), datetime(2027, 4, 19, 22, 0, tzinfo=UTC)),
        (datetime(2027, 10, 20, 12, 0, tzinfo=UTC), datetime(2027, 11, 19, 23, 0, tzinfo=UTC)),
    ],
)
def test_days_are_days_in_luxembourg(suspended, deadline):
    assert policy.suspension_deadline(suspended) == deadline


@pytest.mark.requirement("R158", part="here: certificates; registration ends the suspension and tells the holder")
@pytest.mark.parametrize("down", [timedelta(0), timedelta(days=3)])
def test_after_the_deadline_the_certificates_are_revoked_with_it_as_instant(pair, later, caller, down):
    suspend(caller)
    assert queries.due_suspensions(DEADLINE - SECOND) == []
    at = later(at=DEADLINE + down)
    (due,) = queries.due_suspensions(at.at)
    assert due == queries.DueSuspension(GENERATION, "identity-marie", DEADLINE)
    job = Caller.system(at=at.at, name="job:suspensions")
    revoke(job, reason="suspension_expired", effective_at=due.deadline)
    assert states() == both(State.REVOKED)
    assert queries.due_suspensions(at.at) == []
    row = queries.by_serial(pair.signature.serial)
    assert (row.state_since, row.revocation_date) == (DEADLINE, caller.at)
    assert policy.published(row).reason is Reason.CESSATION_OF_OPERATION
    lived = [(entry.state, entry.since, entry.cause) for entry in queries.history(row)]
    assert lived == [
        (State.ISSUED, caller.at, ""),
        (State.ACTIVE, caller.at, ""),
        (State.SUSPENDED, caller.at, "lost"),
        (State.REVOKED, DEADLINE, "suspension_expired"),
    ]
    assert queries.history(row)[-1].recorded_at == DEADLINE + down


def test_a_revocation_after_a_hold_keeps_the_holds_beginning_as_its_date(pair, later, caller):
    suspend(caller)
    revoke(later(days=2), reason="stolen")
    row = queries.by_serial(pair.signature.serial)
    assert policy.published(row) == policy.Published(True, Reason.KEY_COMPROMISE, caller.at)
    assert bytes(row.crl_entry) == crl.revoked_entry(row.serial, caller.at, Reason.KEY_COMPROMISE)


def test_a_revocation_after_a_lifted_hold_has_its_own_date(pair, later, caller):
    suspend(caller)
    resume(later(days=1))
    at = later(days=1)
    revoke(at)
    assert queries.by_serial(pair.signature.serial).revocation_date == at.at


def test_a_fraction_of_a_second_never_moves_a_published_date_forward(pair, later, caller):
    suspend(later(at=caller.at + timedelta(seconds=5, microseconds=900_000)))
    row = queries.by_serial(pair.signature.serial)
    assert row.revocation_date == caller.at + timedelta(seconds=5)
    assert der.read(bytes(row.crl_entry)).children()[1].time() == row.revocation_date


def test_certificates_of_our_services_can_not_be_suspended(tree, system):
    for usage in ("ocsp", "tsu"):
        with pytest.raises(policy.NotSuspendable):
            services.suspend(generation=f"ceremony:{usage}", reason="lost", caller=system)


def test_nothing_is_activated_suspended_or_resumed_after_its_end(pair, issue, later, caller):
    issue(generation="unused", attempt="unused")
    at = later(at=pair.signature.not_after)
    with pytest.raises(policy.CertificateExpired):
        suspend(at)
    with pytest.raises(policy.CertificateExpired):
        services.activate(generation="unused", caller=at)
    suspend(later(at=pair.signature.not_after - SECOND))
    with pytest.raises(policy.CertificateExpired):
        resume(later(at=pair.signature.not_after))


# --- causes and instants ----------------------------------------------------------------------------------------------


def test_a_cause_that_is_not_known_is_refused(pair, caller):
    for move in (suspend, revoke):
        with pytest.raises(policy.UnknownCause):
            move(caller, reason="because")
    assert states() == both(State.ACTIVE)


@pytest.mark.parametrize("cause", policy.CAUSES)
def test_each_cause_has_a_reason_for_a_definitive_revocation(cause):
    assert policy.reason_for(cause) not in (Reason.CERTIFICATE_HOLD, Reason.REMOVE_FROM_CRL)


def test_a_revocation_counts_neither_from_the_future_nor_from_before_the_state(pair, later, caller):
    at = later(days=1)
    for instant in (at.at + SECOND, caller.at - SECOND):
        with pytest.raises(policy.WrongInstant):
            revoke(at, effective_at=instant)
    revoke(at, effective_at=caller.at)
    assert queries.by_serial(pair.signature.serial).revocation_date == caller.at


def test_a_clock_that_is_a_little_behind_stops_no_move_and_keeps_the_order(pair, later, caller):
    suspend(later(seconds=10))
    revoke(caller.at_instant(caller.at + timedelta(seconds=9)))
    history = queries.history(queries.by_serial(pair.signature.serial))
    assert [entry.since for entry in history[-2:]] == [caller.at + timedelta(seconds=10)] * 2


# --- what others are told ---------------------------------------------------------------------------------------------


def test_every_change_makes_stored_answers_and_lists_old(pair, later):
    def versions():
        row, issuing = queries.by_serial(pair.signature.serial), Authority.objects.get(name="issuing")
        return row.status_version, issuing.status_version

    seen = [versions()]
    for move in (suspend, resume, revoke):
        move(later(hours=1))
        seen.append(versions())
    assert [certificate for certificate, _authority in seen] == [0, 1, 2, 3]
    # Two certificates moved each time.
    assert [authority - seen[0][1] for _certificate, authority in seen] == [0, 2, 4, 6]


def test_the_state_at_any_instant_is_known_for_ever(pair, later, caller):
    suspend(later(days=1))
    resume(later(days=1))
    revoke(later(days=1))
    day = timedelta(days=1)
    serial = pair.signature.serial
    assert queries.status_at(serial, caller.at - SECOND) is None
    at = [queries.status_at(serial, caller.at + day * number + offset).state
          for number in (1, 2, 3) for offset in (-SECOND, timedelta(0))]
    assert at == [State.ACTIVE, State.SUSPENDED, State.SUSPENDED, State.ACTIVE, State.ACTIVE, State.REVOKED]
    with pytest.raises(NotFound):
        queries.status_at("ff", caller.at)


def test_the_log_says_why_and_until_when(pair, caller):
    suspend(caller, reason="lost")
    (row,) = [event for event in audit.about("certificate", pair.signature.id)
              if event.code == "certification.certificate.suspended"]
    assert row.facts["cause"] == "lost" and row.facts["deadline"] == DEADLINE.isoformat()
    assert row.facts["serial"] == pair.signature.serial


def test_the_newest_usable_pair_is_the_one_in_use(pair, later, caller):
    renewed = certification.active_pair(later(days=10), generation="generation-2")
    assert renewed.generation == "generation-2"
    at = later(days=1)
    services.revoke(generation="generation-2", reason="lost", caller=at)
    assert queries.active_pair("identity-marie", at.at).generation == GENERATION
    assert [row.generation for row in queries.for_subject("identity-marie")] == ["generation-2"] * 2 + [GENERATION] * 2
    assert queries.active_pair("identity-paul", at.at) is None
    assert queries.active_pair("identity-marie", pair.signature.not_after) is None


# --- what can't be undone ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("R163")
@pytest.mark.parametrize("state", [state for state in State if state != State.REVOKED])
@pytest.mark.requirement("EN 319 411-1 REV-6.3.9-04")
def test_the_database_lets_nothing_out_of_revoked(pair, caller, state):
    revoke(caller)
    with pytest.raises(DatabaseError, match="final"), transaction.atomic():
        Certificate.objects.filter(pk=pair.signature.pk).update(state=state)
    with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
        Certificate.objects.filter(pk=pair.signature.pk)._raw_delete("default")
    assert states() == both(State.REVOKED)


def test_no_interval_is_rewritten(pair):
    interval = queries.history(pair.signature)[0]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        StatusInterval.objects.filter(pk=interval.pk).update(state=State.REVOKED)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        StatusInterval.objects.filter(pk=interval.pk).delete()


class Life(RuleBasedStateMachine):
    """Any sequence of moves at any distance in time; a small model says what must be true after each."""

    context = None

    def __init__(self):
        super().__init__()
        self.caller, self.now = self.context
        self.generation = f"generation-{id(self)}"
        self.state, self.held_since, self.deadline = State.ACTIVE, None, None
        self.published_since = self.reason = None
        certification.active_pair(self.at(), subject_id=self.generation, generation=self.generation)

    def at(self):
        return self.caller.at_instant(self.now)

    @rule(hours=some.integers(0, 24 * 40))
    def wait(self, hours):
        self.now += timedelta(hours=hours)

    def attempt(self, move, allowed):
        try:
            move()
        except (NotAllowed, policy.SuspensionExpired):
            assert not allowed
            return False
        assert allowed
        return True

    @rule()
    def suspend(self):
        if self.attempt(lambda: services.suspend(generation=self.generation, reason="lost", caller=self.at()),
                        self.state == State.ACTIVE):
            self.state, self.published_since = State.SUSPENDED, self.now
            self.deadline = policy.suspension_deadline(self.now)

    @rule()
    def resume(self):
        in_time = self.state == State.SUSPENDED and self.now < self.deadline
        if self.attempt(lambda: services.resume(generation=self.generation, caller=self.at()), in_time):
            self.state, self.published_since = State.ACTIVE, None

    @rule(cause=some.sampled_from(sorted(policy.CAUSES)))
    def revoke(self, cause):
        if self.attempt(lambda: services.revoke(generation=self.generation, reason=cause, caller=self.at()),
                        self.state != State.REVOKED):
            self.published_since = self.published_since or self.now
            self.state, self.reason = State.REVOKED, policy.reason_for(cause)

    @precondition(lambda self: self.state == State.REVOKED)
    @rule(move=some.sampled_from(["activate", "suspend", "resume", "revoke"]))
    def leave_revoked(self, move):
        more = {"reason": "lost"} if move in ("suspend", "revoke") else {}
        with pytest.raises(NotAllowed):
            getattr(services, move)(generation=self.generation, caller=self.at(), **more)

    @rule()
    def report_compromise(self):
        if self.attempt(lambda: services.report_compromise(generation=self.generation, caller=self.at()),
                        self.state == State.REVOKED and self.reason != Reason.KEY_COMPROMISE):
            self.reason = Reason.KEY_COMPROMISE

    @invariant()
    def both_certificates_say_the_same(self):
        for row in queries.generation(self.generation):
            assert row.state == self.state
            assert policy.published(row).since == self.published_since
            assert self.state != State.REVOKED or policy.published(row).reason == self.reason
            assert bool(row.crl_entry) == (self.published_since is not None)
            history = queries.history(row)
            assert [entry.number for entry in history] == list(range(len(history)))
            assert history[-1].state == self.state
            assert all(one.since <= after.since for one, after in zip(history, history[1:], strict=False))


@pytest.mark.requirement("R163")
@pytest.mark.requirement("EN 319 411-1 REV-6.3.9-04")
def test_any_sequence_of_moves(tree, caller):
    Life.context = (caller, caller.at)
    run_state_machine_as_test(
        Life,
        settings=settings(max_examples=8, stateful_step_count=10, deadline=None,
                          suppress_health_check=list(HealthCheck)),
    )
