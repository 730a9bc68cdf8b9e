# SPDX-License-Identifier: Apache-2.0
import importlib

import pytest

from paraph.domain.signing import pades
from testkit import signatory


@pytest.fixture
def house(db, signer, clock, tmp_path):
    """Authorities, status, time-stamps and documents, ready."""
    signatory.open_house(signer=signer, clock=clock, folder=tmp_path / "blobs")


@pytest.fixture
def marie(house, clock):
    return signatory.new_signatory(clock=clock)


@pytest.fixture
def near(monkeypatch):
    """The child programs work in this process: the same code, without a second's start for each document."""
    monkeypatch.setattr(pades.confinement, "run", lambda module, request, content, limits: importlib.import_module(
        module).handle(request, content))
