# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from paraph.domain.audit import queries as audit
from paraph.domain.orders import services
from paraph.domain.orders.models import Order, Payment, Voucher
from paraph.domain.orders.services import PaymentOutcome
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound
from testkit.races import at_once

pytestmark = [pytest.mark.requirement("R058"), pytest.mark.both_databases]


@pytest.fixture
def order(place):
    return place()


def test_a_valid_voucher_pays_everything_and_is_consumed(order, vouchers, caller):
    assert services.pay_with_voucher(order_id=order.id, code=vouchers[0], caller=caller) == PaymentOutcome.ACCEPTED
    order.refresh_from_db()
    assert (order.state, order.payment.amount, order.voucher.state) == ("paid", 0, "used")
    assert [event.code for event in audit.about("order", order.id)][-1] == "orders.order.paid"


def test_a_code_is_typed_as_people_type_it(order, vouchers, caller):
    typed = vouchers[0].lower().replace("-", "  ")
    assert services.pay_with_voucher(order_id=order.id, code=typed, caller=caller) == PaymentOutcome.ACCEPTED


def test_a_second_use_is_refused(order, place, vouchers, caller):
    services.pay_with_voucher(order_id=order.id, code=vouchers[0], caller=caller)
    second = place()
    assert services.pay_with_voucher(order_id=second.id, code=vouchers[0], caller=caller) == PaymentOutcome.USED
    second.refresh_from_db()
    assert second.state == "placed"
    assert not Payment.objects.filter(order=second).exists()
    refused = audit.about("order", second.id).last()
    assert (refused.code, refused.facts["outcome"]) == ("orders.voucher.refused", "used")


def test_an_unknown_code_is_refused(order, caller):
    assert services.pay_with_voucher(order_id=order.id, code="AAAA-BBBB-CCCC", caller=caller) == PaymentOutcome.UNKNOWN
    assert services.pay_with_voucher(order_id=order.id, code="", caller=caller) == PaymentOutcome.UNKNOWN


@pytest.mark.parametrize(("late", "outcome"), [
    (timedelta(microseconds=-1), PaymentOutcome.ACCEPTED), (timedelta(0), PaymentOutcome.EXPIRED)])
def test_a_voucher_is_good_until_its_last_instant(order, vouchers, caller, late, outcome):
    expires_at = Voucher.objects.first().expires_at
    assert services.pay_with_voucher(
        order_id=order.id, code=vouchers[0], caller=caller.at_instant(expires_at + late)) == outcome


def test_a_paid_order_owes_nothing_more(order, vouchers, caller):
    services.pay_with_voucher(order_id=order.id, code=vouchers[0], caller=caller)
    with pytest.raises(NotAllowed):
        services.pay_with_voucher(order_id=order.id, code=vouchers[1], caller=caller)
    assert Voucher.objects.filter(state="issued").count() == 2


def test_an_order_out_of_time_takes_no_voucher(order, vouchers, caller):
    with pytest.raises(services.TooLate):
        services.pay_with_voucher(order_id=order.id, code=vouchers[0], caller=caller.at_instant(order.activation_deadline))
    assert Voucher.objects.filter(state="issued").count() == 3


def test_five_wrong_codes_pause_the_order_for_an_hour(order, vouchers, caller):
    for _ in range(5):
        assert services.pay_with_voucher(order_id=order.id, code="WRONG", caller=caller) == PaymentOutcome.UNKNOWN
    right = {"order_id": order.id, "code": vouchers[0]}
    late = caller.at_instant(caller.at + timedelta(hours=1) - timedelta(microseconds=1))
    assert services.pay_with_voucher(**right, caller=late) == PaymentOutcome.TOO_MANY
    again = caller.at_instant(caller.at + timedelta(hours=1))
    assert services.pay_with_voucher(**right, caller=again) == PaymentOutcome.ACCEPTED


def test_an_unknown_order_is_not_found(vouchers, caller):
    for wrong in ("", "nothing", None):
        with pytest.raises(NotFound):
            services.pay_with_voucher(order_id=wrong, code=vouchers[0], caller=caller)


def test_codes_of_vouchers_are_stored_nowhere(vouchers, desks):
    stored = [str(value) for row in Voucher.objects.values_list() for value in row]
    for code in vouchers:
        assert not any(code in text or code.replace("-", "") in text for text in stored)


def test_only_the_operator_makes_vouchers(desks, officer, caller):
    for stranger in (officer, caller):
        with pytest.raises(Forbidden):
            services.create_vouchers(giver=desks["operator"].id, count=1, expires_at=caller.at, caller=stranger)


def test_a_used_voucher_stays_used(order, vouchers, caller):
    services.pay_with_voucher(order_id=order.id, code=vouchers[0], caller=caller)
    with pytest.raises(DatabaseError), transaction.atomic():
        Voucher.objects.filter(order=order).update(state="issued")
    with pytest.raises(DatabaseError), transaction.atomic():
        Voucher.objects.filter(order=order).delete()


@pytest.mark.django_db(transaction=True)
def test_one_voucher_sixteen_times_at_once_pays_one_order(place, vouchers, caller):
    orders = [place() for _ in range(16)]
    outcomes = at_once(lambda number: services.pay_with_voucher(order_id=orders[number].id, code=vouchers[0], caller=caller))
    assert sorted(outcomes) == [PaymentOutcome.ACCEPTED, *[PaymentOutcome.USED] * 15]
    assert Order.objects.filter(state="paid").count() == Payment.objects.count() == 1
    assert connection.vendor in ("sqlite", "postgresql")
