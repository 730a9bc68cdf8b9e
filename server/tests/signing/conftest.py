# SPDX-License-Identifier: Apache-2.0

import pytest

from testkit import signatory


@pytest.fixture
def marie(house, clock):
    return signatory.new_signatory(clock=clock)
