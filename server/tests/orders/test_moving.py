# SPDX-License-Identifier: Apache-2.0
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit import queries as audit
from paraph.domain.notifications.models import Message
from paraph.domain.orders import queries, services
from paraph.domain.orders.lifecycle import FINAL, ORDER, OrderState
from paraph.domain.orders.models import Order
from paraph.domain.orders.policy.papers import FormCheck
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound

pytestmark = pytest.mark.both_databases

GOOD = FormCheck(complete=True, signed=True, signed_on=date(2026, 11, 24))


@pytest.mark.requirement("R003", part="later: forms on paper through a bank")
@pytest.mark.parametrize(("form", "defects"), [
    (None, ["fields", "signature", "date"]),
    (FormCheck(complete=False, signed=True, signed_on=date(2026, 11, 24)), ["fields"]),
    (FormCheck(complete=True, signed=False, signed_on=date(2026, 11, 24)), ["signature"]),
    (FormCheck(complete=True, signed=True, signed_on=None), ["date"]),
    (FormCheck(complete=True, signed=True, signed_on=date(2026, 11, 25)), ["date"]),
    (FormCheck(complete=False, signed=False, signed_on=None), ["fields", "signature", "date"]),
])
def test_a_form_without_field_signature_or_date_is_refused(place, officer, form, defects):
    order = place()
    with pytest.raises(services.FormIncomplete) as refusal:
        services.record_paper(order_id=order.id, paper="order_form", received=True, form=form, caller=officer)
    assert refusal.value.facts["defects"] == defects
    assert "order_form" in queries.missing_papers(order)


@pytest.mark.requirement("R004", part="later: papers of other products")
def test_approval_is_refused_until_no_paper_is_missing(place, vouchers, officer):
    order = place()
    services.pay_with_voucher(order_id=order.id, code=vouchers[0], caller=officer)
    services.advance(order_id=order.id, move="prove", caller=officer)
    missing = ["order_form", "identity_document"]
    for paper in list(missing):
        assert queries.missing_papers(order) == missing
        with pytest.raises(services.PapersMissing) as refusal:
            services.advance(order_id=order.id, move="approve", caller=officer)
        assert refusal.value.facts["missing"] == missing
        services.record_paper(order_id=order.id, paper=paper, received=True, form=GOOD, caller=officer)
        missing.remove(paper)
    assert services.advance(order_id=order.id, move="approve", caller=officer).decided_by == officer.person


@pytest.mark.requirement("R004", part="later: papers of other products")
def test_a_paper_taken_back_is_missing_again(proven, officer):
    services.record_paper(order_id=proven.id, paper="identity_document", received=False, caller=officer)
    with pytest.raises(services.PapersMissing):
        services.advance(order_id=proven.id, move="approve", caller=officer)


def test_a_paper_that_is_not_on_the_list_is_not_found(place, officer):
    with pytest.raises(NotFound):
        services.record_paper(order_id=place().id, paper="register_extract", received=True, caller=officer)


@pytest.mark.parametrize("move", ["prove", "approve", "prepare", "reject"])
def test_only_officers_of_the_orders_authority_decide(proven, stranger, caller, move):
    for other in (stranger, caller, Caller.system(at=caller.at, name="job:x")):
        with pytest.raises(Forbidden):
            services.advance(order_id=proven.id, move=move, caller=other)
    with pytest.raises(Forbidden):
        services.record_paper(order_id=proven.id, paper="order_form", received=True, form=GOOD, caller=stranger)


@pytest.mark.parametrize("known_by", ["matricule", "document", "names"])
def test_an_officer_cannot_serve_himself(place, marie, card, desks, system, known_by):
    """By matricule, by document, or by names and birth date: any one is enough."""
    order = place(applicant=marie(matricule="1985010112357"))
    claims = {
        "matricule": {"family_names": "Other", "given_names": "Name", "birth_date": date(1970, 1, 1),
                      "matricule": "1985010112357"},
        "document": {"family_names": "Other", "given_names": "Name", "birth_date": date(1970, 1, 1),
                     "document_type": "identity_card", "document_country": "LU", "document_number": "ab 12cd34e"},
        "names": {"family_names": "SPÉCIMEN", "given_names": "marie", "birth_date": date(1985, 1, 1)},
    }[known_by]
    person = accounts.create_person(claims=Claims(**claims), document_expires_on=date(2030, 6, 30),
                                    caller=system)
    himself = Caller(at=system.at, channel="web", person=str(person.id), scope="staff", roles=frozenset({
        Role(organisation=str(desks["operator"].id), name="registration_officer")}))
    for act in (lambda: services.advance(order_id=order.id, move="reject", caller=himself),
                lambda: services.record_paper(order_id=order.id, paper="identity_document", received=True,
                                              caller=himself)):
        with pytest.raises(services.ItIsYou):
            act()


