# SPDX-License-Identifier: Apache-2.0
"""Each kind of file and each kind of trouble gets its own answer."""

from datetime import timedelta
from io import BytesIO

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from paraph.domain.validation import services, words
from paraph.domain.validation.services import validate
from paraph.kernel import rules
from paraph.pki.crl import Reason
from paraph.pki.keys import SoftwareKey
from testkit import documents


@pytest.fixture
def signed(desk, clock):
    return desk.sign(documents.pdf(), desk.pki.holder(), clock.now())


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_without_a_signature_to_judge(desk, clock):
    trust = desk.trust(clock.now())
    for content, code in (
        (b"", "empty"),
        (b"Bonjour, je suis un fichier texte renomm\xc3\xa9 en .pdf", "not_pdf"),
        (documents.pdf(), "no_signature"),
        (documents.encrypted(), "encrypted"),
        (b"%PDF-1.7\n" + b"nothing that makes sense" * 10, "damaged"),
    ):
        told = validate(content=content, at=clock.now(), trust=trust)
        assert (told.code, told.verdict, told.signatures) == (code, "undetermined", [])


def test_a_file_that_is_too_large_is_not_opened(desk, clock, monkeypatch):
    limit = rules.current().document_megabytes * 1024 * 1024
    monkeypatch.setattr(services.confinement, "run", lambda *given: pytest.fail("it was opened"))
    told = validate(content=b"%PDF-1.7" + bytes(limit), at=clock.now(), trust=desk.trust(clock.now()))
    assert told.code == "too_large"


def test_a_truncated_file_is_damaged_and_never_valid(desk, clock, signed):
    for share in (0.1, 0.5, 0.9, 0.99):
        told = desk.judge(signed[: int(len(signed) * share)], clock.now())
        assert told.verdict != "valid"
        assert not any(one.verdict == "valid" for one in told.signatures)


# --- signatures -------------------------------------------------------------------------------------------------------


def test_a_changed_byte_breaks_the_signature(desk, clock, signed):
    changed = signed.replace(b"Contrat de location", b"Contrat de donation")
    told = desk.judge(changed, clock.now()).signatures[0]
    assert (told.verdict, told.code, told.indication, told.sub_indication, told.intact) == (
        "not_valid", "changed", "TOTAL_FAILED", "HASH_FAILURE", False)


def test_a_signature_by_somebody_we_do_not_know(desk, stranger, clock):
    told = desk.judge(stranger.sign(documents.pdf(), stranger.pki.holder(), clock.now()), clock.now()).signatures[0]
    assert (told.verdict, told.code, told.sub_indication, told.intact) == (
        "undetermined", "unknown_issuer", "NO_CERTIFICATE_CHAIN_FOUND", True)


def test_a_signature_with_another_key_than_the_certificates(desk, clock, monkeypatch):
    monkeypatch.setattr("paraph.domain.signing.pades.keys.verifies", lambda *given: True)
    forged = desk.sign(documents.pdf(), desk.pki.holder(), clock.now(), key=SoftwareKey.generate("P-256"))
    told = desk.judge(forged, clock.now()).signatures[0]
    assert (told.code, told.sub_indication, told.intact) == ("forged", "SIG_CRYPTO_FAILURE", False)


@pytest.mark.requirement("R068", part="later: other formats")
def test_an_authentication_certificate_signs_no_document(desk, clock):
    holder = desk.pki.holder(profile="natural-authentication-ncp")
    told = desk.judge(desk.sign(documents.pdf(), holder, clock.now()), clock.now()).signatures[0]
    assert (told.verdict, told.code, told.sub_indication) == (
        "undetermined", "wrong_certificate", "CHAIN_CONSTRAINTS_FAILURE")


@pytest.mark.requirement("TS 119 312")
def test_a_weak_hash_is_not_relied_upon(desk, clock):
    told = desk.judge(desk.sign_elsewhere(documents.pdf(), desk.pki.holder(), md="sha1"), clock.now()).signatures[0]
    assert (told.verdict, told.code, told.sub_indication) == (
        "undetermined", "weak_algorithm", "CRYPTO_CONSTRAINTS_FAILURE")


def test_what_was_put_over_the_signed_pages_is_seen(desk, clock, signed):
    """An incremental update that exchanges the page's content leaves the signed bytes alone, and is no valid document."""
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(
        generic.StreamObject(stream_data=b"BT /F1 24 Tf 72 720 Td (Reconnaissance de dette) Tj ET"))
    writer.update_container(page)
    output = BytesIO()
    writer.write(output)
    told = desk.judge(output.getvalue(), clock.now()).signatures[0]
    assert (told.verdict, told.code, told.intact, told.later_changes) == (
        "not_valid", "changed_after_signing", True, "suspicious")


def test_too_many_versions_are_not_promised_anything(desk, clock, monkeypatch):
    signed = desk.sign(documents.pdf(), desk.pki.holder(), clock.now())
    monkeypatch.setattr("paraph.domain.validation.pdf.MOST_COMPARED", 1)
    told = desk.judge(signed, clock.now()).signatures[0]
    assert (told.verdict, told.code, told.intact, told.later_changes) == (
        "undetermined", "later_changes_unknown", True, "not_examined")


