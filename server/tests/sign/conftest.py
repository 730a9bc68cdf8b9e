# SPDX-License-Identifier: Apache-2.0
import pytest

from testkit import signatory


@pytest.fixture
def house(db, signer, clock, tmp_path):
    """Authorities, status, time-stamps and documents, ready."""
    signatory.open_house(signer=signer, clock=clock, folder=tmp_path / "blobs")


@pytest.fixture
def marie(house, clock):
    return signatory.new_signatory(clock=clock)
