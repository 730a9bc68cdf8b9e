# SPDX-License-Identifier: Apache-2.0
"""One confirmation, many at once, on both databases: exactly one code, exactly one decision."""

from dataclasses import replace

import pytest

from paraph.domain.audit.models import Event
from paraph.domain.authentication import services
from paraph.domain.authentication.models import Confirmation, ConfirmationEvidence, Credential
from paraph.domain.authentication.policy import Asked
from paraph.domain.partners import services as partners
from paraph.kernel import tokens
from paraph.kernel.errors import NotFound
from testkit import holders
from testkit.races import at_once

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
TIMES = 32


@pytest.fixture
def waiting(transactional_db, signer, clock, system, caller):
    """A confirmation that waits for a Token, its holder, and himself in his session."""
    holders.tree(system)
    marie = holders.new(system)
    holders.activate(marie, system)
    clock.advance(minutes=1)
    partner = partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], caller=system)
    at = caller.at_instant(clock.now())
    login = services.check_first_step(user_id=marie.user_id, password=holders.PASSWORD, device="token", caller=at)
    step = services.check_code(transaction_id=login.transaction_id, code=marie.code(at.at), caller=at)
    clock.advance(seconds=30)
    own = replace(at.at_instant(clock.now()), identity=str(marie.identity.id), person=str(marie.identity.person_id),
                  session=str(step.session_id), scope="full")
    row = services.ask_confirmation(partner_id=partner.id, client_id="bank", asked=Asked("1 250,00 €"),
                                    request_id=tokens.uuid7(), caller=own)
    return services.show_confirmation(confirmation_id=row.id, device=marie.device.serial, caller=own), marie, own


def test_one_right_code_thirty_two_times_confirms_once(waiting):
    row, marie, own = waiting
    outcomes = at_once(lambda _: services.confirm(confirmation_id=row.id, code=marie.code(own.at), caller=own), TIMES)
    assert outcomes.count("confirmed") == 1
    assert set(outcomes) <= {"confirmed", "busy", "over"}
    assert ConfirmationEvidence.objects.count() == 1
    assert Event.objects.filter(code="authentication.confirmation.confirmed").count() == 1
    assert Credential.objects.get().failures == 0


def test_of_thirty_two_guessed_codes_never_more_than_the_limit_are_tried(waiting, signer):
    row, marie, own = waiting
    before, wrong = len(signer.record()), f"{(int(marie.code(own.at)) + 1) % 10**6:06d}"
    outcomes = at_once(lambda _: services.confirm(confirmation_id=row.id, code=wrong, caller=own), TIMES)
    assert set(outcomes) <= {"wrong", "busy"}
    assert len(signer.record()) - before <= 5
    assert Credential.objects.get().failures <= 5


@pytest.mark.parametrize("first", range(4))
def test_confirm_cancel_report_and_lapse_at_once_decide_once(waiting, system, signer, first):
    row, marie, own = waiting
    late = system.at_instant(row.expires_at)
    ways = [lambda: services.confirm(confirmation_id=row.id, code=marie.code(own.at), caller=own),
            lambda: services.cancel_confirmation(confirmation_id=row.id, caller=own),
            lambda: services.report_confirmation(confirmation_id=row.id, caller=own),
            lambda: services.lapse_confirmations(caller=late)]
    at_once(lambda number: str(ways[(number + first) % 4]()), 16)
    row.refresh_from_db()
    decided = Event.objects.filter(code__startswith="authentication.confirmation.").exclude(
        code__endswith=".asked").exclude(code__endswith=".shown").exclude(code__endswith=".code_refused")
    assert [event.code.rpartition(".")[2] for event in decided] == [row.state]
    assert row.state in ("confirmed", "cancelled", "reported", "lapsed")
    assert ConfirmationEvidence.objects.count() == (row.state == "confirmed")
    signed = [entry for entry in signer.record() if entry.event == "holder.signed" and entry.facts["kind"] == "confirm"]
    assert len(signed) == (row.state == "confirmed"), "a key that signed has confirmed"


def test_thirty_two_questions_of_one_partner_leave_three(waiting):
    row, _, own = waiting
    at_once(lambda _: services.ask_confirmation(partner_id=row.partner_id, client_id="bank", asked=Asked("x"),
                                                 request_id=tokens.uuid7(),
                                                caller=own), TIMES)
    assert Confirmation.objects.count() == 3


def test_one_question_thirty_two_times_is_one(waiting):
    row, _, own = waiting
    request = tokens.uuid7()
    at_once(lambda _: services.ask_confirmation(partner_id=row.partner_id, client_id="bank", asked=Asked("x"),
                                                 request_id=request, caller=own),
            TIMES)
    assert Confirmation.objects.filter(request=request).count() == 1


def test_one_request_opened_by_two_holders_at_once_is_the_first_ones(waiting, system, caller, clock):
    """Somebody sends the address of his own request to another: both press at one instant."""
    row, _, own = waiting
    jean = holders.new(system, given_names="Jean", family_names="Weber")
    holders.activate(jean, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    at = caller.at_instant(clock.now())
    login = services.check_first_step(user_id=jean.user_id, password=holders.PASSWORD, device="token", caller=at)
    step = services.check_code(transaction_id=login.transaction_id, code=jean.code(at.at), caller=at)
    both = (own.at_instant(at.at), replace(at, identity=str(jean.identity.id), person=str(jean.identity.person_id),
                                           session=str(step.session_id), scope="full"))
    for _ in range(8):
        request = tokens.uuid7()
        outcomes = at_once(lambda number, request=request: _asked(row, request, both[number]), 2)
        assert sorted(outcomes) == ["", "asked"]
        first = Confirmation.objects.get(request=request)
        services.cancel_confirmation(confirmation_id=first.id,
                                     caller=next(holder for holder in both if holder.identity == str(first.identity_id)))


def _asked(row, request, holder):
    try:
        services.ask_confirmation(partner_id=row.partner_id, client_id="bank", asked=Asked("x"), request_id=request,
                                  caller=holder)
    except NotFound:
        return ""
    return "asked"
