# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that gives the run a data folder of its own before any settings are read.

`--database postgresql` starts a throw-away PostgreSQL and runs the tests marked `both_databases` on it.

Property tests try the same examples in every run, and none is a fault for having taken long: a run that failed fails again.
`--hypothesis-profile=search` tries others each time (`--hypothesis-seed=N` the same ones anew), and prints how to repeat
what it found.
"""

import atexit
import os
import shutil
import sys
import tempfile

import pytest
from hypothesis import HealthCheck, settings

from testkit.postgresql import Cluster

_data = tempfile.mkdtemp(prefix="paraph-test-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
atexit.register(shutil.rmtree, _data, ignore_errors=True)
os.environ.update({"PARAPH_DATA": _data, "PARAPH_DEMO": "1", "PARAPH_LOG_LEVEL": "WARNING"})
os.environ.setdefault("PARAPH_PROFILE", "demo")

_TIMELESS = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "database": None}
settings.register_profile("repeat", derandomize=True, **_TIMELESS)
settings.register_profile("search", derandomize=False, print_blob=True, **_TIMELESS)
settings.load_profile("repeat")

# The choice of the database must be known before pytest-django reads the settings, so before options are parsed.
ON_POSTGRESQL = "--database=postgresql" in sys.argv or ("--database", "postgresql") in zip(sys.argv, sys.argv[1:], strict=False)
if ON_POSTGRESQL and "PYTEST_XDIST_WORKER" not in os.environ:
    _cluster = Cluster()
    os.environ["PARAPH_DATABASE_URL"] = _cluster.__enter__()
    atexit.register(_cluster.__exit__)


def pytest_addoption(parser):
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite",
                     help="postgresql: run the tests marked both_databases on a throw-away server")


def pytest_configure(config):
    if config.getoption("database") == "postgresql" and not os.environ.get("PARAPH_DATABASE_URL"):
        # Asked for in another way than those read above: better no run than one on SQLite that looks like the other.
        raise pytest.UsageError("write --database=postgresql or --database postgresql on the command line itself")


def pytest_collection_modifyitems(config, items):
    if not ON_POSTGRESQL:
        return
    chosen = [item for item in items if item.get_closest_marker("both_databases")]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_terminal_summary(terminalreporter):
    """What this machine could not try is said by name, and not only counted."""
    for report in terminalreporter.stats.get("skipped", []):
        terminalreporter.write_line(f"NOT RUN {report.nodeid}: {report.longrepr[2] if report.longrepr else ''}")


@pytest.fixture(scope="session")
def on_postgresql():
    return ON_POSTGRESQL
