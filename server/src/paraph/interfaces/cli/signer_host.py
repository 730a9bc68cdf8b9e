# SPDX-License-Identifier: Apache-2.0
"""What an operator does on the signer's own host, with the key store's passphrase: the signer's database is opened
directly, beside the process that serves. Whoever holds the web tier alone can do nothing of this.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from paraph.domain.certification import policy, services
from paraph.domain.certification.models import Approval
from paraph.interfaces import deeds
from paraph.interfaces.tree import timestamp_policy
from paraph.kernel import clock, tokens
from paraph.kernel.caller import Caller
from paraph.signer.core import Signer
from paraph.signer.stores import StoreSettings
from paraph.signer.values import House


def store() -> StoreSettings:
    return StoreSettings(settings.KEY_STORE, settings.KEY_STORE_MODULE, settings.KEY_STORE_TOKEN)


def house() -> House:
    """What the signer may state in the operator's name."""
    return House(issuer=settings.URL, timestamp_policies=(timestamp_policy(),))


@contextmanager
def core() -> Iterator[Signer]:
    """Raises WrongKeyStore, StoreUnavailable."""
    opened = Signer.open(
        Path(settings.DATA) / "signer", settings.KEY_STORE_PASSPHRASE(), clock.bound(), store(), house())
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def ceremony() -> Iterator[Signer]:
    """As long as it lasts, the root certifies authorities."""
    with core() as opened:
        held = opened.open_ceremony(attempt=str(tokens.uuid7()))
        try:
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
