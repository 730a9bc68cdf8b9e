# SPDX-License-Identifier: Apache-2.0
"""The last button of the order, pressed many times at one instant: one order, and no error for anybody."""

from datetime import date

import pytest

from paraph.config import seeds
from paraph.domain.accounts import queries as accounts
from paraph.domain.orders import services
from paraph.domain.orders.models import Order
from paraph.domain.orders.policy import Applicant, Document
from paraph.domain.organisations import queries as organisations
from paraph.kernel import tokens


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_one_order_and_the_same_answer_for_all(system, caller, at_once):
    seeds.make_organisations(system)
    seeds.make_partners_and_texts(system)
    given = {
        "attempt": tokens.uuid7(), "product": "token", "use": "private", "channel": "desk",
        "authority_id": organisations.by_slug("operator").id, "activation_code": "CD34E", "language": "fr",
        "texts": [accounts.current_text("terms", "fr", system.at).id], "caller": caller,
        "applicant": Applicant(family_names="Specimen", given_names="Marie", birth_date=date(1985, 1, 1),
                               street="2, rue du Fossé", postcode="L-1536", city="Luxembourg", country="LU",
                               email="marie@post.example", mobile=""),
        "document": Document(type="identity_card", number="AB12CD34E", country="LU", expires_on=date(2030, 6, 30))}
    answers = at_once(lambda _number: services.place(**given).id)
    assert set(answers) == {Order.objects.get().id}
