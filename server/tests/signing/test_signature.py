# SPDX-License-Identifier: Apache-2.0
"""The way of one signature through services: what is bound to what, what is refused, what the holder learns."""

import json
from hashlib import sha256

import pytest
from django.db import DatabaseError, transaction

from paraph.domain.audit import queries as audit
from paraph.domain.certification import queries as certificates
from paraph.domain.certification import services as certification
from paraph.domain.notifications import queries as notifications
from paraph.domain.signing import blobs, policy, queries, services
from paraph.domain.signing.lifecycle import State
from paraph.domain.signing.models import SignatureRequest, SignatureUse
from paraph.kernel import tokens
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound
from paraph.signer.client import Outcome
from testkit import documents
from testkit.signatory import new_signatory, pass_time

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("near")]


def ask(marie, content=None, name="Bail.pdf"):
    return services.request(identity_id=marie.identity_id, file_name=name, content=content or documents.pdf(),
                            caller=marie.caller())


def prepared(marie, **given):
    row = ask(marie, **given)
    return services.prepare(request_id=row.id, device_serial=marie.device_serial, caller=marie.caller())


def authorise(marie, row, code):
    return services.authorise(request_id=row.id, code=code, caller=marie.caller())


def authorised(marie, **given):
    row = prepared(marie, **given)
    assert authorise(marie, row, marie.code()) is Outcome.ACCEPTED
    return row


def finish(marie, row):
    return services.finish(request_id=row.id, caller=marie.caller(), clock=marie.clock)


# --- what happens -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R070", part="later: the level at best-signature-time in disputes")
def test_a_document_is_signed_kept_and_told(marie):
    content = documents.pdf()
    row = finish(marie, authorised(marie, content=content))
    assert row.state == State.SIGNED
    signed = queries.signed_content(row.id, marie.caller())
    assert signed.startswith(content), "what was read stands unchanged at the beginning of what was signed"
    assert row.level == "advanced"
    [use] = queries.ledger(marie.identity_id)
    assert (use.file_name, use.document_sha256, use.digest) == ("Bail.pdf", sha256(content).hexdigest(), row.digest)
    assert (use.device_serial, use.level, use.at) == (marie.device_serial, "advanced", marie.clock.now())
    [told] = [message for message in notifications.for_person(marie.person_id) if message.template == "key_used"]
    assert "Bail.pdf" in told.content["text"]
    assert [event.code for event in audit.about("signature_request", row.id)] == [f"signing.{code}" for code in (
        "request.requested", "request.prepared", "request.authorised", "request.started", "key.used",
        "request.signed")]


def test_the_ledger_names_the_line_of_the_signers_record(marie, signer):
    row = finish(marie, authorised(marie))
    [use] = queries.ledger(marie.identity_id)
    [line] = signer.record(after=use.signer_sequence - 1, limit=1)
    assert (line.facts["hashes"], line.facts["attempt"]) == ([use.digest], row.attempt)


def test_neither_code_nor_document_nor_file_name_stand_in_the_journal(marie):
    code = marie.code()
    row = finish(marie, authorised(marie, name="Secret de famille.pdf"))
    for event in audit.about("signature_request", row.id):
        told = f"{event.facts} {event.personal}"
        assert code not in told
        assert "famille" not in told