@pytest.mark.requirement("R089", part="later: chips on hold")
def test_day_sixty_works_and_day_sixty_one_fails(proven, officer):
    last = officer.at_instant(proven.activation_deadline - timedelta(microseconds=1))
    for move in ("approve", "prepare", "begin"):
        services.advance(order_id=proven.id, move=move, caller=last)
    late = officer.at_instant(proven.activation_deadline)
    with pytest.raises(services.TooLate):
        services.advance(order_id=proven.id, move="activate", caller=late)
    assert services.advance(order_id=proven.id, move="activate", caller=last).state == "activated"


@pytest.mark.requirement("R089", part="later: chips on hold")
@pytest.mark.parametrize("reached", [(), ("approve",), ("approve", "prepare"), ("approve", "prepare", "begin")])
def test_an_order_lapses_at_its_deadline_for_ever(proven, officer, caller, reached):
    for move in reached:
        services.advance(order_id=proven.id, move=move, caller=officer)
    job = Caller.system(at=proven.activation_deadline - timedelta(microseconds=1), name="job:deadlines")
    assert queries.due_to_lapse(job.at) == []
    with pytest.raises(services.NotYet):
        services.advance(order_id=proven.id, move="lapse", caller=job)
    late = job.at_instant(proven.activation_deadline + timedelta(days=3))
    assert [order.id for order in queries.due_to_lapse(late.at)] == [proven.id]
    with pytest.raises(Forbidden):
        services.advance(order_id=proven.id, move="lapse", caller=officer.at_instant(late.at))
    lapsed = services.advance(order_id=proven.id, move="lapse", caller=late)
    assert (lapsed.state, lapsed.state_since, lapsed.activation_code_hash) == (
        "lapsed", proven.activation_deadline, "")
    assert queries.due_to_lapse(late.at) == []
    for move in ("approve", "prepare", "begin", "give_back"):
        with pytest.raises((NotAllowed, services.TooLate)):
            services.advance(order_id=proven.id, move=move, caller=officer)
    with pytest.raises(DatabaseError), transaction.atomic():
        Order.objects.filter(pk=proven.pk).update(state="prepared")


@pytest.mark.parametrize("state", list(OrderState))
@pytest.mark.parametrize("move", sorted(ORDER.moves))
def test_every_move_from_every_state(proven, officer, system, state, move):
    """What the table lists happens; everything else is refused and changes nothing."""
    order = Order.objects.get(pk=proven.pk)
    Order.objects.filter(pk=order.pk).update(state=state)
    caller = system.at_instant(order.activation_deadline) if move == "lapse" else officer
    if move in ("place", "pay", "cancel") or not ORDER.allows(state, move):
        with pytest.raises(NotAllowed):
            services.advance(order_id=order.id, move=move, caller=caller)
        order.refresh_from_db()
        assert order.state == state
        return
    assert services.advance(order_id=order.id, move=move, caller=caller).state == ORDER.moves[move][1]
    assert audit.about("order", order.id).last().about_id == str(order.id)


def test_a_rejection_keeps_its_reason_and_forgets_the_code(proven, officer):
    rejected = services.advance(order_id=proven.id, move="reject", reason="document_not_accepted", caller=officer)
    assert (rejected.state, rejected.reason, rejected.activation_code_hash) == ("rejected", "document_not_accepted", "")
    assert rejected.state in FINAL


@pytest.mark.parametrize(("contacts", "channel"), [
    ({}, "mail"), ({"email": ""}, "sms"), ({"email": "", "mobile": ""}, "letter")])
def test_a_rejection_reaches_everybody(place, marie, officer, contacts, channel):
    order = place(applicant=marie(**contacts))
    services.advance(order_id=order.id, move="reject", reason="withdrawn", caller=officer)
    message = Message.objects.get(template="order_rejected")
    assert message.channel == channel
    if channel == "letter":
        assert message.recipient["postal"] == ["Marie Specimen", "2, rue du Fossé", "L-1536 Luxembourg"]


def test_a_customer_takes_back_what_is_not_paid(place, vouchers, caller):
    order = place()
    with pytest.raises(NotFound):
        services.cancel(reference=order.reference, follow_secret="x" * 43, caller=caller)
    secret = queries.follow_secret(order.id)
    assert services.cancel(reference=order.reference, follow_secret=secret, caller=caller).state == "cancelled"
    paid = place()
    services.pay_with_voucher(order_id=paid.id, code=vouchers[0], caller=caller)
    with pytest.raises(NotAllowed):
        services.cancel(reference=paid.reference, follow_secret=queries.follow_secret(paid.id), caller=caller)
