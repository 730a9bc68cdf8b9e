# SPDX-License-Identifier: Apache-2.0
"""What a document must pass before anybody signs it, in the real child programs: each refusal has its own code."""

from io import BytesIO

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.signers import PdfSignatureMetadata, sign_pdf

from paraph.domain.signing import pades, pdf
from paraph.kernel import rules
from testkit import documents
from testkit.signing_desk import Desk, library_signer


def test_a_plain_document_passes():
    found = pades.inspect(documents.pdf(["un", "deux", "trois"]))
    assert (found.pages, found.signatures, found.remarks) == (3, 0, ())


@pytest.mark.parametrize(("content", "code"), [
    (b"", "document_empty"),
    (b"Bonjour", "document_not_pdf"),
    (b"\n\n" + documents.pdf(), "document_damaged"),
    (documents.pdf()[:300], "document_damaged"),
    (b"%PDF-1.7\n" + bytes(5000), "document_damaged"),
    (documents.encrypted(), "document_encrypted"),
    (documents.with_launch(), "document_launches_programs"),
    (documents.with_hidden_launch(), "document_launches_programs"),
    (documents.with_dynamic_form(), "document_dynamic_form"),
    (documents.pdf([]), "document_damaged"),
])
def test_each_refusal_has_its_code(content, code):
    with pytest.raises(pades.UnsuitableDocument) as refusal:
        pades.inspect(content)
    assert refusal.value.code == code


@pytest.mark.parametrize(("content", "remark"), [
    (documents.with_script(), "script"), (documents.with_layers(), "layers"),
    (documents.pdf(catalog=f"/Names << /EmbeddedFiles {documents.first_extra()} 0 R >>", extra=["<< /Names [] >>"]),
     "attachments"),
])
def test_what_the_reader_must_know_is_remarked(content, remark):
    assert pades.inspect(content).remarks == (remark,)


def test_limits_at_the_last_good_and_the_first_bad(monkeypatch):
    pages = rules.current().document_pages
    monkeypatch.setattr(pades, "_child", lambda module, request, content: (
        {"problem": "", "pages": counted, "signatures": 0, "remarks": []}, b""))
    counted = pages
    assert pades.inspect(documents.pdf()).pages == pages
    counted = pages + 1
    with pytest.raises(pades.TooManyPages):
        pades.inspect(documents.pdf())
    counted, size = 1, rules.current().document_megabytes * 1024 * 1024
    assert pades.inspect(b"%PDF-1.7".ljust(size, b" "))
    with pytest.raises(pades.TooLarge):
        pades.inspect(b"%PDF-1.7".ljust(size + 1, b" "))


def test_a_document_that_an_earlier_signature_locks_is_refused(clock):
    desk = Desk(clock.now())
    locked = sign_pdf(
        IncrementalPdfFileWriter(BytesIO(documents.pdf())),
        PdfSignatureMetadata(field_name="Auteur", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES),
        signer=library_signer(desk.pki, desk.pki.holder())).getvalue()
    assert pdf.examine(locked) == {"problem": "locked"}


def test_an_earlier_signature_stays_as_it_was(clock):
    desk = Desk(clock.now())
    once = desk.sign(documents.pdf(), desk.pki.holder(), clock.now())
    assert pades.inspect(once).signatures == 2, "the signature and its document time-stamp"
    twice = desk.sign(once, desk.pki.holder(name="Paul Muster"), clock.now())
    assert twice.startswith(once)


def test_what_is_placed_is_what_was_read_with_one_empty_gap(clock):
    content = documents.pdf()
    holder = Desk(clock.now()).pki.holder()
    placed = pades.place(content, certificate=holder.der, name="Marie Muster", at=clock.now())
    assert placed.content.startswith(content)
    assert set(placed.content[placed.start + 1 : placed.end - 1]) == {ord("0")}
    signature = PdfFileReader(BytesIO(placed.content)).root["/AcroForm"]["/Fields"][0]["/V"]
    assert (signature["/SubFilter"], signature["/Name"]) == ("/ETSI.CAdES.detached", "Marie Muster")


def test_a_child_that_lies_is_not_believed(clock, monkeypatch):
    content = documents.pdf()
    holder = Desk(clock.now()).pki.holder()
    honest = pades.place(content, certificate=holder.der, name="Marie", at=clock.now())
    for start, end, after in (
        (honest.start, honest.end, b"%PDF-1.7 another document" + honest.content),
        (honest.start + 2, honest.end, honest.content), (0, 5, honest.content),
        (honest.start, len(honest.content) + 50, honest.content), (-5, honest.end, honest.content),
    ):
        monkeypatch.setattr(pades.confinement, "run", lambda *given, answer=(start, end, after): (
            {"start": answer[0], "end": answer[1]}, answer[2]))
        with pytest.raises(pades.Damaged):
            pades.place(content, certificate=holder.der, name="Marie", at=clock.now())


def test_pages_are_drawn_and_read():
    content = documents.pdf(["Loyer : 900 euros", "Signature"])
    assert pades.page_text(content, 1).text.strip() == "Loyer : 900 euros"
    picture = pades.page_picture(content, 2)
    assert picture.startswith(b"\x89PNG")
    read = pades.page_text(content, 2)
    assert int.from_bytes(picture[16:20], "big") == pytest.approx(read.width, abs=1)
