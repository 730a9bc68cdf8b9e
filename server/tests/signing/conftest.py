# SPDX-License-Identifier: Apache-2.0
import pytest

from testkit import holder as holders


@pytest.fixture
def house(db, signer, clock, tmp_path):
    """Authorities, status, time-stamps and documents, ready."""
    holders.open_house(signer=signer, clock=clock, folder=tmp_path / "blobs")


@pytest.fixture
def marie(house, signer, clock):
    return holders.new_holder(signer=signer, clock=clock)
