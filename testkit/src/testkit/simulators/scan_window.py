# SPDX-License-Identifier: Apache-2.0
"""The Scan in a window: its button at the top right, its camera, its screen. The device itself is `scan`."""

import sys
import tkinter
from pathlib import Path
from tkinter import filedialog

from PIL import Image, ImageGrab

from testkit.simulators import scan

_BODY, _SCREEN, _INK, _FAINT = "#20302c", "#fbf8f3", "#1c2321", "#5d6663"
_WORDS = {
    "fr": {"on": "Allumer", "off": "Éteindre", "screen": "Viser l’écran", "picture": "Viser une image…",
           "ready": "Visez l’image affichée sur la page."},
    "de": {"on": "Einschalten", "off": "Ausschalten", "screen": "Bildschirm aufnehmen", "picture": "Bild aufnehmen …",
           "ready": "Nehmen Sie das Bild auf der Seite auf."},
    "en": {"on": "Switch on", "off": "Switch off", "screen": "Aim at the screen", "picture": "Aim at a picture…",
           "ready": "Aim at the image on the page."},
}


class Window:
    """The steps of R207: the button at the top right, the image, the text, the code."""

    def __init__(self, root: tkinter.Tk, data: Path, serial: str, language: str) -> None:
        self._root, self._data, self._serial, self._language = root, data, serial, language
        self._words = _WORDS[language]
        self._is_on = False
        root.title(f"Scan {serial}")
        root.configure(background=_BODY, padx=18, pady=14)
        top = tkinter.Frame(root, background=_BODY)
        top.pack(fill="x", pady=(0, 10))
        tkinter.Label(top, text=serial, background=_BODY, foreground="#b9c6c1").pack(side="left")
        self.power = tkinter.Button(top, command=self.switch, text=self._words["on"])
        self.power.pack(side="right")
        self.purpose = tkinter.Label(root, background=_SCREEN, foreground=_INK, font=("TkDefaultFont", 15, "bold"),
                                     anchor="w", padx=12, pady=8)
        self.purpose.pack(fill="x")
        self.message = tkinter.Message(root, width=340, background=_SCREEN, foreground=_INK, anchor="nw",
                                       font=("TkDefaultFont", 12), padx=12, pady=12)
        self.message.pack(fill="both", expand=True)
        self.code = tkinter.Label(root, background=_SCREEN, foreground=_INK, font=("TkFixedFont", 26, "bold"), pady=10)
        self.code.pack(fill="x")
        below = tkinter.Frame(root, background=_BODY)
        below.pack(fill="x", pady=(12, 0))
        self.cameras = (
            tkinter.Button(below, text=self._words["screen"], command=self.aim_at_screen),
            tkinter.Button(below, text=self._words["picture"], command=self.aim_at_file),
        )
        for button in self.cameras:
            button.pack(side="left", expand=True, fill="x")
        self._show()
        self._enable()

    def switch(self) -> None:
        self._is_on = not self._is_on
        self.power.configure(text=self._words["off" if self._is_on else "on"])
        self._show(text=self._words["ready"] if self._is_on else "")
        self._enable()

    def _enable(self) -> None:
        for button in self.cameras:
            button.configure(state="normal" if self._is_on else "disabled")

    def aim_at_screen(self) -> None:
        """Photographs the screen, with this window out of the way."""
        self._root.withdraw()
        self._root.update()
        try:
            picture = ImageGrab.grab()
        except OSError as error:
            self._show(text=str(error))
        else:
            self.aim(picture)
        finally:
            self._root.deiconify()

    def aim_at_file(self) -> None:
        chosen = filedialog.askopenfilename(parent=self._root)
        if chosen:
            self.aim(Path(chosen))

    def aim(self, picture: Path | Image.Image) -> None:
        words = scan.WORDS[self._language]
        try:
            purpose, *lines, code = scan.aim_at_picture(self._data, self._serial, picture).lines(self._language)
        except scan.NotForMe:
            self._show(text=words["not_for_me"])
        except scan.NothingSeen:
            self._show(text=words["nothing_seen"])
        else:
            half = (len(code) + 1) // 2
            self._show(purpose, "\n".join(lines), f"{code[:half]} {code[half:]}")

    def _show(self, purpose: str = "", text: str = "", code: str = "") -> None:
        for part, words in ((self.purpose, purpose), (self.message, text), (self.code, code)):
            part.configure(text=words, background=_SCREEN if self._is_on else _FAINT)


def show(data: Path, serial: str, language: str) -> int:
    """Until the window is closed. Where there is no screen, it says so."""
    try:
        root = tkinter.Tk()
    except tkinter.TclError:
        print("There is no screen to open a window on; with an IMAGE none is needed.", file=sys.stderr)
        return 1
    Window(root, data, serial, language)
    root.minsize(400, 520)
    root.mainloop()
    return 0
