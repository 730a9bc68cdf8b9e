# SPDX-License-Identifier: Apache-2.0
"""Tests that follow one row of the requirements across several apps and pages."""

import pytest
from django.test import Client


@pytest.fixture
def browser():
    return Client(HTTP_HOST="localhost")
