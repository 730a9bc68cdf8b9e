# SPDX-License-Identifier: Apache-2.0
"""The simulated Scan: the shared vectors, pictures of QR codes, its memory, and that it stands on its own."""

import dataclasses
import importlib
import io
import json
import subprocess
import sys
import types
from pathlib import Path

import pytest
import segno
from PIL import Image

from paraph.pki.scan import image_text
from paraph.signer.client import Outcome
from testkit.simulators import scan as simulated
from testkit.simulators.scan import NotForMe, NothingSeen, SimulatedScan, UnknownScan, aim, aim_at_picture, write_scans

from .scanning import activated

VECTORS = json.loads((Path(__file__).parents[3] / "testkit/vectors/scan/vectors.json").read_text())


def device():
    return SimulatedScan(VECTORS["serial"], VECTORS["factory"])


@pytest.fixture
def data(tmp_path):
    write_scans(tmp_path / "data", [device()])
    return tmp_path / "data"


def picture(text: str, scale: int = 3) -> Image.Image:
    written = io.BytesIO()
    segno.make_qr(text, error="m").save(written, kind="png", scale=scale)
    return Image.open(written)


def test_an_activation_as_in_the_vectors(data):
    first = aim(data, VECTORS["serial"], VECTORS["opening_image"], draw=VECTORS["drawn"])
    assert (first.purpose, first.code) == ("OPENING", VECTORS["device_code"])
    assert aim(data, VECTORS["serial"], VECTORS["opening_image"]).code == first.code  # a second look
    [second] = [vector for vector in VECTORS["statements"] if vector["purpose"] == "ACTIVATE"]
    assert aim(data, VECTORS["serial"], second["image"]).code == second["code"]
    [stored] = json.loads((data / "simulators" / "scans.json").read_text())
    keys = VECTORS["operating_keys"]
    assert (stored["keys"], stored["opening"], stored["drawn"]) == (keys["image"] + keys["code"], "", "")


@pytest.mark.parametrize("vector", VECTORS["statements"], ids=lambda vector: vector["purpose"])
def test_screens_as_in_the_vectors(vector):
    keys = VECTORS["operating_keys"]
    scan = SimulatedScan(VECTORS["serial"], VECTORS["factory"], keys=keys["image"] + keys["code"])
    screen = simulated.look(scan, vector["image"])
    shown = (screen.purpose, screen.partner, screen.text, screen.code, screen.at.isoformat())
    assert shown == (vector["purpose"], vector["partner"], vector["text"], vector["code"], vector["at"])
    assert [[label, digest.hex()] for label, digest in screen.documents] == vector["documents"]
    for language in ("fr", "de", "en"):
        assert screen.lines(language)[-1] == vector["code"]


def test_a_person_sees_what_he_can_compare_and_nothing_twice():
    """The digest of a document to sign in short, none where no page shows one; a label like the partner's line once."""
    keys = VECTORS["operating_keys"]
    scan = SimulatedScan(VECTORS["serial"], VECTORS["factory"], keys=keys["image"] + keys["code"])
    shown = {vector["purpose"]: simulated.look(scan, vector["image"]) for vector in VECTORS["statements"]}
    assert shown["SIGN"].lines()[-5:-1] == ["virement.pdf", "Empreinte BCBD 06CF 7F0F EDE9",
                                            "Décompte.pdf", "Empreinte 1878 97CE 0AFC F20B"]
    assert shown["GRANT"].lines()[-2] == "T-2 / T-1"
    login = dataclasses.replace(shown["LOGIN"], documents=((shown["LOGIN"].partner, bytes(32)),))
    assert login.lines()[1:-1] == [login.partner, "24.11.2026 10:00", login.text]


def test_fresh_keys_begin_with_an_activation_and_nothing_else():
    scan = device()
    simulated.look(scan, VECTORS["opening_image"], draw=VECTORS["drawn"])
    [login] = [vector for vector in VECTORS["statements"] if vector["purpose"] == "LOGIN"]
    with pytest.raises(NotForMe):
        simulated.look(scan, login["image"])
    assert scan.keys == ""


@pytest.mark.requirement("R108")
@pytest.mark.parametrize("vector", VECTORS["statements"], ids=lambda vector: vector["purpose"])
def test_it_reads_a_picture_of_the_page(tmp_path, vector):
    """The longest statement too, in a picture of a page with other things around it."""
    page = Image.new("RGB", (1400, 1100), "#fbf8f3")
    page.paste(picture(vector["image"]), (200, 60))
    page.save(tmp_path / "page.png")
    assert simulated.read(tmp_path / "page.png") == vector["image"]


def test_a_picture_without_a_readable_image(tmp_path, data):
    Image.new("L", (300, 300), 255).save(tmp_path / "white.png")
    (tmp_path / "text.png").write_text("no picture")
    for name in ("white.png", "text.png", "missing.png"):
        with pytest.raises(NothingSeen):
            aim_at_picture(data, VECTORS["serial"], tmp_path / name)
    with pytest.raises(NotForMe):
        aim_at_picture(data, VECTORS["serial"], picture("https://example.org/"))