def test_the_ledger_cannot_be_changed_or_emptied(marie):
    finish(marie, authorised(marie))
    for change in (lambda: SignatureUse.objects.update(level="qualified"), SignatureUse.objects.all().delete,
                   lambda: SignatureRequest.objects.update(state=State.REQUESTED)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# --- the code ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R117")
def test_the_code_of_a_login_signs_nothing(marie, signer):
    """Even within its 180 s: the code opened a login, so it opens no signature."""
    code = marie.code()
    key = certificates.active_pair(marie.identity_id, marie.clock.now()).authentication.key_id
    said = json.dumps({"identity": str(marie.identity_id), "type": "paraph-login-1"}, separators=(",", ":")).encode()
    login = signer.open_session(attempt=str(tokens.uuid7()), kind="login", holder=marie.identity_id, key_id=key, statement=said,
                                hashes=[sha256(said).digest()], labels=["login"], device_serial=marie.device_serial)
    assert signer.authorise_with_code(attempt=str(tokens.uuid7()), session_id=login.session_id,
                                      device_serial=marie.device_serial, code=code) is Outcome.ACCEPTED
    row = prepared(marie)
    assert authorise(marie, row, code) is Outcome.WRONG
    pass_time(marie.clock, seconds=30)
    assert authorise(marie, row, marie.code()) is Outcome.ACCEPTED


@pytest.mark.requirement("R115")
def test_one_code_signs_one_document(marie):
    first, second = prepared(marie), prepared(marie, name="Autre.pdf")
    code = marie.code()
    assert authorise(marie, first, code) is Outcome.ACCEPTED
    assert authorise(marie, second, code) is Outcome.WRONG
    with pytest.raises(NotAllowed):
        finish(marie, second)


def test_a_wrong_code_is_counted_and_told_apart_from_nothing(marie):
    row = prepared(marie)
    wrong = f"{(int(marie.code()) + 1) % 1000000:06}"
    assert authorise(marie, row, wrong) is Outcome.WRONG
    assert audit.about("signature_request", row.id).last().facts["outcome"] == "wrong"
    assert authorise(marie, row, marie.code()) is Outcome.ACCEPTED


def test_the_session_counts_to_its_last_second(marie):
    row = prepared(marie)
    pass_time(marie.clock, seconds=180)
    assert authorise(marie, row, marie.code()) is Outcome.ACCEPTED
    row = prepared(marie)
    pass_time(marie.clock, seconds=181)
    assert authorise(marie, row, marie.code()) is Outcome.EXPIRED_SESSION
    with pytest.raises(NotAllowed):
        finish(marie, row)


def test_nothing_is_signed_without_a_code(marie):
    with pytest.raises(NotAllowed):
        finish(marie, prepared(marie))
    assert authorise(marie, ask(marie), marie.code()) is Outcome.EXPIRED_SESSION, "it was never prepared"


def test_a_second_preparation_takes_the_first_ones_session_away(marie):
    row = prepared(marie)
    before = row.signer_session
    pass_time(marie.clock, seconds=5)
    row = services.prepare(request_id=row.id, device_serial=marie.device_serial, caller=marie.caller())
    assert row.signer_session != before
    assert authorise(marie, row, marie.code()) is Outcome.ACCEPTED
    with pytest.raises(policy.AlreadyAnswered):
        services.prepare(request_id=row.id, device_serial=marie.device_serial, caller=marie.caller())


def test_another_document_put_under_the_row_is_not_signed(marie):
    """Whoever can write the database still can't make the key sign other bytes: the session allows one digest."""
    row = authorised(marie)
    other = prepared(marie, content=documents.pdf(["Reconnaissance de dette"]))
    SignatureRequest.objects.filter(pk=row.pk).update(
        placed=other.placed, attributes=bytes(other.attributes), digest=other.digest, gap_start=other.gap_start,
        gap_end=other.gap_end)
    with pytest.raises(services.SignatureMismatch):
        finish(marie, row)
    row.refresh_from_db()
    assert (row.state, row.failure, row.signed_id) == (State.FAILED, "signature_mismatch", None)


# --- the certificate --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R068", part="later: other formats")
def test_only_the_signature_certificate_signs(marie):
    row = ask(marie)
    authentication = certificates.active_pair(marie.identity_id, marie.clock.now()).authentication
    with pytest.raises(policy.WrongCertificate):
        services.prepare(request_id=row.id, device_serial=marie.device_serial, caller=marie.caller(),
                         certificate_serial=authentication.serial)


def suspend(marie):
    certification.suspend(generation=marie.generation, reason="holder_request", caller=marie.caller())


def revoke(marie):
    certification.revoke(generation=marie.generation, reason="lost", caller=marie.caller())


@pytest.mark.requirement("R156", part="here: signing; login in other tests")
@pytest.mark.parametrize(("act", "refusal"), [
    (suspend, policy.CertificateSuspended), (revoke, policy.CertificateRevoked),
    (lambda marie: pass_time(marie.clock, days=365 * 3 + 2), policy.CertificateOver)])
def test_a_certificate_that_does_not_stand_signs_nothing(marie, act, refusal):
    waiting, opened, allowed = ask(marie), prepared(marie), authorised(marie)
    act(marie)
    with pytest.raises(refusal):
        ask(marie)
    with pytest.raises(refusal):
        services.prepare(request_id=waiting.id, device_serial=marie.device_serial, caller=marie.caller())
    with pytest.raises(refusal):
        authorise(marie, opened, marie.code())
    with pytest.raises(refusal):
        finish(marie, allowed)
    allowed.refresh_from_db()
    assert (allowed.state, allowed.failure) == (State.FAILED, refusal.code)
    assert not queries.ledger(marie.identity_id)


def test_without_a_certificate_nothing_is_taken(marie):
    caller = marie.caller(identity=str(tokens.uuid7()))
    with pytest.raises(policy.NoCertificate):
        services.request(identity_id=caller.identity, file_name="a.pdf", content=documents.pdf(), caller=caller)


# --- who --------------------------------------------------------------------------------------------------------------


def test_nobody_else_sees_or_touches_a_request(marie):
    row = authorised(marie)
    paul = new_signatory(clock=marie.clock, given_names="Paul")
    for act in (lambda: queries.request(row.id, paul.caller()), lambda: queries.page_text(row.id, 1, paul.caller()),
                lambda: queries.page_picture(row.id, 1, paul.caller()),
                lambda: queries.signed_content(row.id, paul.caller()), lambda: finish(paul, row),
                lambda: services.decline(request_id=row.id, caller=paul.caller()),
                lambda: authorise(paul, row, paul.code()),
                lambda: services.prepare(request_id=row.id, device_serial=paul.device_serial, caller=paul.caller())):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        services.request(identity_id=marie.identity_id, file_name="a.pdf", content=documents.pdf(), caller=paul.caller())


@pytest.mark.parametrize("scope", ["suspended", "staff", ""])
def test_only_a_full_session_signs(marie, scope):
    with pytest.raises(Forbidden):
        services.request(identity_id=marie.identity_id, file_name="a.pdf", content=documents.pdf(),
                         caller=marie.caller(scope=scope))


def test_a_declined_request_stays_declined(marie):
    row = prepared(marie)
    services.decline(request_id=row.id, caller=marie.caller())
    with pytest.raises(policy.AlreadyAnswered):
        authorise(marie, row, marie.code())
    assert not queries.ledger(marie.identity_id)


def test_what_nobody_finishes_lapses(marie):
    row, other = ask(marie), authorised(marie)
    pass_time(marie.clock, hours=24, seconds=-1)
    services.settle(clock=marie.clock)
    row.refresh_from_db()
    assert row.state == State.REQUESTED
    pass_time(marie.clock, seconds=1)
    assert services.settle(clock=marie.clock) == 2
    for one in (row, other):
        one.refresh_from_db()
        assert one.state == State.LAPSED


def test_file_names_are_only_names(marie):
    assert ask(marie, name="../../etc/pass\nwd.pdf").file_name == "pass wd.pdf"
    assert ask(marie, name="C:\\Temp\\Bail.pdf").file_name == "Bail.pdf"
    long = ask(marie, name=f"{'a' * 400}.pdf").file_name
    assert len(long) <= policy.LONGEST_NAME
    assert long.endswith(".pdf")


def test_documents_lie_sealed(marie, tmp_path):
    content = documents.pdf(["Contenu confidentiel"])
    row = ask(marie, content=content)
    [path] = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file() and path.name == row.document_id]
    assert b"confidentiel" not in path.read_bytes()
    assert blobs.read(row.document_id) == content


def test_documents_that_were_not_signed_are_erased_a_day_later(marie):
    """What was signed stays, with what was read; what was only on the way goes."""
    kept = finish(marie, authorised(marie, content=documents.pdf(["Contrat"])))
    other = ask(marie, content=documents.pdf(["Brouillon"]))
    services.decline(request_id=other.id, caller=marie.caller())
    twice = ask(marie, content=documents.pdf(["Contrat"]))
    services.decline(request_id=twice.id, caller=marie.caller())
    pass_time(marie.clock, hours=24, seconds=-1)
    services.settle(clock=marie.clock)
    assert blobs.read(other.document_id)
    pass_time(marie.clock, seconds=1)
    services.settle(clock=marie.clock)
    for digest in (other.document_id, kept.placed_id):
        with pytest.raises(blobs.BlobLost):
            blobs.read(digest)
    assert queries.signed_content(kept.id, marie.caller())
    assert blobs.read(kept.document_id)
    [told] = audit.about("document", other.document_id)
    assert told.code == "signing.document.erased"
    again = ask(marie, content=documents.pdf(["Brouillon"]))
    assert blobs.read(again.document_id)
