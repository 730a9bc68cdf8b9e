# SPDX-License-Identifier: Apache-2.0
"""A browser without JavaScript in front of the demo operator's shop."""

from datetime import timedelta

import pytest
from lxml import html

from paraph.config import seeds
from paraph.domain.orders import services
from paraph.domain.orders.models import Order
from paraph.domain.organisations import queries as organisations


@pytest.fixture
def shop(db, system):
    seeds.make_organisations(system)
    seeds.make_partners_and_texts(system)


@pytest.fixture
def vouchers(shop, system):
    return services.create_vouchers(giver=organisations.by_slug("bank-plume").id, count=2, caller=system,
                                    expires_at=system.at + timedelta(days=30))


@pytest.fixture
def answers(shop):
    """What Marie types on each page of the journey."""
    return {
        "applicant": {"family_names": "Specimen", "given_names": "Marie"},
        "document": {"type": "identity_card", "country": "LU", "number": "AB12CD34E", "expires_on_day": "30",
                     "expires_on_month": "6", "expires_on_year": "2030", "mrz": ""},
        "birth": {"birth_date_day": "1", "birth_date_month": "1", "birth_date_year": "1985",
                  "street": "2, rue du Fossé", "postcode": "L-1536", "city": "Luxembourg", "country": "LU"},
        "contact": {"email": "marie@post.example", "mobile": "621 123 456"},
        "code": {"activation_code": "CD34E"},
        "authority": {"authority": str(organisations.by_slug("operator").id)},
        "terms": {"accepted": "on"},
    }


def address(page: str) -> str:
    return f"/shop/token/private/{page}/"


@pytest.fixture
def fill(client, answers):
    """Answers the pages of the journey up to the one named; returns the last answer."""

    def filling(until: str = "terms", **changes):
        response = None
        for page, values in answers.items():
            response = client.post(address(page), values | changes.get(page, {}))
            if page == until:
                break
        return response

    return filling


@pytest.fixture
def ordered(fill):
    """An order placed through the pages, and its link."""
    link = fill()["Location"].removesuffix("pay/")
    return Order.objects.get(), link


def words(response) -> str:
    """What a person reads on the page."""
    document = html.fromstring(response.content)
    return " ".join(document.xpath("//main")[0].text_content().split())


@pytest.fixture
def read():
    return words
