# SPDX-License-Identifier: Apache-2.0
"""The rows that each login asks for, to be read or to be locked for a write, and those that it brings."""

from datetime import UTC, datetime
from typing import Any

from paraph.domain.accounts.policy import NOBODY
from paraph.domain.authentication.lifecycle import State
from paraph.domain.authentication.models import (
    Credential,
    KnownBrowser,
    LoginEvidence,
    LoginTransaction,
    Session,
)
from paraph.kernel.prepared import Adding, Changing, Prepared

# What a UserID that nobody has finds: no row, and the work of reading one.
STRANGERS_CREDENTIAL = Credential(
    id=NOBODY, identity_id=NOBODY, password_hash="0" * 106, secret_image="0" * 6, created_at=datetime(2026, 1, 1, tzinfo=UTC))
# Of each holder, the newest; older ones are strangers again.
KEPT_BROWSERS = 10

CREDENTIAL = Prepared(lambda identity_id: Credential.objects.filter(identity_id=identity_id))
LOCKED_CREDENTIAL = Prepared(lambda identity_id: Credential.objects.select_for_update().filter(identity_id=identity_id))
# Who is locked out, without the hashes.
LOCKED_COUNTERS = Prepared(lambda identity_id: Credential.objects.select_for_update().filter(identity_id=identity_id).defer(
    "password_hash", "password_set_at", "initial_password_hash", "activation_code_hash", "challenge_hash", "secret_image",
    "created_at"))
# With its identity, which is only read.
LOCKED_LOGIN = Prepared(lambda login_id: LoginTransaction.objects.select_for_update(of=("self",)).select_related(
    "identity").filter(pk=login_id).defer(
    "image", "site", "notice", "identity__user_id", "identity__ssn", "identity__state_since"))
LOCKED_STATE = Prepared(lambda login_id: LoginTransaction.objects.select_for_update().filter(pk=login_id).values_list("state"))
UNFINISHED_LOGIN = Prepared(lambda login_id, at: LoginTransaction.objects.filter(
    pk=login_id, expires_at__gt=at, state__in=(State.WAITING, State.REPLACING)).only(
    "identity", "device", "partner", "code_until", "state", "image"))
OPEN_SESSION = Prepared(lambda session_id, at: Session.objects.defer("address", "agent").filter(
    pk=session_id, ended_at=None, expires_at__gt=at))
KNOWN_BROWSER = Prepared(lambda identity_id, digest: KnownBrowser.objects.filter(
    identity_id=identity_id, digest=digest).values_list("id"))
OLD_BROWSERS = Prepared(lambda identity_id: KnownBrowser.objects.filter(identity_id=identity_id).order_by(
    "-seen_at", "-id").values_list("id")[KEPT_BROWSERS:])

change_credential = Changing(lambda identity_id: Credential.objects.filter(identity_id=identity_id))
change_login = Changing(lambda login_id: LoginTransaction.objects.filter(pk=login_id))
see_session = Changing(lambda session_id, at: Session.objects.filter(pk=session_id, ended_at=None, seen_at__lt=at))
see_browser = Adding(KnownBrowser, once=("identity", "digest"), renewed=("seen_at",))
new_login, new_session, new_evidence = Adding(LoginTransaction), Adding(Session), Adding(LoginEvidence)


def credential(identity_id: Any) -> Credential:
    """As it stands; the stranger's where there is none."""
    return CREDENTIAL.first_or(STRANGERS_CREDENTIAL, identity_id=identity_id)


def locked_credential(identity_id: Any) -> Credential:
    """Locked for a write; the stranger's where there is none."""
    return LOCKED_CREDENTIAL.first_or(STRANGERS_CREDENTIAL, identity_id=identity_id)


def locked_counters(identity_id: Any) -> Credential:
    """The same without the hashes."""
    return LOCKED_COUNTERS.first_or(STRANGERS_CREDENTIAL, identity_id=identity_id)
