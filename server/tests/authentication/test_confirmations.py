# SPDX-License-Identifier: Apache-2.0
"""The record of what a partner asks a holder to confirm: its moves, its limits in time, its counters."""

import json
from datetime import timedelta
from uuid import uuid5

import pytest
from django.db import DatabaseError, connection, transaction

from paraph.domain.audit.models import Event
from paraph.domain.authentication import queries, services
from paraph.domain.authentication.models import Confirmation, ConfirmationEvidence, Credential, Session
from paraph.domain.authentication.policy import Asked
from paraph.domain.authentication.services import (
    ConfirmationOver,
    ConfirmOutcome,
    DeviceNotAccepted,
    TooManyConfirmations,
)
from paraph.domain.certification import queries as certificates
from paraph.domain.certification import services as certification
from paraph.domain.certification.models import Alarm
from paraph.domain.devices import services as devices
from paraph.domain.notifications.models import Message
from paraph.domain.partners import services as partners
from paraph.kernel import tokens
from paraph.kernel.errors import Forbidden, NotFound
from testkit import holders

from .conftest import TEXT


def confirm(row, code, caller):
    return services.confirm(confirmation_id=row.id, code=code, caller=caller)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def state(row):
    return Confirmation.objects.get(pk=row.id).state


# --- moves ------------------------------------------------------------------------------------------------------------


def test_from_the_question_to_the_proof(shown, here, marie, clock):
    row = shown()
    assert (row.state, row.shown_at, row.code_until) == ("shown", clock.now(), clock.now() + timedelta(seconds=180))
    assert confirm(row, marie.code(clock.now()), here()) is ConfirmOutcome.CONFIRMED
    row.refresh_from_db()
    assert (row.state, row.decided_at, row.claimed_at) == ("confirmed", clock.now(), None)
    proof = queries.confirmation_proof(row.id)
    assert json.loads(proof.statement)["text"] == TEXT and proof.evidence == "server-bound" and len(proof.certificates) == 3
    message = Message.objects.get(template="confirmation_given")
    assert "Banque Exemple" in json.dumps(message.content) and TEXT not in json.dumps(message.content)
    assert [code for code in Event.objects.order_by("id").values_list("code", flat=True) if "confirmation" in code] == [
        "authentication.confirmation.asked", "authentication.confirmation.shown", "authentication.confirmation.confirmed"]


@pytest.mark.parametrize("decide", [services.cancel_confirmation, services.report_confirmation])
@pytest.mark.parametrize("waits", [False, True])
def test_a_decision_is_final(ask, shown, here, marie, clock, decide, waits):
    row = shown() if waits else ask()
    decide(confirmation_id=row.id, caller=here())
    for again in (services.cancel_confirmation, services.report_confirmation):
        with pytest.raises(ConfirmationOver):
            again(confirmation_id=row.id, caller=here())
    with pytest.raises(ConfirmationOver):
        services.show_confirmation(confirmation_id=row.id, device=marie.device.serial, caller=here())
    assert confirm(row, marie.code(clock.now()), here()) is ConfirmOutcome.OVER
    assert not ConfirmationEvidence.objects.exists()
    with pytest.raises(DatabaseError), transaction.atomic():
        Confirmation.objects.filter(pk=row.id).update(state="confirmed")
    with pytest.raises(DatabaseError), transaction.atomic():
        Confirmation.objects.filter(pk=row.id).delete()


