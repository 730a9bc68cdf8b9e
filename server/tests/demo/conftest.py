# SPDX-License-Identifier: Apache-2.0
import pytest
from django.test import Client


@pytest.fixture
def client():
    """A browser on this computer: localhost counts as a protected connection."""
    return Client(HTTP_HOST="localhost")
