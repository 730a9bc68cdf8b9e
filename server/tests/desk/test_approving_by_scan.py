# SPDX-License-Identifier: Apache-2.0
"""The approval with a Scan over HTTP: from the choice to the image, without script, and back where something is wrong."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from paraph.domain.registration.models import ShownApproval
from paraph.kernel import rules
from paraph.pki.scan import image_text
from testkit import holders
from testkit.applications import Application, log_in_officer
from testkit.simulators.scan import look

pytestmark = pytest.mark.django_db(transaction=True)
TICK = timedelta(microseconds=1)
CHOICE = {"person": "new", "contacts_read_back": "on", "token_serial": "11-1111111-1", "by": "scan"}


@pytest.fixture
def proven(scene, clock):
    scene.stock("11-1111111-1")
    order = Application.place(scene, clock.now()).pay(clock.now()).papers(clock.now())
    order.identify(clock.now())
    return order


@pytest.fixture
def scan(scene, system):
    return holders.registrars_scan(scene.registrar, system)


@pytest.fixture
def officer(client, scene, clock):
    log_in_officer(client, scene, clock.now())
    return client


def address(order, end=""):
    return f"/desk/orders/{order.order.id}/{end}"


def text(response):
    return response.content.decode()


def code(scan):
    return look(scan, image_text(bytes(ShownApproval.objects.get().image))).code


@pytest.mark.requirement("R021", "R022")
def test_he_chooses_reads_and_types(officer, proven, scan):
    page = text(officer.get(address(proven)))
    assert "Approuver avec mon Scan" in page and 'name="code"' in page
    answer = officer.post(address(proven, "approve"), CHOICE)
    assert answer.status_code == 302 and answer["Location"] == address(proven, "approving")
    page, number = text(officer.get(answer["Location"])), ShownApproval.objects.get().ssn
    groups = re.findall(r'faces-code__group">(\d+)<', page)
    assert groups == [number[place:place + 4] for place in range(0, 20, 4)], "an eye holds four digits"
    assert "Marie Specimen" in page and "<svg" in page and 'http-equiv="refresh"' in page
    wrong = officer.post(address(proven, "approving"), {"code": "00000000"})
    assert wrong.status_code == 422 and "Rien n’est approuvé" in text(wrong)
    done = officer.post(address(proven, "approving"), {"code": code(scan)})
    assert done["Location"].startswith(address(proven)) and "#approved" in done["Location"]
    proven.order.refresh_from_db()
    assert proven.order.state == "prepared"
    for again in (officer.get(address(proven, "approving")), officer.post(address(proven, "approving"), {"code": "12345678"}),
                  officer.post(address(proven, "approving/image"))):
        assert again.status_code == 302 and again["Location"].startswith(address(proven))


def test_an_image_that_is_over_asks_for_another_one(officer, proven, scan, clock):
    officer.post(address(proven, "approve"), CHOICE)
    old, until = code(scan), ShownApproval.objects.get().image_until
    clock.set(until + TICK)
    log_in_officer(officer, proven.scene, clock.now())
    page = text(officer.get(address(proven, "approving")))
    assert "Le temps de cette image est passé" in page and 'http-equiv="refresh"' not in page and 'name="code"' not in page
    late = officer.post(address(proven, "approving"), {"code": old})
    assert late.status_code == 422 and "Le temps de cette image est passé" in text(late)
    assert officer.post(address(proven, "approving/image"))["Location"] == address(proven, "approving")
    assert officer.post(address(proven, "approving"), {"code": code(scan)})["Location"].endswith("#approved")


def test_what_is_missing_is_said_before_an_image(officer, proven, scan):
    for changes, words in [({"contacts_read_back": ""}, "Relisez les coordonnées"), ({"person": ""}, "Qui est cette personne"),
                           ({"token_serial": ""}, "Numéro de série")]:
        answer = officer.post(address(proven, "approve"), CHOICE | changes)
        assert answer.status_code == 422 and words in text(answer)
    assert not ShownApproval.objects.exists()
    # With the Token, its code is asked as before.
    answer = officer.post(address(proven, "approve"), {name: value for name, value in CHOICE.items() if name != "by"})
    assert answer.status_code == 422


def test_a_name_that_changed_meanwhile_is_said_and_not_approved(officer, proven, scan):
    officer.post(address(proven, "approve"), CHOICE)
    digits = code(scan)
    proven.order.refresh_from_db()
    proven.order.applicant = proven.order.applicant | {"family_names": "Specimem"}
    proven.order.save(update_fields=("applicant",))
    answer = officer.post(address(proven, "approving"), {"code": digits})
    assert answer.status_code == 422 and "n’est plus celle que votre Scan a montrée" in text(answer)
    officer.post(address(proven, "approving/image"))
    assert "Marie Specimem" in text(officer.get(address(proven, "approving")))


def test_where_only_scans_approve(officer, proven, scan, monkeypatch):
    monkeypatch.setattr(rules, "_rules", replace(rules.current(), names_by_scan_only=True))
    page = text(officer.get(address(proven)))
    assert "Approuver avec mon Scan" in page and 'name="code"' not in page
    assert officer.post(address(proven, "approve"), CHOICE | {"by": ""}).status_code == 302
    assert officer.post(address(proven, "approving"), {"code": code(scan)})["Location"].endswith("#approved")


def test_where_only_scans_approve_and_he_has_none(officer, proven, monkeypatch):
    assert "Approuver avec mon Scan" not in text(officer.get(address(proven)))
    monkeypatch.setattr(rules, "_rules", replace(rules.current(), names_by_scan_only=True))
    assert "on approuve avec un Scan" in text(officer.get(address(proven)))


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_the_page_speaks_each_language(officer, proven, scan, language):
    officer.post(address(proven, "approve"), CHOICE)
    page = text(officer.get(address(proven, "approving"), {"language": language}))
    assert f'lang="{language}"' in page and ("doit montrer exactement" in page) == (language == "fr")
