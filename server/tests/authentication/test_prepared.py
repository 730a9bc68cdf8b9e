# SPDX-License-Identifier: Apache-2.0
"""A prepared question gives what its QuerySet gives, each time with the values given then."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import DateTimeField, Model
from django.test.utils import CaptureQueriesContext

from paraph.domain.accounts.models import Identity
from paraph.domain.authentication.models import Credential, KnownBrowser, LoginEvidence, Session
from paraph.domain.authentication.policy import Standing
from paraph.domain.authentication.services.sessions import open_session
from paraph.kernel import tokens
from paraph.kernel.prepared import Adding, Changing, Prepared, _Writer
from testkit import holders

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

CREDENTIALS = Prepared(lambda identity_id: Credential.objects.filter(identity_id=identity_id))
WITH_IDENTITY = Prepared(lambda identity_id: Credential.objects.select_related("identity__person").filter(
    identity_id=identity_id))
LOCKED = Prepared(lambda identity_id: Credential.objects.select_for_update().filter(identity_id=identity_id))
OPEN = Prepared(lambda holder, at: Session.objects.defer("address").filter(
    identity_id=holder, ended_at=None, expires_at__gt=at).exclude(scope__in=("suspended", "staff")).order_by("-seen_at"))
EVIDENCE = Prepared(lambda session_id: LoginEvidence.objects.select_related("partner").filter(session_id=session_id))
SESSIONS = Adding(Session)
CHANGING = Changing(lambda holder, at: Session.objects.filter(identity_id=holder, ended_at=None, seen_at__lt=at))
BROWSERS = Adding(KnownBrowser, once=("identity", "digest"), renewed=("seen_at",))
NEWEST = Prepared(lambda holder: KnownBrowser.objects.filter(identity_id=holder).order_by("-seen_at").values_list("digest")[:1])
OLDER = Prepared(lambda holder: KnownBrowser.objects.filter(identity_id=holder).order_by("-seen_at").values_list("digest")[1:])
LEVELS = Prepared(lambda holder: Session.objects.filter(identity_id=holder).order_by("seen_at").values_list(
    "acr", "amr", "seen_at"))


@pytest.fixture
def sessions(marie, system, clock):
    person = Identity.objects.get(pk=marie.identity.id).person_id
    opened = [open_session(identity_id=marie.identity.id, person_id=person, scope=scope, acr=f"level {number}",
                         amr=("pwd", "otp"), caller=system.at_instant(clock.now() + timedelta(seconds=number)))
            for number, scope in enumerate(("full", "suspended", "full"))]
    LoginEvidence.objects.create(session=opened[0], identity_id=marie.identity.id, statement=b"statement", signature=b"",
                                 device_serial="T", signer_session="", at=clock.now())
    return opened


INSTANT = datetime(2026, 11, 24, 9, 0, 0, 5, tzinfo=UTC)
NAMED = UUID("0192f0c1-7b6e-7d2a-8f00-0123456789ab")


@pytest.mark.parametrize("column, value", [
    *((name, None) for name in ("id", "identity", "partner", "scope", "failures", "seen_at", "key_id")),
    ("id", NAMED), ("id", str(NAMED)), ("id", NAMED.hex), ("identity", NAMED), ("identity", str(NAMED)),
    ("session", NAMED), ("partner", NAMED), ("session", str(NAMED)),
    ("scope", "full"), ("scope", ""), ("scope", Standing.STAFF), ("key_id", 5),
    ("failures", 0), ("failures", 7), ("failures", True), ("failures", "7"), ("failures", 7.0),
    ("seen_at", INSTANT), ("seen_at", INSTANT.replace(microsecond=0)), ("seen_at", INSTANT.isoformat()),
    ("seen_at", INSTANT.astimezone(timezone(timedelta(hours=2)))), ("seen_at", datetime(9999, 12, 31, tzinfo=UTC)),
    ("amr", ["pwd"]), ("amr", None), ("statement", b"statement")])
def test_a_driver_is_given_what_django_gives_it(column, value):
    """Also where the field is not asked, because its value needs nothing."""
    fields = {field.name: field for model in (Credential, LoginEvidence, Session) for field in model._meta.concrete_fields}
    given = _Writer(fields[column], connection)(value, connection)
    asked = fields[column].get_db_prep_save(value, connection)
    assert type(given) is type(asked)
    # Drivers' wrappers know no equality.
    assert getattr(given, "obj", given) == getattr(asked, "obj", asked)


def columns(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_row_is_the_one_that_django_finds(marie):
    asked = Credential.objects.get(identity_id=marie.identity.id)
    found = CREDENTIALS.first(identity_id=marie.identity.id)
    assert columns(found) == columns(asked)
    assert (found._state.adding, found._state.db) == (asked._state.adding, asked._state.db) == (False, "default")


def test_text_is_taken_for_what_its_column_holds(marie):
    assert CREDENTIALS.first(identity_id=str(marie.identity.id)).identity_id == UUID(str(marie.identity.id))


def test_each_time_the_values_given_then_count(marie, system):
    other = holders.new(system)
    assert CREDENTIALS.first(identity_id=marie.identity.id).identity_id == UUID(str(marie.identity.id))
    assert CREDENTIALS.first(identity_id=other.identity.id).identity_id == UUID(str(other.identity.id))
    assert CREDENTIALS.first(identity_id=tokens.uuid7()) is None


def test_related_rows_come_along(marie):
    asked = Identity.objects.select_related("person").get(pk=marie.identity.id)
    with CaptureQueriesContext(connection) as queries:
        found = WITH_IDENTITY.first(identity_id=marie.identity.id)
        assert columns(found.identity) == columns(asked)
        assert columns(found.identity.person) == columns(asked.person)
    assert len(queries) == 1


def test_a_relation_to_nothing_is_none(marie, sessions):
    with CaptureQueriesContext(connection) as queries:
        assert EVIDENCE.first(session_id=sessions[0].id).partner is None
    assert len(queries) == 1


def test_filters_order_and_limits_of_time_hold(marie, sessions, clock):
    ends = sessions[0].expires_at
    assert [row.id for row in OPEN.all(holder=marie.identity.id, at=clock.now())] == [sessions[2].id, sessions[0].id]
    assert [row.id for row in OPEN.all(holder=marie.identity.id, at=ends)] == [sessions[2].id]
    assert OPEN.all(holder=tokens.uuid7(), at=clock.now()) == []


def test_what_is_deferred_is_asked_for_later(marie, sessions, clock):
    found = OPEN.first(holder=marie.identity.id, at=clock.now())
    assert found.get_deferred_fields() == {"address"}
    assert found.address == sessions[2].address


def test_values_come_as_their_columns_hold_them(marie, sessions):
    assert LEVELS.all(holder=marie.identity.id) == [(row.acr, list(row.amr), row.seen_at) for row in sessions]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_outside_a_transaction(marie):
    with pytest.raises(transaction.TransactionManagementError):
        LOCKED.first(identity_id=marie.identity.id)
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        assert LOCKED.first(identity_id=marie.identity.id)
    assert ("FOR UPDATE" in queries[0]["sql"]) == connection.features.has_select_for_update
    with pytest.raises(transaction.TransactionManagementError):
        LOCKED.first(identity_id=marie.identity.id)


def test_a_value_that_no_column_is_compared_with_is_a_mistake(marie):
    with pytest.raises(TypeError):
        Prepared(lambda identity_id, forgotten: Credential.objects.filter(identity_id=identity_id)).all(
            identity_id=marie.identity.id, forgotten=1)


def test_a_row_is_added_as_django_adds_it(marie, clock):
    """Every column that a session has, given and by default; sealed ones are sealed, and what is read back is alike."""
    given = {"identity_id": marie.identity.id, "person_id": str(marie.identity.person_id), "scope": "full", "acr": "high",
             "amr": ["pwd", "otp"], "address": "192.0.2.7", "agent": "Firefox", "authenticated_at": clock.now(),
             "seen_at": clock.now(), "expires_at": clock.now() + timedelta(hours=1)}
    ours, django = SESSIONS(**given), Session.objects.create(**given)
    stored, by_django = (columns(Session.objects.get(pk=row.pk)) for row in (ours, django))
    assert stored.pop("id") == ours.id and by_django.pop("id") == django.id and stored == by_django
    assert (ours._state.adding, ours._state.db) == (False, "default")
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM authentication_session")
        assert all(b"192.0.2.7" not in bytes(address) for (address,) in cursor.fetchall())
    ours.scope = "suspended"
    ours.save(update_fields=("scope",))
    assert Session.objects.get(pk=ours.pk).scope == "suspended"


def test_a_row_is_added_with_the_row_that_it_belongs_to(marie, sessions, clock):
    """A relation is given as a row, as its identifier, or as nothing; and an answer asks the database for none of them."""
    other, add = sessions[1], Adding(LoginEvidence)
    given = {"identity_id": marie.identity.id, "statement": b"other", "signature": b"", "device_serial": "T", "at": clock.now()}
    made = add(session=other, partner=None, **given)
    with CaptureQueriesContext(connection) as queries:
        assert made.session is other and made.partner is None and (made.session_id, made.partner_id) == (other.pk, None)
    assert not queries
    assert columns(LoginEvidence.objects.get(pk=made.pk))["session_id"] == other.pk
    assert add(session_id=sessions[2].pk, **given).session == sessions[2]


def test_a_column_that_is_not_there_is_a_mistake(marie):
    with pytest.raises(TypeError, match="colour"):
        BROWSERS(identity_id=marie.identity.id, digest="one", seen_at=None, colour="red")
    assert not KnownBrowser.objects.filter(identity_id=marie.identity.id, digest="one").exists()


def test_a_model_that_does_more_than_to_keep_values_is_left_to_django():
    class Stamped(Model):
        at = DateTimeField(auto_now=True)

        class Meta:
            app_label = "stamped"

    class Telling(Model):
        def __init__(self, *values, **named):
            super().__init__(*values, **named)

        class Meta:
            app_label = "telling"

    for model in (Stamped, Telling):
        with pytest.raises(TypeError):
            Adding(model)


def test_what_the_table_refuses_is_refused(marie):
    taken = Credential.objects.get(identity_id=marie.identity.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Adding(Credential)(identity_id=taken.identity_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        SESSIONS(identity_id=marie.identity.id, scope="full")


def test_rows_are_changed_as_django_changes_them(marie, sessions, clock):
    """Values of every kind of column, sealed ones and none at all, in the rows that the question finds and no others."""
    changes = {"address": "192.0.2.9", "agent": None, "amr": ["pwd"], "seen_at": clock.now() + timedelta(hours=2),
               "ended_at": None, "scope": "staff"}
    last = sessions[2].seen_at
    assert CHANGING(changes, holder=str(marie.identity.id), at=last) == 2
    found = [columns(Session.objects.get(pk=row.pk)) for row in sessions]
    for before in sessions[:2]:
        Session.objects.filter(pk=before.pk).update(**changes)
    assert found == [columns(Session.objects.get(pk=row.pk)) for row in sessions]
    assert (found[0]["address"], found[0]["agent"], found[2]["scope"]) == ("192.0.2.9", None, "full")
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM authentication_session")
        assert all(b"192.0.2.9" not in bytes(address) for (address,) in cursor.fetchall())


def test_each_set_of_columns_is_a_statement_of_its_own(marie, sessions, clock):
    late = clock.now() + timedelta(hours=1)
    assert CHANGING({"scope": "staff"}, holder=marie.identity.id, at=late) == 3
    assert CHANGING({"acr": "low"}, holder=marie.identity.id, at=late) == 3
    assert CHANGING({"scope": "full"}, holder=tokens.uuid7(), at=late) == 0
    assert {(row.scope, row.acr) for row in Session.objects.all()} == {("staff", "low")}


def test_a_row_takes_the_place_of_the_id_that_names_it(marie, sessions):
    """As update() does with a foreign key."""
    one = Changing(lambda pk: Session.objects.filter(pk=pk))
    assert one({"identity": Identity.objects.get(pk=marie.identity.id)}, pk=sessions[0].pk) == 1
    assert Session.objects.get(pk=sessions[0].pk).identity_id == UUID(str(marie.identity.id))


def test_a_change_of_what_no_column_is_compared_with_is_a_mistake(marie):
    with pytest.raises(TypeError):
        Changing(lambda identity_id, forgotten: Credential.objects.filter(identity_id=identity_id))(
            {"failures": 0}, identity_id=marie.identity.id, forgotten=1)


def test_a_statement_says_the_same_while_statements_are_counted(marie, sessions):
    """With a log of statements they go through Django's cursor, without one to the driver."""
    plain = CREDENTIALS.first(identity_id=marie.identity.id)
    with CaptureQueriesContext(connection) as queries:
        logged = CREDENTIALS.first(identity_id=marie.identity.id)
        assert CHANGING({"scope": "full"}, holder=marie.identity.id, at=sessions[0].seen_at) == 0
    assert columns(plain) == columns(logged) and len(queries) == 2


def test_after_an_error_nothing_is_said_in_the_broken_transaction(marie):
    taken = Credential.objects.get(identity_id=marie.identity.id)
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic(savepoint=False):
            Adding(Credential)(identity_id=taken.identity_id)
        CREDENTIALS.first(identity_id=marie.identity.id)


def test_a_row_that_stands_once_is_renewed(marie, clock):
    for hours, digest in ((0, "one"), (1, "two"), (2, "one")):
        BROWSERS(identity_id=marie.identity.id, digest=digest, seen_at=clock.now() + timedelta(hours=hours))
    assert NEWEST.all(holder=marie.identity.id) == [("one",)]
    assert OLDER.all(holder=marie.identity.id) == [("two",)]
    assert KnownBrowser.objects.get(digest="one").seen_at == clock.now() + timedelta(hours=2)
