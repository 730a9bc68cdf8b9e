# SPDX-License-Identifier: Apache-2.0
"""The spool of letters: whole or not there, once, for the printing house alone; and what comes back from it."""

import json
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pypdfium2
import pytest

from paraph.domain.audit.models import Event
from paraph.domain.notifications import letters, queries, rendering, services
from paraph.domain.notifications.channels import Outgoing, Unreachable
from paraph.domain.notifications.channels.letter_spool import LetterSpool
from paraph.domain.notifications.models import LetterReceipt
from paraph.domain.notifications.policy import Recipient
from testkit.printer import Printer

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
POSTAL = ("Marie Weber", "12, rue du Fort", "L-1234 Luxembourg")
CODES = {"name": "Marie Weber", "user_id": "K7M2QXRT", "initial_password": "abK7mnqP2r", "challenge": "493817",
         "activate_until": "23 janvier 2027"}
HTML = rendering.render(template="codes", channel="letter", language="fr", data=CODES, postal=POSTAL).html
LETTER = Outgoing(id="01a2102c-1353-7c87-90b2-32a395ece644", channel="letter", address="\n".join(POSTAL), language="fr",
                  subject="Vos codes personnels", text="", html=HTML, at=AT, secret=True)


@pytest.fixture
def quick(monkeypatch):
    """Pages take half a second: where they are not the matter, the bytes stand for them."""
    monkeypatch.setattr(letters, "pdf", lambda html: b"%PDF-" + html.encode())


def files(spool):
    return {path for path in spool.folder.rglob("*") if path.is_file()}


@pytest.mark.requirement("R018", "R091")
def test_the_printing_house_gets_the_pages_and_what_it_needs_to_post_them(spool, printer):
    digest = spool.send(LETTER)
    content = b"".join(path.read_bytes() for path in files(spool))
    for private in (*POSTAL, "493817", "K7M2QXRT", "abK7mnqP2r"):
        assert private.encode() not in content
    (manifest, document), = printer.pick_up(spool.folder).values()
    assert "493817" in pypdfium2.PdfDocument(document)[0].get_textpage().get_text_range()
    assert manifest == {
        "letter": LETTER.id, "created": "2026-11-24T09:00:00+00:00", "document": "letter.pdf.p7m",
        "sha256": sha256(document).hexdigest(), "bytes": len(document), "language": "fr", "address": list(POSTAL),
        "postage": "registered"}
    assert digest == manifest["sha256"]


def test_a_letter_without_codes_has_its_own_postage(printer, tmp_path, quick):
    (tmp_path / "letters").mkdir()
    spool = LetterSpool.described({"folder": str(tmp_path / "letters"), "certificate": str(printer.certificate),
                                   "postage": {"notices": "second-class"}})
    spool.send(replace(LETTER, secret=False))
    (manifest, _), = printer.pick_up(spool.folder).values()
    assert manifest["postage"] == "second-class"


def test_it_is_handed_over_once_however_often_it_is_sent(spool, printer, quick):
    first = spool.send(LETTER)
    assert spool.send(LETTER) == first and len(printer.pick_up(spool.folder)) == 1
    assert spool.send(LETTER) == first, "also when the house has taken it away"
    assert not printer.pick_up(spool.folder)


@pytest.mark.parametrize("place", ["staging", "journal", "release"])
def test_a_fall_at_any_point_loses_nothing_and_doubles_nothing(spool, printer, quick, monkeypatch, place):
    class Fallen(Exception):
        pass

    def fall(*_, **__):
        raise Fallen

    with monkeypatch.context() as broken:
        if place == "staging":
            broken.setattr("paraph.domain.notifications.channels.letter_spool.Recipient.encrypt", fall)
        elif place == "journal":
            broken.setattr(LetterSpool, "_journal", fall)
        else:
            broken.setattr("pathlib.Path.exists", lambda path: fall() if path.parent.name == "staged" else os.path.exists(path))
        with pytest.raises(Fallen):
            spool.send(LETTER)
    assert not printer.pick_up(spool.folder), "half a letter can't be seen"
    spool.send(LETTER)
    taken = printer.pick_up(spool.folder)
    assert list(taken) == [LETTER.id] and b"493817" in taken[LETTER.id][1]
    spool.send(LETTER)
    assert not printer.pick_up(spool.folder)