# --- status -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("EN 319 102-1")
def test_revoked_after_the_proven_time_stays_valid(desk, clock):
    holder = desk.pki.holder()
    signed = desk.sign(documents.pdf(), holder, clock.now())
    desk.pki.revoked[holder.serial] = (clock.now() + timedelta(days=1), Reason.KEY_COMPROMISE)
    told = desk.judge(signed, clock.now() + timedelta(days=2)).signatures[0]
    assert (told.verdict, told.level) == ("valid", "B-LTA")
    basic = desk.sign_elsewhere(documents.pdf(), holder)
    told = desk.judge(basic, clock.now() + timedelta(days=2)).signatures[0]
    assert (told.verdict, told.code, told.sub_indication) == ("undetermined", "revoked_unproven", "REVOKED_NO_POE")


@pytest.mark.parametrize(("reason", "code"), [
    (Reason.CERTIFICATE_HOLD, "suspended_at_signing"), (Reason.KEY_COMPROMISE, "revoked_at_signing")])
def test_suspended_or_revoked_at_the_proven_time_is_not_valid(desk, clock, reason, code):
    holder = desk.pki.holder()
    desk.pki.revoked[holder.serial] = (clock.now() - timedelta(minutes=5), reason)
    signed = desk.sign(documents.pdf(), holder, clock.now())
    told = desk.judge(signed, clock.now() + timedelta(hours=1)).signatures[0]
    assert (told.verdict, told.code, told.sub_indication) == ("not_valid", code, "REVOKED_NO_POE")


def test_a_suspension_that_was_lifted_is_remembered(desk, clock):
    """Later lists no longer show it; the embedded answer does, and for less complete signatures our own history."""
    holder, at = desk.pki.holder(), clock.now()
    desk.pki.revoked[holder.serial] = (at - timedelta(minutes=5), Reason.CERTIFICATE_HOLD)
    archival = desk.sign(documents.pdf(), holder, at)
    stamped = desk.sign_elsewhere(documents.pdf(), holder, stamped_at=at)
    desk.pki.revoked.clear()
    later = at + timedelta(days=1)
    assert desk.judge(archival, later).signatures[0].code == "suspended_at_signing"
    history = {"state_at": lambda serial, instant: "suspended" if instant < at + timedelta(hours=1) else "active"}
    assert validate(content=stamped, at=later, trust=desk.trust(later)).verdict == "valid"
    told = validate(content=stamped, at=later, trust=desk.trust(later, **history))
    assert (told.verdict, told.signatures[0].code) == ("not_valid", "suspended_at_signing")
    assert (told.signatures[0].legal_level, told.signatures[0].burden) == ("", "")


def test_the_certificate_counts_from_its_first_to_its_last_instant(desk, clock):
    holder = desk.pki.holder()
    basic = desk.sign_elsewhere(documents.pdf(), holder)
    end = clock.now().replace(year=clock.now().year + 3)
    assert desk.judge(basic, end).verdict == "valid"
    told = desk.judge(basic, end + timedelta(seconds=1)).signatures[0]
    assert (told.verdict, told.code, told.sub_indication) == (
        "undetermined", "expired_unproven", "OUT_OF_BOUNDS_NO_POE")
    told = desk.judge(basic, clock.now() - timedelta(seconds=1)).signatures[0]
    assert (told.verdict, told.code) == ("not_valid", "not_yet_valid")


def test_a_revoked_authority_takes_its_certificates_along(desk, clock):
    basic = desk.sign_elsewhere(documents.pdf(), desk.pki.holder())
    desk.pki.revoked[desk.pki.issuing.serial] = (clock.now(), Reason.CA_COMPROMISE)
    told = desk.judge(basic, clock.now() + timedelta(minutes=1)).signatures[0]
    assert (told.verdict, told.code, told.sub_indication) == ("undetermined", "authority_revoked", "REVOKED_CA_NO_POE")


def test_a_stamp_of_a_compromised_unit_proves_nothing(desk, clock):
    holder = desk.pki.holder()
    signed = desk.sign(documents.pdf(), holder, clock.now())
    desk.pki.revoked[desk.pki.tsu.serial] = (clock.now() + timedelta(days=1), Reason.KEY_COMPROMISE)
    told = desk.judge(signed, clock.now() + timedelta(days=2))
    assert [stamp.code for stamp in told.timestamps] == ["revoked"]
    assert not told.signatures[0].time_proven
    desk.pki.revoked[desk.pki.tsu.serial] = (clock.now() + timedelta(days=1), Reason.SUPERSEDED)
    told = desk.judge(signed, clock.now() + timedelta(days=2))
    assert told.signatures[0].time_proven, "a unit that was merely replaced leaves its stamps good"


def test_every_code_has_its_sentence():
    """What the process can end with, and what the words know."""
    for code in ("changed", "forged", "expired_unproven", "not_yet_valid", "weak_algorithm", "unknown_issuer",
                 "wrong_certificate", "changed_after_signing", "later_changes_unknown", "covers_not_document",
                 "suspended_at_signing", "revoked_at_signing", "suspended_unproven", "revoked_unproven",
                 "not_active_at_signing", "authority_revoked", "status_unknown", "time_order"):
        assert code in words.SIGNATURES
    for code in ("no_signature", "encrypted", "not_pdf", "too_large", "damaged", "empty", "too_costly"):
        assert code in words.FILES
        assert code in words.ADVICE
