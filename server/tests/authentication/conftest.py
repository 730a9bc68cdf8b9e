# SPDX-License-Identifier: Apache-2.0
import pytest

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
