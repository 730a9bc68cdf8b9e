# SPDX-License-Identifier: Apache-2.0
import os

import pytest

from testkit.postgresql import Cluster


@pytest.fixture(scope="module")
def environment():
    """What a story's programs find around them. Where stories run on PostgreSQL, each has a server of its own: the data
    of another story, sealed under other keys, would be unreadable to it."""
    if "PARAPH_DATABASE_URL" not in os.environ:
        yield dict(os.environ)
        return
    with Cluster() as url:
        yield {**os.environ, "PARAPH_DATABASE_URL": url}
