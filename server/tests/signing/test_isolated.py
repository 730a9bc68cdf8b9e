# SPDX-License-Identifier: Apache-2.0
"""The child programs do the same work when the kernel has isolated them: codecs, fonts and picture formats load late."""

from datetime import UTC, datetime

import pytest

from paraph.domain.signing import pades, pdf, rendition
from paraph.domain.validation import pdf as validation
from paraph.kernel import confinement
from testkit import documents
from testkit.signing_desk import Desk

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
CONTENT = documents.pdf(["Contrat de location à Müller : 1 250,00 EUR", "Page 2"])


def in_a_child(module, request, content):
    return confinement.run(module.__name__, request, content, pades.LIMITS)


@pytest.mark.parametrize(("module", "request_"), [
    (rendition, {"action": "count"}), (rendition, {"action": "text", "number": 1}),
    (rendition, {"action": "picture", "number": 2}), (pdf, {"action": "examine"}),
], ids=lambda value: value["action"] if isinstance(value, dict) else value.__name__.rpartition(".")[2])
def test_a_document_is_read_and_drawn_alike(module, request_):
    assert in_a_child(module, request_, CONTENT) == module.handle(request_, CONTENT)


def test_a_signed_document_is_judged_alike():
    desk = Desk(AT)
    signed = desk.sign(CONTENT, desk.pki.holder(), AT)
    material = {"anchors": [desk.pki.root.der], "certificates": [desk.pki.issuing.der], "lists": desk.lists(AT)}
    asked = {"at": AT.isoformat(), **{name: pades._texts(content) for name, content in material.items()}}
    told = in_a_child(validation, asked, signed)
    assert told == validation.handle(asked, signed)
    assert told[0]["verdict"] == "valid"
