# SPDX-License-Identifier: Apache-2.0
import pytest
from django.test import Client

from paraph.domain.orders import catalogue
from testkit import applications
from testkit.applications import Application


@pytest.fixture
def scene(db, signer, system):
    before = catalogue.current()
    yield applications.scene(system)
    catalogue.use(before)


@pytest.fixture
def prepared(scene, clock):
    """Marie's order, approved: her codes are in the outbox."""
    return Application.prepared(scene, clock.now())


@pytest.fixture
def client():
    """A browser on this computer: localhost counts as a protected connection."""
    return Client(HTTP_HOST="localhost")
