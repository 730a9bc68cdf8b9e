# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.kernel import secrets
from testkit import holders


@pytest.fixture
def tree(db, signer, system):
    holders.tree(system)


@pytest.fixture
def marie(tree, clock, system):
    """An activated holder; the codes of her Token begin anew half a minute later."""
    holder = holders.new(system)
    holders.activate(holder, system)
    clock.advance(minutes=1)
    return holder


@pytest.fixture
def count_hashes(monkeypatch):
    """How many Argon2 verifications were computed since the test began."""
    counted = []
    real = secrets._hasher

    class Counting:
        def __getattr__(self, name):
            return getattr(real, name)

        def verify(self, *given):
            counted.append(1)
            return real.verify(*given)

    secrets.dummy_verify("made before counting")
    monkeypatch.setattr(secrets, "_hasher", Counting())
    return lambda: len(counted)


@pytest.fixture
def transactional_marie(transactional_db, signer, clock, system):
    """The same in a database that threads see."""
    holders.tree(system)
    holder = holders.new(system)
    holders.activate(holder, system)
    clock.advance(minutes=1)
    return holder