def test_sixteen_at_one_instant_release_one(spool, printer, quick):
    start, digests = threading.Barrier(16), []

    def send():
        start.wait()
        digests.append(spool.send(LETTER))

    threads = [threading.Thread(target=send) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 16 and len(set(digests)) == 1
    assert len(printer.pick_up(spool.folder)) == 1 and not any((spool.folder / ".own/staged").iterdir())


def test_who_may_read_what(spool, quick):
    spool.send(LETTER)
    mode = {str(path.relative_to(spool.folder)): path.stat().st_mode & 0o7777 for path in spool.folder.rglob("*")}
    assert mode["ready"] == mode["receipts"] == mode[f"ready/{LETTER.id}"] == 0o2770
    assert mode[".own"] == 0o700 and mode[f"ready/{LETTER.id}/letter.pdf.p7m"] == 0o660
    assert all(bits & 0o007 == 0 for name, bits in mode.items() if not name.startswith(".own/"))


@pytest.mark.parametrize(("at", "held"), [
    (timedelta(days=365), True), (timedelta(days=365, seconds=1), False), (timedelta(0), True), (timedelta(seconds=-1), False)])
def test_after_the_end_of_the_houses_certificate_nothing_is_written(spool, quick, at, held):
    letter = replace(LETTER, at=AT + at)
    if held:
        spool.send(letter)
        return
    with pytest.raises(Unreachable, match="letter_certificate_not_in_force"):
        spool.send(letter)
    assert not files(spool)


def test_a_folder_that_is_away_is_a_reason_to_try_later(spool, quick):
    away = replace(spool, folder=spool.folder / "missing")
    with pytest.raises(Unreachable, match="letter_FileNotFoundError"):
        away.send(LETTER)
    assert "No such file" in away.fault()


def test_nobody_but_its_owner_writes_into_the_folder(spool, quick, monkeypatch):
    assert spool.fault() == "" and list(spool.folder.iterdir()) == [], "looking writes nothing"
    for mode, held in ((0o700, True), (0o2750, True), (0o2770, False), (0o702, False)):
        spool.folder.chmod(mode)
        assert ("may write" not in spool.fault()) == held
    spool.folder.chmod(0o750)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert "another user" in spool.fault()
    with pytest.raises(Unreachable, match="letter_NotOurs"):
        spool.send(LETTER)
    assert list(spool.folder.iterdir()) == []
    assert "no folder" in replace(spool, folder=Path(__file__)).fault()


@pytest.mark.parametrize(("changes", "why"), [
    ({"folder": "letters"}, "absolute"), ({"certificate": "printer.pem"}, "absolute"),
    ({"certificate": "/nowhere.pem"}, "can't be used"),
    ({"postage": {"codes": "Re/gistered"}}, "postage"), ({"postage": {"others": "x"}}, "postage"), ({"key": "x"}, "unknown")])
def test_what_a_profile_must_not_say_is_refused_with_its_reason(printer, tmp_path, changes, why):
    with pytest.raises(ValueError, match=why):
        LetterSpool.described({"folder": str(tmp_path), "certificate": str(printer.certificate), **changes})


def test_a_certificate_that_can_not_be_encrypted_for_is_refused(tmp_path):
    weak = Printer.founded(tmp_path, kind="RSA-2048", at=AT)
    with pytest.raises(ValueError, match="3072 bits"):
        LetterSpool.described({"folder": str(tmp_path), "certificate": str(weak.certificate)})


@pytest.fixture
def posted(db, bind, spool, printer, quick, caller):
    """A letter that the house has taken: the message and its manifest."""
    bind(letter=spool, receipts=spool)
    message = services.enqueue(template="codes", data=CODES, caller=caller, to=Recipient(postal=POSTAL))
    assert services.deliver(at=caller.at).delivered == 1
    message.refresh_from_db()
    (manifest, _), = printer.pick_up(spool.folder).values()
    assert (message.content, message.carrier_reference) == (None, manifest["sha256"])
    return message, manifest


def test_receipts_are_taken_back_each_once(posted, spool, printer, caller):
    message, manifest = posted
    later = caller.at_instant(caller.at + timedelta(days=1))
    assert list(queries.without_receipt(later.at)) == [message]
    path = printer.receipt(spool.folder, manifest, reference="RR123456785LU")
    row, = services.take_receipts(caller=later)
    assert (row.message_id, row.outcome, row.reference) == (message.id, "posted", "RR123456785LU")
    assert row.said_at == datetime(2026, 11, 25, 7, 30, tzinfo=UTC) and not path.exists()
    assert not queries.without_receipt(later.at).exists()
    printer.receipt(spool.folder, manifest)
    assert services.take_receipts(caller=later) == [] and LetterReceipt.objects.count() == 1
    printer.receipt(spool.folder, manifest, "returned")
    assert [row.outcome for row in services.take_receipts(caller=later)] == ["returned"]
    assert [row.outcome for row in queries.receipts()] == ["returned", "posted"]
    codes = list(Event.objects.filter(code__startswith="notifications.letter").order_by("id").values_list("code", flat=True))
    assert codes == ["notifications.letter.posted", "notifications.letter.returned"]


def test_before_its_instant_no_receipt_is_missed(posted, caller):
    message, _ = posted
    assert not queries.without_receipt(message.state_since).exists()
    assert queries.without_receipt(message.state_since + timedelta(microseconds=1)).exists()


@pytest.mark.parametrize("changes", [
    {"sha256": "0" * 64}, {"letter": "01a2102c-1353-7c87-90b2-32a395ece645"}])
def test_a_receipt_of_who_did_not_open_the_letter_says_nothing(posted, spool, printer, caller, changes):
    _, manifest = posted
    printer.receipt(spool.folder, manifest | changes)
    assert services.take_receipts(caller=caller) == [] and not LetterReceipt.objects.exists()
    assert Event.objects.filter(code="notifications.receipt.refused").count() == 1
    assert len(list((spool.folder / ".own/refused").iterdir())) == 1 and not list((spool.folder / "receipts").iterdir())


@pytest.mark.parametrize("content", [
    b"", b"[]", b"{", b"null", b"[" * 4000, b"x" * 4097, b'{"letter": "../../etc"}',
    b'{"letter": "01a2102c-1353-7c87-90b2-32a395ece644", "sha256": "x", "outcome": "posted", "at": "2026-11-25T07:30:00Z"}'])
def test_a_file_that_is_no_receipt_is_put_aside_and_told(posted, spool, caplog, caller, content):
    (spool.folder / "receipts/odd.json").write_bytes(content)
    assert services.take_receipts(caller=caller) == []
    assert (spool.folder / ".own/refused/odd.json").read_bytes() == content
    assert "a receipt says nothing" in caplog.text


@pytest.mark.parametrize(("entry", "value", "held"), [
    ("at", "2026-11-25T07:30:00", False), ("at", "yesterday", False), ("at", 5, False),
    ("at", "0001-01-01T00:00:00+14:00", False), ("at", "9999-12-31T23:00:00-14:00", False), ("outcome", "burnt", False),
    ("outcome", ["posted"], False), ("reference", "a" * 120, True), ("reference", "a" * 121, False), ("reference", "a b", False),
    ("reference", None, False), ("outcome", "failed", True)])
def test_each_entry_has_its_form(posted, spool, printer, caller, entry, value, held):
    _, manifest = posted
    path = printer.receipt(spool.folder, manifest)
    path.write_text(json.dumps(json.loads(path.read_text()) | {entry: value}))
    assert len(services.take_receipts(caller=caller)) == int(held)


def test_neither_links_nor_pipes_nor_folders_are_read_as_receipts(posted, spool, printer, caller, tmp_path):
    _, manifest = posted
    good = printer.receipt(spool.folder, manifest)
    secret = tmp_path / "secret.json"
    good.rename(secret)
    receipts = spool.folder / "receipts"
    (receipts / "link.json").symlink_to(secret)
    os.mkfifo(receipts / "pipe.json")
    (receipts / "folder.json").mkdir()
    (receipts / "half.draft").write_text("not yet")
    assert services.take_receipts(caller=caller) == []
    assert secret.exists() and {path.name for path in receipts.iterdir()} == {"half.draft"}


def test_a_folder_of_the_houses_making_leads_nowhere(posted, spool, printer, caller, tmp_path):
    _, manifest = posted
    (tmp_path / "elsewhere").mkdir()
    (spool.folder / "receipts/refused").symlink_to(tmp_path / "elsewhere")
    printer.receipt(spool.folder, manifest | {"sha256": "0" * 64})
    services.take_receipts(caller=caller)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_receipt_that_comes_before_we_have_written_that_it_was_handed_over_waits(db, bind, spool, printer, quick, caller):
    bind(letter=spool, receipts=spool)
    message = services.enqueue(template="codes", data=CODES, caller=caller, to=Recipient(postal=POSTAL))
    spool.send(replace(LETTER, id=str(message.id)))
    (manifest, _), = printer.pick_up(spool.folder).values()
    path = printer.receipt(spool.folder, manifest)
    assert services.take_receipts(caller=caller) == [] and path.exists()
    services.deliver(at=caller.at)
    assert not printer.pick_up(spool.folder), "it was handed over before"
    assert [row.outcome for row in services.take_receipts(caller=caller)] == ["posted"]
