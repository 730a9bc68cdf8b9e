# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.identity_provider import services
from paraph.domain.keys import services as keys
from paraph.domain.partners import services as partners

from .flow import CALLBACK, Person, Program


@pytest.fixture
def tree(tree, system):
    keys.make(purpose="openid", algorithm="P-256", label="es256", caller=system)


@pytest.fixture
def bank(tree, system):
    """A partner with a registered program: (client id, secret)."""
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple", "de": "Musterbank", "en": "Example Bank"},
                                category="bank", accepts=["token", "app"], caller=system)
    return services.register_client(client_id="bank", partner_id=partner.id, redirect_addresses=[CALLBACK],
                                    scopes=["profile"], caller=system)


@pytest.fixture
def person():
    return Person()


@pytest.fixture
def program():
    return Program()
