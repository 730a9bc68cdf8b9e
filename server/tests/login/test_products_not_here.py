# SPDX-License-Identifier: Apache-2.0
"""Who comes with a product that opens nothing here reads so before a password is typed, and chooses another."""

import re

import pytest

from paraph.domain.partners import services as partners
from paraph.interfaces.login import door

pytestmark = pytest.mark.django_db
SAID = {
    "smartcard": {"fr": "Avec une SmartCard, un Signing Stick ou une carte d’identité, vous ne pouvez pas encore",
                  "de": "Mit einer SmartCard, einem Signing Stick oder einem Personalausweis können Sie sich hier noch nicht",
                  "en": "You cannot log in here with a SmartCard, a Signing Stick or an identity card yet"},
    "app": {"fr": "Avec l’application, vous ne pouvez pas encore", "de": "Mit der App können Sie sich hier noch nicht",
            "en": "You cannot log in here with the app yet"}}


def followed(visitor, address):
    """The page to which the address leads, and whether it asks for a password."""
    page = visitor.get(address, follow=True).content.decode()
    return page, 'name="password"' in page


@pytest.mark.requirement("R067", part="later: the app and cards")
@pytest.mark.parametrize("language", ["fr", "de", "en"])
@pytest.mark.parametrize(("device", "said"), [("smartcard", "smartcard"), ("signing_stick", "smartcard"), ("eid", "smartcard"),
                                              ("app", "app")])
def test_cards_and_the_app_are_refused_in_words_at_the_choice_of_products(visitor, db, device, said, language):
    page, asks = followed(visitor, f"/login/password?device={device}&next=/verify/&language={language}")
    assert SAID[said][language] in page and not asks
    assert set(re.findall(r'type="radio" value="(\w+)"', page)) >= {"token", "scan"} and 'value="/verify/"' in page


@pytest.mark.parametrize("device", ["", "abacus", "<b>", "token%00"])
def test_what_is_no_product_at_all_is_not_talked_about(visitor, db, device):
    page, asks = followed(visitor, f"/login/password?device={device}&next=/my/")
    assert not asks and "govuk-notification-banner" not in page


@pytest.mark.requirement("R105", part="later: the app and cards")
@pytest.mark.parametrize(("device", "asks"), [("token", False), ("scan", True)])
def test_where_a_partner_accepts_it_not_no_password_is_asked(visitor, system, device, asks):
    bank = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["scan"], caller=system)
    address = door.address(next="/openid/x", back="/", partner_id=bank.id, origin="http://bank.example", device=device)
    page, asked = followed(visitor, address)
    assert asked is asks and "Banque Exemple" in page
    assert ("Ce produit n’est pas accepté ici" in page) is not asks
    page, asked = followed(visitor, address.replace("/login/?", "/login/password?"))
    assert asked is asks
