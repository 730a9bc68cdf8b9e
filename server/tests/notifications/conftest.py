# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime

import pytest

from paraph.domain.notifications import channels
from paraph.domain.notifications.channels.letter_spool import LetterSpool
from paraph.domain.notifications.channels.outbox import OutboxChannel
from testkit.gateway import Gateway
from testkit.printer import Printer

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def gateway():
    with Gateway() as gateway:
        yield gateway


@pytest.fixture(scope="session")
def printer(tmp_path_factory):
    return Printer.founded(tmp_path_factory.mktemp("printer"), at=AT)


@pytest.fixture
def spool(printer, tmp_path):
    (tmp_path / "letters").mkdir()
    return LetterSpool.described({"folder": str(tmp_path / "letters"), "certificate": str(printer.certificate)})


@pytest.fixture
def bind():
    """`bind(sms=…)` for one test; afterwards the demonstration's outbox is there again."""
    yield lambda receipts=None, **carriers: channels.bind(carriers, receipts)
    outbox = OutboxChannel()
    channels.bind({"mail": outbox, "sms": outbox, "letter": outbox})
