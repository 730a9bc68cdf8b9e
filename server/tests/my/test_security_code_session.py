# SPDX-License-Identifier: Apache-2.0
"""What somebody reads whom a security code let in: what this session is for, and what needs a login with a product (R135)."""

import re

import pytest
from django.test import Client

from paraph.domain.devices import services as devices
from paraph.domain.devices.methods import passkey
from paraph.domain.devices.models import Device
from paraph.kernel.caller import Caller
from paraph.signer import client as signer_client
from testkit.applications import log_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requirement("R135")]
ONLY = {"fr": "permet seulement de gérer vos produits", "de": "nur Ihre Produkte verwalten",
        "en": "only for managing your products"}
BY_ANOTHER = "Pour l’activer, connectez-vous avec un autre produit"


@pytest.fixture
def inside(holder, clock):
    def go(scope):
        browser = Client(HTTP_HOST="localhost")
        log_in(browser, identity_id=holder.identity.id, person_id=holder.identity.person_id, scope=scope, at=clock.now())
        return browser
    return go


@pytest.fixture
def with_passkeys():
    before = passkey.current()
    passkey.use(passkey.relying_party({}, url="http://localhost:8000", name="Paraph"))
    yield
    passkey.use(before)


@pytest.fixture
def sent_scan(holder, clock):
    system = Caller.system(at=clock.now(), name="cli:test")
    devices.import_stock(scans=[devices.ScanKey(serial="SC-1", factory_key=bytes(range(32)))], signer=signer_client.bound(),
                         caller=system)
    return devices.assign(identity_id=holder.identity.id, serial="SC-1", caller=system)


def main(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode().split("<main")[1].split("</main>")[0]).split())


@pytest.mark.parametrize("language", ONLY)
@pytest.mark.parametrize("scope", ["devices", "replacement", "staff"])
def test_a_page_that_is_closed_says_what_the_session_is_for_and_leads_there(inside, scope, language):
    answer = inside(scope).get(f"/my/messages?language={language}")
    assert answer.status_code == 403
    page = answer.content.decode().split("<main")[1]
    assert (ONLY[language] in page and 'href="/my/"' in page) is (scope != "staff")


@pytest.mark.parametrize("scope", ["devices", "full"])
def test_a_new_scan_that_the_token_must_allow_is_told_apart(inside, sent_scan, scope):
    browser = inside(scope)
    page, link = browser.get("/my/products"), f"/my/products/{sent_scan.id}/add"
    assert (BY_ANOTHER in main(page)) is (link not in page.content.decode()) is (scope == "devices")
    assert browser.post(link).status_code == (302 if scope == "full" else 403)


def test_where_no_device_works_nobody_is_sent_to_one(inside, sent_scan, holder, clock):
    for device in Device.objects.filter(identity=holder.identity, state="active"):
        devices.disable(device_id=device.id, reason="lost", caller=Caller.system(at=clock.now(), name="cli:test"))
    assert BY_ANOTHER not in main(inside("devices").get("/my/products"))


@pytest.mark.parametrize("scope", ["devices", "full"])
def test_passkeys_are_added_after_a_login_with_a_device_alone(inside, with_passkeys, scope):
    assert ("Voir ou supprimer" in main(inside(scope).get("/my/products"))) is (scope == "devices")