def test_evidence_is_never_changed(shown, here, marie, clock):
    confirm(shown(), marie.code(clock.now()), here())
    for change in (lambda rows: rows.update(signature=b""), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(ConfirmationEvidence.objects.all())


def test_text_and_statement_lie_sealed(shown, here, marie, clock):
    confirm(shown(), marie.code(clock.now()), here())
    with connection.cursor() as cursor:
        for table in ("authentication_confirmation", "authentication_confirmationevidence"):
            cursor.execute(f"SELECT * FROM {table}")
            assert b"LU28" not in b"".join(bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                                           for value in cursor.fetchone())


def test_asked_again_for_the_same_request_it_is_the_one_that_there_is(ask):
    request = tokens.uuid7()
    assert ask(request=request).id == ask("another text", request=request).id
    assert Confirmation.objects.get().text == TEXT


def test_a_report_ends_the_login_that_it_came_from_and_alarms(ask, here, marie, clock, caller):
    row = ask()
    login = services.check_first_step(user_id=marie.user_id, password=holders.PASSWORD, device="token",
                                      caller=caller.at_instant(clock.now()))
    own = services.check_code(transaction_id=login.transaction_id, code=marie.code(clock.now()),
                              caller=caller.at_instant(clock.now()))
    services.report_confirmation(confirmation_id=row.id, caller=here(session=str(own.session_id)))
    assert Session.objects.get(pk=row.session_id).end_reason == "confirmation_reported"
    assert Session.objects.get(pk=own.session_id).ended_at is None
    alarm = Alarm.objects.get()
    assert (alarm.code, alarm.about, alarm.facts["reference"]) == (
        "confirmation_reported", marie.identity.ssn, row.reference)
    assert Message.objects.filter(template="confirmation_reported").count() == 1


def test_who_asks_and_reports_again_and_again_is_one_alarm(ask, here):
    for _ in range(5):
        row = ask()
        services.report_confirmation(confirmation_id=row.id, caller=here())
    alarm = Alarm.objects.get()
    assert (alarm.times, alarm.facts["reference"]) == (5, row.reference)


def test_reported_in_the_very_session_the_holder_stays_logged_in(ask, here):
    row = ask()
    services.report_confirmation(confirmation_id=row.id, caller=here())
    assert Session.objects.get(pk=row.session_id).ended_at is None


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{"scope": "suspended"}, {"scope": "devices"}, {"identity": ""}, {"session": ""}])
def test_only_a_holder_in_a_full_session_is_asked(bank, here, changes):
    with pytest.raises(Forbidden):
        services.ask_confirmation(partner_id=bank.id, client_id="bank", asked=Asked(TEXT), request_id=tokens.uuid7(),
                                  caller=here(**changes))
    assert not Confirmation.objects.exists()


def test_a_suspended_holder_confirms_nothing(shown, here, marie, clock, system, ask):
    row, asked = shown(), ask("x")
    certification.suspend(generation=holders.generation_of(marie), reason="holder_request", caller=system.at_instant(clock.now()))
    with pytest.raises(Forbidden):
        confirm(row, marie.code(clock.now()), here())
    with pytest.raises(Forbidden):
        services.show_confirmation(confirmation_id=asked.id, device=marie.device.serial, caller=here())
    assert state(row) == "shown" and Credential.objects.get().failures == 0
    certification.resume(generation=holders.generation_of(marie), caller=system.at_instant(clock.now()))
    assert confirm(row, marie.code(clock.now()), here()) is ConfirmOutcome.CONFIRMED


def test_another_holder_finds_nothing(shown, here, marie, clock):
    row, other = shown(), here(identity=str(tokens.uuid7()))
    for call in (lambda: services.cancel_confirmation(confirmation_id=row.id, caller=other),
                 lambda: services.report_confirmation(confirmation_id=row.id, caller=other),
                 lambda: services.show_confirmation(confirmation_id=row.id, device=marie.device.serial, caller=other),
                 lambda: confirm(row, marie.code(clock.now()), other),
                 lambda: services.ask_confirmation(partner_id=row.partner_id, client_id="bank", asked=Asked(TEXT),
                                                   request_id=row.request,
                                                   caller=other),
                 lambda: queries.own_confirmation(row.id, other)):
        with pytest.raises((NotFound, Forbidden)):
            call()
    assert state(row) == "shown"


def test_a_device_that_is_not_his_or_not_accepted_is_not_asked(ask, here, marie, bank, system):
    row = ask()
    for device in ("T-00000000", "passkey", ""):
        with pytest.raises(DeviceNotAccepted):
            services.show_confirmation(confirmation_id=row.id, device=device, caller=here())
    partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["scan"], caller=system)
    with pytest.raises(DeviceNotAccepted):
        services.show_confirmation(confirmation_id=row.id, device=marie.device.serial, caller=here())


def test_a_device_that_was_disabled_meanwhile_confirms_nothing(shown, here, marie, clock, system):
    row = shown()
    devices.disable(device_id=marie.device.id, reason="lost", caller=here())
    assert confirm(row, marie.code(clock.now()), here()) is ConfirmOutcome.OVER
    assert state(row) == "shown"


def test_a_certificate_that_was_renewed_meanwhile_needs_a_new_wait(shown, here, marie, clock):
    row = shown()
    Confirmation.objects.filter(pk=row.id).update(key_id="the-key-of-before")
    assert confirm(row, marie.code(clock.now()), here()) is ConfirmOutcome.OVER
    assert state(row) == "shown" and not ConfirmationEvidence.objects.exists()


def test_three_of_a_partner_wait_at_once_and_answered_ones_make_room(ask):
    rows = [ask() for _ in range(3)]
    with pytest.raises(TooManyConfirmations):
        ask()
    Confirmation.objects.filter(pk=rows[0].id).update(expires_at=rows[0].asked_at)
    assert ask()


