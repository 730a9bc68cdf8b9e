# SPDX-License-Identifier: Apache-2.0
"""What a partner's program is told of devices is what the door offers and what the directory says."""

import re

import pytest
from django.conf import settings
from django.test import Client

from paraph.domain.authentication import queries as authentication
from paraph.domain.devices.methods import passkey
from paraph.domain.identity_provider import services
from paraph.domain.partners import services as partners

from .flow import CALLBACK

pytestmark = pytest.mark.django_db


@pytest.fixture
def registered(tree, system):
    def go(*accepts, level="substantial"):
        partner = partners.register(slug="p", name={"fr": "P", "de": "P", "en": "P"}, category="state", accepts=accepts,
                                    minimum_level=level, caller=system)
        services.register_client(client_id="p", partner_id=partner.id, redirect_addresses=[CALLBACK], caller=system)
        return partner
    return go


def told(name="p"):
    browser = Client()
    address = browser.get("/.well-known/openid-configuration").json()["devices_endpoint"]
    return browser.get(address.removeprefix(settings.URL), {"client_id": name})


@pytest.mark.requirement("R074", "R105", part="here: what programs are told; the door in other tests")
@pytest.mark.parametrize(("accepts", "offered"), [
    (["token"], ["token"]), (["scan", "token"], ["token", "scan"]), (["app", "scan"], ["scan"]), (["smartcard"], [])])
def test_what_it_accepts_and_can_log_in_today(registered, accepts, offered):
    partner = registered(*accepts)
    answer = told()
    assert answer.json() == {"client_id": "p", "devices": offered} and "max-age" in answer["Cache-Control"]
    assert list(authentication.devices_at(partner)) == offered


def test_a_passkey_only_where_the_operator_has_them_and_they_reach_the_level(registered, monkeypatch):
    registered("token", "passkey")
    monkeypatch.setattr(passkey, "current", lambda: None)
    assert told().json()["devices"] == ["token"]


@pytest.mark.parametrize("name", ["", "nobody", "x" * 5000, "p\0"])
def test_for_an_unknown_program_there_is_no_list(registered, name):
    registered("token")
    assert told(name).status_code in (400, 404)


@pytest.mark.requirement("R208", part="here: what the product page says; the app later")
@pytest.mark.requirement("R210", part="here: what the product page says")
def test_the_page_of_the_scan_says_beside_what_it_is_added(db):
    page = Client().get("/products/scan/").content.decode()
    assert re.search(r"qui a déjà\s:\s+Token\. Appelez-nous\.", page)
