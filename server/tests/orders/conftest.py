# SPDX-License-Identifier: Apache-2.0
"""The demo operator with its desks and terms, and an order of Marie's in which anything can be replaced."""

from datetime import date, timedelta

import pytest

from paraph.config import seeds
from paraph.domain.accounts import queries as accounts
from paraph.domain.orders import services
from paraph.domain.orders.policy import Applicant, Document
from paraph.domain.orders.policy.papers import FormCheck
from paraph.domain.organisations import queries as organisations
from paraph.kernel import tokens
from paraph.kernel.caller import Caller, Role


@pytest.fixture
def desks(db, system):
    seeds.make_organisations(system)
    return {slug: organisations.by_slug(slug) for slug in ("operator", "desk-north", "bank-plume", "desk-closed")}


@pytest.fixture
def terms(db, system):
    seeds.make_partners_and_texts(system)
    return accounts.current_text("terms", "fr", system.at)


@pytest.fixture
def marie():
    """Who Marie says she is; keyword arguments replace what she says."""

    def applicant(**changes) -> Applicant:
        values = {"family_names": "Specimen", "given_names": "Marie", "birth_date": date(1985, 1, 1),
                  "street": "2, rue du Fossé", "postcode": "L-1536", "city": "Luxembourg", "country": "LU",
                  "email": "marie@post.example", "mobile": "+352621123456"}
        return Applicant(**(values | changes))

    return applicant


@pytest.fixture
def card():
    def document(**changes) -> Document:
        values = {"type": "identity_card", "number": "AB12CD34E", "country": "LU", "expires_on": date(2030, 6, 30)}
        return Document(**(values | changes))

    return document


@pytest.fixture
def place(desks, terms, caller, marie, card):
    """Places Marie's order of a private Token at the operator's own desk."""

    def placing(**changes):
        values = {"attempt": tokens.uuid7(), "product": "token", "use": "private", "channel": "desk",
                  "authority_id": desks["operator"].id, "applicant": marie(), "document": card(),
                  "activation_code": "CD34E", "texts": [terms.id], "language": "fr", "caller": caller}
        return services.place(**(values | changes))

    return placing


def officer_of(organisation, at) -> Caller:
    return Caller(at=at, channel="web", person=str(tokens.uuid7()), scope="staff", session=str(tokens.uuid7()),
                  roles=frozenset({Role(organisation=str(organisation.id), name="registration_officer")}))


@pytest.fixture
def officer(desks, caller):
    """A registration officer of the operator's desk."""
    return officer_of(desks["operator"], caller.at)


@pytest.fixture
def stranger(desks, caller):
    """An officer of another desk."""
    return officer_of(desks["desk-north"], caller.at)


@pytest.fixture
def vouchers(desks, system):
    return services.create_vouchers(giver=desks["bank-plume"].id, count=3, expires_at=system.at + timedelta(days=30),
                                    caller=system)


@pytest.fixture
def proven(place, vouchers, officer):
    """Marie's order, paid, her identity proven, its papers received: ready for approval."""
    order = place()
    services.pay_with_voucher(order_id=order.id, code=vouchers[0], caller=officer)
    services.record_paper(order_id=order.id, paper="order_form", received=True, caller=officer,
                          form=FormCheck(complete=True, signed=True, signed_on=date(2026, 11, 24)))
    services.record_paper(order_id=order.id, paper="identity_document", received=True, caller=officer)
    return services.advance(order_id=order.id, move="prove", caller=officer)
