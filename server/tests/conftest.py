# SPDX-License-Identifier: Apache-2.0
"""Shared fixtures: a scripted clock, a signer in process, callers, an operator's scene, a holder with a Token. Everything
an app needs more stands in its folder."""

import importlib
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db.backends.sqlite3.base import DatabaseOperations
from django.test import Client

from paraph.domain.accounts.models import Identity
from paraph.domain.devices.methods import passkey
from paraph.domain.limits import policy as limits
from paraph.domain.orders import catalogue
from paraph.interfaces.cli import signer_host
from paraph.kernel import clock as clocks
from paraph.kernel import confinement, rules, secrets
from paraph.kernel.caller import Caller
from paraph.pki import oids
from paraph.signer import client as signer_client
from paraph.signer.core import Signer
from paraph.signer.stores import software
from paraph.signer.values import ASSURANCE
from testkit import applications, holders, signatory
from testkit.applications import Application
from testkit.attended_signer import AttendedSigner

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    """A clock that stands still at 24 November 2026, 10:00 in Luxembourg, bound for the interfaces too."""
    scripted = clocks.ScriptedClock(START)
    clocks.bind(scripted)
    yield scripted
    clocks.bind(clocks.SystemClock())


@pytest.fixture(autouse=True, scope="session")
def cheap_hashes():
    """Password hashes and the key store's derivation at the least cost; everything else about them is the real thing."""
    software._COST = 2
    secrets.use(secrets.Pepper.fresh(), cost=secrets.Cost(passes=1, memory=64, lanes=1))


@pytest.fixture
def client():
    """A browser on this computer: localhost counts as a protected connection."""
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def caller(clock):
    """A caller of the web without a session, at the clock's instant."""
    return Caller(at=clock.now(), channel="web", trace="0" * 32)


@pytest.fixture
def system(clock):
    return Caller.system(at=clock.now(), name="cli:test")


@pytest.fixture
def limited(monkeypatch):
    """`limited("door", tries=2, seconds=60)`: this limit has these numbers as long as the test runs."""
    def change(kind, *, tries, seconds=3600):
        monkeypatch.setitem(limits._limits, kind, limits.Limit(tries, seconds))

    return change


@pytest.fixture
def signer(clock, tmp_path, monkeypatch):
    """A real signer in this process, with its own database and software key store, bound for everybody. Commands on the
    signer's host speak to the same one, and an operator there allows what the service asks for."""
    class Here:
        """This house, also where a test serves it at another address."""

        timestamp_policies = (oids.EXAMPLE_TIMESTAMP_POLICY, *signer_host.house().timestamp_policies)

        @property
        def issuer(self):
            return signer_host.house().issuer

        @property
        def passkey_levels(self):
            here = passkey.current()
            return tuple((grade.value, f"{ASSURANCE}{level}") for grade, level in here.levels.items()) if here else ()

    core = Signer.open(tmp_path / "signer", passphrase="test passphrase", clock=clock, house=Here())
    monkeypatch.setattr(signer_host, "core", lambda: nullcontext(core))
    bound = AttendedSigner(core)
    signer_client.bind(bound)
    yield bound
    core.close()


@pytest.fixture
def lanes(request):
    """Known browsers have a lane of their own in the lockout; a parameter may say otherwise."""
    before = rules.current()
    rules.use(replace(before, lockout_lanes=getattr(request, "param", True)))
    yield rules.current().lockout_lanes
    rules.use(before)


@pytest.fixture
def hashes(monkeypatch):
    """A list that grows by one with every Argon2 hash that is computed or verified."""
    counted, real = [], secrets._hasher

    class Counting:
        def __getattr__(self, name):
            return getattr(real, name)

        def verify(self, *given):
            counted.append(1)
            return real.verify(*given)

        def hash(self, *given, **options):
            counted.append(1)
            return real.hash(*given, **options)

    secrets.dummy_verify("made before counting")
    monkeypatch.setattr(secrets, "_hasher", Counting())
    return counted


@pytest.fixture
def tree(db, signer, system):
    """A certification tree, and nobody with certificates of it."""
    holders.tree(system)


@pytest.fixture
def marie(tree, system, clock):
    """An activated holder with a Token and certificates; its codes begin anew, since a minute has gone by."""
    holder = holders.new(system)
    holders.activate(holder, system)
    clock.advance(minutes=1)
    return holder


@pytest.fixture
def transactional_marie(transactional_db, marie):
    """The same in a database that threads see."""
    return marie


@pytest.fixture
def scan(marie, system, clock):
    """Her Scan, beside the Token."""
    made = holders.add_scan(marie, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    return made


@pytest.fixture
def scene(db, signer, system):
    """An operator with one desk, an officer, terms, a catalogue of products and a certification tree."""
    before = catalogue.current()
    yield applications.scene(system)
    catalogue.use(before)


@pytest.fixture
def prepared(scene, clock):
    """Marie's order at that desk, approved: her codes are in the outbox."""
    return Application.prepared(scene, clock.now())


@pytest.fixture
def holder(prepared, clock):
    """Marie a minute after she has activated what she ordered there."""
    prepared.activate(Caller(at=clock.now(), channel="web"))
    prepared.identity = Identity.objects.get(pk=prepared.order.identity_id)
    clock.advance(minutes=1)
    return prepared


@pytest.fixture
def house(db, signer, clock, tmp_path):
    """Authorities, status, time-stamps and documents, ready for signatures."""
    signatory.open_house(signer=signer, clock=clock, folder=tmp_path / "blobs")


@pytest.fixture
def near(monkeypatch):
    """The child programs work in this process: the same code, without a second's start for each document."""
    monkeypatch.setattr(confinement, "run", lambda module, request, content, limits: importlib.import_module(
        module).handle(request, content))


_flush = DatabaseOperations.execute_sql_flush


def _flush_without_triggers(operations, sql_list):
    """Tests that commit empty all tables afterwards; only here the append-only triggers step aside for it."""
    with operations.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        try:
            return _flush(operations, sql_list)
        finally:
            for _, statement in triggers:
                cursor.execute(statement)


DatabaseOperations.execute_sql_flush = _flush_without_triggers
