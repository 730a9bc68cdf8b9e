# SPDX-License-Identifier: Apache-2.0
"""What an operator does on the signer's own host, with the key store's passphrase: the signer's database is opened
directly, beside the process that serves. Whoever holds the web tier alone can do nothing of this.

These commands need both sides, the signer's files and the service's database. Where the two are different users only root has
both: the command works as the service's user, and as root only while it speaks with the signer's database.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from paraph.domain.certification import policy, services
from paraph.domain.certification.models import Approval
from paraph.interfaces import deeds
from paraph.kernel import clock, tokens
from paraph.kernel.caller import Caller
from paraph.signer import users
from paraph.signer.core import DATABASE, Signer
from paraph.signer.stores import StoreSettings
from paraph.signer.values import House


def store() -> StoreSettings:
    return StoreSettings(settings.KEY_STORE, settings.KEY_STORE_MODULE, settings.KEY_STORE_TOKEN)


def house() -> House:
    return settings.OPERATOR.house(settings.URL)


class NotHere(Exception):
    """This user, or this host, can't give consent. Nothing was done."""


@contextmanager
def core() -> Iterator[Signer]:
    """Raises NotHere, WrongKeyStore, StoreUnavailable."""
    with users.as_root():
        _judge_who()
        opened = Signer.open(settings.SIGNER_DATA, settings.KEY_STORE_PASSPHRASE(), clock.bound(), store(), house())
        try:
            yield opened
        finally:
            opened.close()


def _judge_who() -> None:
    """The signer's own user and root, whoever may ask over the socket."""
    database = settings.SIGNER_DATA / DATABASE
    try:
        owner = database.stat().st_uid
    except FileNotFoundError as error:
        raise NotHere(f"This is done on the signer's own host, and no signer has worked with {settings.SIGNER_DATA} yet. "
                      "Start it first, there. Nothing was done.") from error
    except PermissionError as error:
        raise NotHere(_whom(settings.SIGNER_DATA)) from error
    if os.geteuid() not in (owner, users.ROOT):
        raise NotHere(_whom(database))


def _whom(path: Path) -> str:
    return (f"This is consent, given on the signer's own host by root. {users.name(users.started_as())} may ask the signer at "
            f"most: {path} is not its own. Run the same command as root. Nothing was done.")


@contextmanager
def ceremony() -> Iterator[Signer]:
    """As long as it lasts, the root certifies authorities."""
    with core() as opened:
        held = opened.open_ceremony(attempt=str(tokens.uuid7()))
        try:
            with users.as_before():
                yield opened
        finally:
            opened.close_ceremony(attempt=str(tokens.uuid7()), ceremony=held)


@contextmanager
def consenting(approval: Approval, caller: Caller) -> Iterator[None]:
    """What a deed that two people agreed on needs from the signer is allowed here: a new authority a ceremony, a key from
    elsewhere its leave. Nothing is allowed for what nobody approved."""
    agreed = deeds.waits(approval, caller) or approval.state == "used"
    if agreed and approval.action == policy.CREATE_AUTHORITY:
        with ceremony():
            yield
        return
    if agreed and approval.action == policy.ISSUE_BY_HAND:
        public_key_der, subject, purposes = services.key_to_certify(approval.content)
        with core() as opened:
            opened.allow_certificate(attempt=str(tokens.uuid7()), public_key_der=public_key_der, subject=subject,
                                     purposes=list(purposes))
    yield
