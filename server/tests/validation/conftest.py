# SPDX-License-Identifier: Apache-2.0
import pytest

from testkit.signing_desk import Desk


@pytest.fixture
def desk(clock):
    return Desk(clock.now())


@pytest.fixture
def stranger(clock):
    """Another PKI, which we do not trust."""
    return Desk(clock.now(), name="Inconnu")
