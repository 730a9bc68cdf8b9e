# SPDX-License-Identifier: Apache-2.0
"""Tests that follow one row of the requirements across several apps and pages."""

import pytest
from django.test import Client

from paraph.domain.orders import catalogue
from testkit import applications, holders


@pytest.fixture
def scene(db, signer, system):
    before = catalogue.current()
    yield applications.scene(system)
    catalogue.use(before)


@pytest.fixture
def marie(db, signer, clock, system):
    """With a Token and active certificates."""
    holders.tree(system)
    holder = holders.new(system)
    holders.activate(holder, system)
    clock.advance(minutes=1)
    return holder


@pytest.fixture
def scan(marie, system, clock):
    """Her Scan, beside the Token."""
    made = holders.add_scan(marie, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    return made


@pytest.fixture
def browser():
    return Client(HTTP_HOST="localhost")