def test_a_changed_or_foreign_image_shows_nothing(data):
    image = VECTORS["opening_image"]
    for other in ("", "PARAPH:", image[:-3], image[:20] + ("0" if image[20] != "0" else "1") + image[21:], image.lower()):
        with pytest.raises(NotForMe):
            aim(data, VECTORS["serial"], other)
    with pytest.raises(NotForMe):
        aim(data, VECTORS["serial"], VECTORS["statements"][0]["image"])  # not activated
    write_scans(data, [SimulatedScan("S-OTHER", VECTORS["factory"])])
    with pytest.raises(NotForMe):
        aim(data, "S-OTHER", image)  # even with the same factory key, the serial number counts
    with pytest.raises(UnknownScan):
        aim(data, "S-NONE", image)


def test_its_memory_is_a_file_of_its_user(data, tmp_path):
    file = data / "simulators" / "scans.json"
    assert file.stat().st_mode & 0o077 == 0 and file.parent.stat().st_mode & 0o077 == 0
    with pytest.raises(UnknownScan):
        aim(tmp_path / "elsewhere", VECTORS["serial"], VECTORS["opening_image"])


def test_the_command_prints_text_and_code(signer, tmp_path, capsys):
    anna = activated(signer, "anna", "S-ANNA")
    write_scans(tmp_path / "data", [anna.scan])
    session = anna.open("sign")
    picture(image_text(anna.challenge(session).payload)).save(tmp_path / "page.png")
    arguments = ["--data", str(tmp_path / "data"), "S-ANNA", str(tmp_path / "page.png")]
    assert simulated.main(arguments) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[:3] == ["Signature", "Banque de démonstration", "24.11.2026 10:00"]
    assert "Virement de 1\u202f250,00\u00a0€ à LU28 0019 4006 4475 0000" in printed and "contrat.pdf" in printed
    assert anna.answer(session, printed[-1]) is Outcome.ACCEPTED


def test_the_command_says_in_one_sentence_what_is_wrong(data, tmp_path, capsys, monkeypatch):
    picture("https://example.org/").save(tmp_path / "other.png")
    folder = ["--data", str(data)]
    for arguments, words in (
        ([VECTORS["serial"], str(tmp_path / "other.png")], "n’est pas destinée"),
        ([VECTORS["serial"], str(tmp_path / "none.png")], "Aucune image"),
        (["S-NONE", str(tmp_path / "other.png")], "S-NONE"), (["S-NONE"], "S-NONE"),
    ):
        assert simulated.main([*folder, *arguments]) == 1
        told = capsys.readouterr()
        assert told.out == "" and words in told.err and told.err.count("\n") == 1
    for missing, arguments in (("tkinter", []), ("zxingcpp", [str(tmp_path / "other.png")])):
        with monkeypatch.context() as context:
            context.setitem(sys.modules, missing, None)
            context.delitem(sys.modules, "testkit.simulators.scan_window", raising=False)
            assert simulated.main([*folder, VECTORS["serial"], *arguments]) == 1
            told = capsys.readouterr().err
            assert told.count("\n") == 1 and "needs" in told


class Widget:
    """Stands in for each of Tk's: remembers how it looks and where it was put."""

    def __init__(self, *parents, **looks):
        self.looks, self.place = looks, {}

    def configure(self, **looks):
        self.looks |= looks

    def pack(self, **place):
        self.place = place

    def title(self, _):
        pass


@pytest.mark.requirement("R207")
def test_the_steps_in_the_window(data, monkeypatch):
    """The button at the top right, the image, the text, the code. Off, it sees nothing."""
    tk = types.ModuleType("tkinter")
    for name in ("Tk", "Frame", "Label", "Message", "Button"):
        setattr(tk, name, Widget)
    tk.TclError, tk.filedialog = RuntimeError, types.ModuleType("tkinter.filedialog")
    monkeypatch.setitem(sys.modules, "tkinter", tk)
    monkeypatch.setitem(sys.modules, "tkinter.filedialog", tk.filedialog)
    monkeypatch.delitem(sys.modules, "testkit.simulators.scan_window", raising=False)
    window = importlib.import_module("testkit.simulators.scan_window").Window(Widget(), data, VECTORS["serial"], "fr")
    monkeypatch.delitem(sys.modules, "testkit.simulators.scan_window")

    def shown():
        cameras = {button.looks["state"] for button in window.cameras}
        return window.purpose.looks["text"], window.message.looks["text"], window.code.looks["text"], cameras

    assert window.power.place["side"] == "right" and shown() == ("", "", "", {"disabled"})
    window.power.looks["command"]()
    assert shown() == ("", "Visez l’image affichée sur la page.", "", {"normal"})
    window.aim(picture(VECTORS["opening_image"]))
    purpose, text, code, _ = shown()
    assert (purpose, text) == ("Première image d’activation", "") and len(code) == 11
    window.aim(picture("https://example.org/"))
    assert shown()[1:3] == (simulated.WORDS["fr"]["not_for_me"], "")
    window.power.looks["command"]()
    assert shown() == ("", "", "", {"disabled"})


def test_it_is_a_product_of_its_own():
    program = ("import sys, testkit.simulators.scan; "
               "print([name for name in sys.modules if name.split('.')[0] in ('paraph', 'django', 'guichet')])")
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True,
                            env={"PYTHONPATH": ":".join(sys.path)})
    assert loaded.stdout.strip() == "[]"
