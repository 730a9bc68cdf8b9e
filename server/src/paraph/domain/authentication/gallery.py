# SPDX-License-Identifier: Apache-2.0
"""The secret images that a holder chooses from: simple drawings of ours, told apart by shape, colour and name.

They travel inside the page (data URI), so that no address ever tells which one somebody chose.
"""

import base64
from dataclasses import dataclass

from django.utils.translation import gettext_noop


@dataclass(frozen=True)
class Picture:
    """`label` is the French name (a translation key): the picture's text alternative."""

    id: str
    label: str
    address: str


# What stands in place of an id when the picture is the holder's own, and how large a file of his may be.
OWN, LARGEST = "own", 5 * 1024 * 1024


def own_picture(content: bytes) -> Picture:
    return Picture(OWN, gettext_noop("votre image"), "data:image/jpeg;base64," + base64.b64encode(content).decode())


def _picture(identifier: str, label: str, ground: str, body: str) -> Picture:
    svg = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="192" height="192">'
           f'<rect width="96" height="96" rx="10" fill="{ground}"/>{body}</svg>')
    return Picture(identifier, label, "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode())


_LINE = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'

PICTURES = {picture.id: picture for picture in (
    _picture("anchor", gettext_noop("une ancre"), "#d7e8f2",
             f'<g {_LINE} stroke="#1d4e6f" stroke-width="7"><circle cx="48" cy="22" r="8"/>'
             '<path d="M48 30v48M30 42h36M18 58c2 14 14 21 30 20 16 1 28-6 30-20"/></g>'),
    _picture("apple", gettext_noop("une pomme"), "#f6ead2",
             '<path d="M48 36c-8-8-28-6-28 16 0 18 14 30 22 28 4-1 8-1 12 0 8 2 22-10 22-28 0-22-20-24-28-16z" '
             f'fill="#b3322c"/><path d="M48 34c0-10 4-16 12-18" {_LINE} stroke="#5a3a1c" stroke-width="5"/>'),
    _picture("balloon", gettext_noop("un ballon"), "#e3f0e4",
             '<ellipse cx="48" cy="38" rx="22" ry="26" fill="#c2427a"/><path d="M44 64h8l-4-5z" fill="#c2427a"/>'
             f'<path d="M48 64c-8 8 8 12 0 22" {_LINE} stroke="#5a2a40" stroke-width="3"/>'),
    _picture("bell", gettext_noop("une cloche"), "#e6e1f3",
             '<path d="M48 16c-16 0-20 14-20 28 0 10-4 16-10 22h60c-6-6-10-12-10-22 0-14-4-28-20-28z" fill="#c28a1a"/>'
             '<circle cx="48" cy="74" r="8" fill="#7a5510"/>'),
    _picture("boat", gettext_noop("un voilier"), "#cfe6ea",
             '<path d="M44 14v46H18z" fill="#fff"/><path d="M50 24v36h22z" fill="#e2b53e"/>'
             '<path d="M14 66h68c-4 12-12 16-20 16H34c-8 0-16-4-20-16z" fill="#7a3b1e"/>'),
    _picture("bridge", gettext_noop("un pont"), "#dcebf5",
             '<path d="M8 40h80v12H8z" fill="#8a5a3a"/><path d="M8 52h12c2-1 4 28-12 28zM88 52H76c-2-1-4 28 12 28z" '
             f'fill="#8a5a3a"/><path d="M20 78c2-34 54-34 56 0" {_LINE} stroke="#8a5a3a" stroke-width="10"/>'),
    _picture("butterfly", gettext_noop("un papillon"), "#eef3d6",
             '<path d="M46 48C36 20 12 20 14 38c1 10 16 14 32 12-16 0-26 10-20 20 6 8 18-2 20-18z" fill="#7a3fa0"/>'
             '<path d="M50 48c10-28 34-28 32-10-1 10-16 14-32 12 16 0 26 10 20 20-6 8-18-2-20-18z" fill="#7a3fa0"/>'
             '<rect x="45" y="30" width="6" height="42" rx="3" fill="#2d1a3a"/>'),
    _picture("cactus", gettext_noop("un cactus"), "#f7e3cf",
             f'<path d="M48 82V20M48 60H30V42M48 52h18V34" {_LINE} stroke="#2f7a3e" stroke-width="13"/>'
             '<path d="M30 76h36l-4 14H34z" fill="#a2502a"/>'),
    _picture("castle", gettext_noop("un château"), "#dfe3ee",
             '<path d="M16 82V30h10v8h8v-8h10v8h8v-8h10v8h8v-8h10v52z" fill="#6b6f7d"/>'
             '<path d="M40 82V64c0-10 16-10 16 0v18z" fill="#2b2d36"/>'),
    _picture("clock", gettext_noop("une horloge"), "#f3dfe0",
             '<circle cx="48" cy="48" r="32" fill="#fff" stroke="#8c2f39" stroke-width="7"/>'
             f'<path d="M48 28v20l14 8" {_LINE} stroke="#3a1216" stroke-width="6"/>'),
    _picture("cloud", gettext_noop("un nuage"), "#9cc4e4",
             '<path d="M28 70c-20 0-20-26-2-26 0-20 30-24 36-6 20-4 26 32 4 32z" fill="#fff"/>'),
    _picture("crown", gettext_noop("une couronne"), "#3d2f5f",
             '<path d="M16 72l-4-42 20 16 16-28 16 28 20-16-4 42z" fill="#f0c33c"/>'),
    _picture("feather", gettext_noop("une plume"), "#f4efe2",
             '<path d="M80 14C46 18 24 38 24 68c30 2 54-18 56-54z" fill="#0b5d4f"/>'
             f'<path d="M16 84L62 34" {_LINE} stroke="#06352d" stroke-width="5"/>'),
    _picture("fish", gettext_noop("un poisson"), "#bfe3df",
             '<path d="M10 48c14-26 42-26 56 0-14 26-42 26-56 0z" fill="#e0702a"/><path d="M60 48l26-18v36z" '
             'fill="#e0702a"/><circle cx="26" cy="44" r="4" fill="#fff"/>'),
    _picture("flower", gettext_noop("une fleur"), "#e5f2d8",
             '<g fill="#d84a6b"><circle cx="48" cy="24" r="12"/><circle cx="66" cy="37" r="12"/>'
             '<circle cx="59" cy="58" r="12"/><circle cx="37" cy="58" r="12"/><circle cx="30" cy="37" r="12"/></g>'
             '<circle cx="48" cy="43" r="10" fill="#f2c84b"/><path d="M46 68h4v22h-4z" fill="#2f7a3e"/>'),
    _picture("house", gettext_noop("une maison"), "#e4e8d4",
             '<path d="M12 48L48 16l36 32z" fill="#a33a2a"/><path d="M22 48h52v34H22z" fill="#f2e2c4"/>'
             '<path d="M42 58h12v24H42z" fill="#5a3a1c"/>'),
    _picture("key", gettext_noop("une clé"), "#dfd6c6",
             '<circle cx="30" cy="48" r="16" fill="none" stroke="#5d4a1f" stroke-width="9"/>'
             '<path d="M44 44h40v18H74V52h-6v8h-8v-8H44z" fill="#5d4a1f"/>'),
    _picture("leaf", gettext_noop("une feuille"), "#f5f0c9",
             '<path d="M48 10c30 22 30 50 0 72-30-22-30-50 0-72z" fill="#5d8f2b"/>'
             f'<path d="M48 26v62" {_LINE} stroke="#2f4d12" stroke-width="5"/>'),
    _picture("lighthouse", gettext_noop("un phare"), "#24415c",
             '<path d="M38 30h20l8 54H30z" fill="#f4f4f0"/><path d="M36 46h24l2 14H34z" fill="#c8372d"/>'
             '<path d="M36 18h24v12H36z" fill="#f6d54a"/>'),
    _picture("moon", gettext_noop("une lune"), "#1f2747",
             '<path d="M62 14C40 20 36 58 66 76 36 88 12 64 20 40 26 20 46 12 62 14z" fill="#f3e7ae"/>'),
    _picture("mountain", gettext_noop("une montagne"), "#f0d9c4",
             '<path d="M4 80l32-54 20 32 12-18 24 40z" fill="#54606f"/>'
             '<path d="M36 26l-12 20 8-4 6 6 8-6z" fill="#fff"/>'),
    _picture("sun", gettext_noop("un soleil"), "#8fd0e8",
             '<circle cx="48" cy="48" r="18" fill="#f6b91f"/>'
             '<path d="M48 12v10M48 74v10M12 48h10M74 48h10M23 23l7 7M66 66l7 '
             f'7M73 23l-7 7M30 66l-7 7" {_LINE} stroke="#f6b91f" stroke-width="6"/>'),
    _picture("tree", gettext_noop("un arbre"), "#d8e6f6",
             '<circle cx="48" cy="36" r="26" fill="#2e6b35"/><path d="M42 56h12v30H42z" fill="#6b4423"/>'),
    _picture("umbrella", gettext_noop("un parapluie"), "#ece0ea",
             '<path d="M10 50c2-46 74-46 76 0z" fill="#235a9c"/>'
             f'<path d="M48 48v26c0 12 14 12 14 0" {_LINE} stroke="#17233a" stroke-width="6"/>'),
)}
