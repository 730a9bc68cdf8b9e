# SPDX-License-Identifier: Apache-2.0
"""The way of one signature through services: what is bound to what, what is refused, what the holder learns."""

from hashlib import sha256

import pytest

from paraph.domain.audit import queries as audit
from paraph.domain.certification import services as certification
from paraph.domain.notifications import queries as notifications
from paraph.domain.signing import blobs, policy, queries, services
from paraph.domain.signing.lifecycle import State
from paraph.domain.signing.models import SignatureRequest
from paraph.kernel.errors import Forbidden, NotFound
from paraph.signer.client import Outcome
from testkit import documents
from testkit.holder import new_holder, pass_time


def ask(marie, content=None, name="Bail.pdf"):
    return services.request(identity_id=marie.identity_id, file_name=name, content=content or documents.pdf(),
                            caller=marie.caller())


def prepared(marie, **given):
    row = ask(marie, **given)
    return services.prepare(request_id=row.id, device_serial=marie.device_serial, caller=marie.caller())


def authorised(marie, **given):
    row = prepared(marie, **given)
    assert services.authorise(request_id=row.id, code=marie.code(), caller=marie.caller()) is Outcome.ACCEPTED
    return row


@pytest.mark.requirement("R070", part="later: the level at best-signature-time in disputes")
def test_a_document_is_signed_kept_and_told(marie, clock):
    content = documents.pdf()
    row = authorised(marie, content=content)
    row = services.finish(request_id=row.id, caller=marie.caller(), clock=clock)
    assert row.state == State.SIGNED
    signed = queries.signed_content(row.id, marie.caller())
    assert signed.startswith(content), "what was read stands unchanged at the beginning of what was signed"
    assert row.level == "advanced"
    [use] = queries.ledger(marie.identity_id)
    assert (use.file_name, use.document_sha256, use.digest) == ("Bail.pdf", sha256(content).hexdigest(), row.digest)
    assert (use.device_serial, use.level) == (marie.device_serial, "advanced")
    [told] = [message for message in notifications.for_person(marie.person_id) if message.template == "key_used"]
    assert "Bail.pdf" in told.content["text"]
    codes = [event.code for event in audit.about("signature_request", row.id)]
    assert codes == [f"signing.{code}" for code in (
        "request.requested", "request.prepared", "request.authorised", "request.started", "key.used",
        "request.signed")]


def test_the_ledger_names_the_line_of_the_signers_record(marie, signer, clock):
    row = authorised(marie)
    services.finish(request_id=row.id, caller=marie.caller(), clock=clock)
    [use] = queries.ledger(marie.identity_id)
    [line] = signer.record(after=use.signer_sequence - 1, limit=1)
    assert line.event == "signer.holder.signed" or "signed" in str(line.event)
    assert line.facts["hashes"] == [use.digest]
