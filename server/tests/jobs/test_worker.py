# SPDX-License-Identifier: Apache-2.0
"""The worker: each job in its time, one job's fault is its own."""

import threading
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from paraph.domain.certification import queries
from paraph.interfaces.jobs import schedule, worker
from paraph.interfaces.jobs.worker import Job
from testkit import certification


@pytest.fixture
def runs():
    return []


def test_a_job_runs_when_its_interval_has_passed_and_not_before(clock, runs):
    jobs = [Job("often", 10, lambda caller: runs.append(caller.at) or 1)]
    worker.tick(jobs, clock)
    clock.advance(seconds=9.999)
    worker.tick(jobs, clock)
    assert len(runs) == 1
    clock.advance(seconds=0.001)
    worker.tick(jobs, clock)
    assert len(runs) == 2


def test_a_job_that_fails_does_not_stop_the_others_and_is_tried_again(clock, runs, caplog):
    def fails(caller):
        runs.append("failed")
        raise RuntimeError("no")

    jobs = [Job("bad", 10, fails), Job("good", 10, lambda caller: runs.append("good") or 3)]
    assert worker.tick(jobs, clock) == {"good": 3}
    assert "job failed" in caplog.text
    clock.advance(seconds=10)
    worker.tick(jobs, clock)
    assert runs == ["failed", "good", "failed", "good"]


def test_the_caller_of_a_job_is_the_timer(clock, runs):
    worker.tick([Job("seal", 1, lambda caller: runs.append(caller) or 0)], clock)
    assert runs[0].channel == "job:seal" and runs[0].at == clock.now() and not runs[0].roles


def test_what_was_due_while_the_service_was_down_runs_once_at_the_start(clock, runs):
    jobs = [Job("daily", 86400, lambda caller: runs.append(caller.at) or 0)]
    clock.advance(days=40)
    worker.tick(jobs, clock)
    assert runs == [clock.now()]


@pytest.mark.django_db
def test_every_job_of_the_schedule_runs_on_an_empty_service(signer, clock, caplog):
    """On an installation before its ceremony no job may fall over what is not there yet, except those that say so."""
    jobs = [job for job in schedule.jobs() if job.name not in ("seal", "clock")]
    worker.tick(jobs, clock)
    assert "job failed" not in caplog.text, caplog.text
    assert all(job.due > clock.now() and job.due - clock.now() <= timedelta(days=1) for job in jobs)


@pytest.mark.django_db
def test_expired_web_sessions_are_forgotten_and_living_ones_are_kept(clock, system):
    for name, ends in (("gone", clock.now() - timedelta(microseconds=1)), ("stays", clock.now())):
        Session.objects.create(session_key=name, session_data="", expire_date=ends)
    assert schedule.forget_web_sessions(system) == 1
    assert Session.objects.get().session_key == "stays"


@pytest.mark.requirement("R171", part="here: no timer ends what is active; the relationships with banks later")
@pytest.mark.django_db(transaction=True)
def test_no_job_revokes_a_certificate_that_is_active(signer, clock, system, caplog):
    certification.demo_tree(system)
    pair = certification.active_pair(system)
    # The probe asks the network; seal and clock need what a ceremony makes beside the tree.
    jobs = [job for job in schedule.jobs() if job.name not in ("seal", "clock", "probe")]
    for days in (1, *range(30, 1000, 90)):
        clock.set(system.at + timedelta(days=days))
        worker.tick(jobs, clock)
    assert "job failed" not in caplog.text, caplog.text
    assert queries.active_pair(pair.signature.subject_id, clock.now()) == pair


def test_a_gateway_that_hangs_keeps_no_revocation_from_being_published(clock):
    stop, hanging, seen = threading.Event(), threading.Event(), []

    def hang(caller):
        hanging.wait(120)
        return 0

    def publish(caller):
        seen.append(caller.at)
        if len(seen) == 2:
            stop.set()
            hanging.set()
        return 0

    jobs = [Job("slow", 1, hang, abroad=True), Job("publish", 0, publish)]
    begun = threading.Thread(target=worker.run, args=(jobs, clock, stop))
    begun.start()
    begun.join(60)
    assert not begun.is_alive() and len(seen) == 2


def test_what_speaks_to_others_is_marked():
    assert {job.name for job in schedule.jobs() if job.abroad} >= {"deliver", "receipts", "tell-logouts"}
