# SPDX-License-Identifier: Apache-2.0
import importlib

import pytest

from paraph.domain.validation import services
from testkit import signatory


@pytest.fixture
def house(db, signer, clock, tmp_path):
    signatory.open_house(signer=signer, clock=clock, folder=tmp_path / "blobs")


@pytest.fixture
def near(monkeypatch):
    monkeypatch.setattr(services.confinement, "run", lambda module, request, content, limits: importlib.import_module(
        module).handle(request, content))