def test_what_no_device_could_show_is_not_asked(bank, here):
    for asked in (Asked(), Asked("a\u202e"), Asked("x" * 601), Asked(digest="ab" * 32)):
        with pytest.raises(ValueError, match=r"\w"):
            services.ask_confirmation(partner_id=bank.id, client_id="bank", asked=asked, request_id=tokens.uuid7(), caller=here())


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("late", "outcome"), [(timedelta(0), "confirmed"), (timedelta(microseconds=1), "over")])
def test_a_code_is_good_for_180_seconds(shown, here, marie, clock, late, outcome):
    row = shown()
    code = marie.code(clock.now() + timedelta(seconds=150))
    clock.set(row.shown_at + timedelta(seconds=180) + late)
    assert confirm(row, code, here()) == outcome
    if outcome == "over":
        assert services.show_confirmation(confirmation_id=row.id, device=marie.device.serial, caller=here())


@pytest.mark.parametrize(("early", "outcome"), [(timedelta(microseconds=1), "confirmed"), (timedelta(0), "over")])
def test_it_waits_for_five_minutes_whatever_its_code(ask, here, marie, clock, early, outcome):
    row = ask()
    assert row.expires_at == clock.now() + timedelta(minutes=5)
    clock.set(row.expires_at - timedelta(seconds=60))
    row = services.show_confirmation(confirmation_id=row.id, device=marie.device.serial, caller=here())
    assert row.code_until == row.expires_at
    code = marie.code(clock.now())
    clock.set(row.expires_at - early)
    assert confirm(row, code, here()) == outcome


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=3)])
def test_what_nobody_answered_lapses_at_its_deadline_also_after_days_of_rest(ask, here, clock, system, late):
    """The job may have been down: the instant is the deadline."""
    row = ask()
    clock.set(row.expires_at - timedelta(microseconds=1))
    assert services.lapse_confirmations(caller=system.at_instant(clock.now())) == 0
    clock.set(row.expires_at + late)
    with pytest.raises(ConfirmationOver):
        services.cancel_confirmation(confirmation_id=row.id, caller=here())
    assert queries.pending_confirmations(row.identity_id, clock.now()) == []
    assert list(queries.past_confirmations(row.identity_id, clock.now())) == [row]
    assert services.lapse_confirmations(caller=system.at_instant(clock.now())) == 1
    row.refresh_from_db()
    assert (row.state, row.decided_at, row.state_since) == ("lapsed", row.expires_at, row.expires_at)
    assert services.lapse_confirmations(caller=system.at_instant(clock.now())) == 0


def test_a_new_wait_makes_the_code_of_before_worthless_and_needs_a_new_one(shown, here, marie, clock, signer):
    row = shown()
    before = row.signer_session
    again = services.show_confirmation(confirmation_id=row.id, device=marie.device.serial, caller=here())
    assert again.signer_session != before and again.statement != row.statement
    assert confirm(again, marie.code(clock.now()), here()) is ConfirmOutcome.CONFIRMED
    assert ConfirmationEvidence.objects.get().signer_session == again.signer_session


# --- counting ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R150")
def test_five_wrong_codes_block_and_the_right_one_is_not_told_any_more(shown, here, marie, clock):
    row, code = shown(), marie.code(clock.now())
    for number in range(1, 6):
        assert confirm(row, wrong(code), here()) is ConfirmOutcome.WRONG
        assert Credential.objects.get().failures == number
    assert confirm(row, code, here()) is ConfirmOutcome.WRONG
    assert state(row) == "shown" and Credential.objects.get().failures == 5
    assert Event.objects.filter(code="authentication.account.blocked").count() == 1


def test_a_right_code_forgets_the_wrong_ones_and_a_malformed_one_counts_not(shown, here, marie, clock):
    row, code = shown(), marie.code(clock.now())
    assert confirm(row, wrong(code), here()) is ConfirmOutcome.WRONG
    for malformed in ("", "12345", "1234567", "12345a"):
        assert confirm(row, malformed, here()) is ConfirmOutcome.MALFORMED
    assert Credential.objects.get().failures == 1
    assert confirm(row, code, here()) is ConfirmOutcome.CONFIRMED
    assert Credential.objects.get().failures == 0


def test_the_signers_record_names_the_use(shown, here, marie, clock, signer):
    row = shown()
    confirm(row, marie.code(clock.now()), here())
    row.refresh_from_db()
    [line] = [entry for entry in signer.record() if entry.event == "holder.signed" and entry.facts["kind"] == "confirm"]
    key = certificates.active_pair(row.identity_id, clock.now()).authentication.key_id
    assert (line.facts["key"], line.facts["attempt"]) == (key, str(uuid5(row.attempt, "sign")))
