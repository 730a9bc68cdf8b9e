# SPDX-License-Identifier: Apache-2.0
"""The profile of the requirements: its names, numbers and strings on the pages, and what it refuses to be."""

import os
import subprocess
import sys

import pytest
from django.test import Client

from paraph.config.environment import SettingError
from paraph.config.operator import load
from paraph.kernel import rules


@pytest.fixture
def luxtrust(settings):
    before = rules.current()
    settings.OPERATOR = load("luxtrust")
    rules.use(settings.OPERATOR.rules)
    yield settings.OPERATOR
    rules.use(before)


@pytest.fixture
def page(db, luxtrust, signer):
    def get(address: str, language: str = "fr") -> str:
        response = Client(HTTP_HOST="localhost").get(address, {"language": language})
        assert response.status_code in (200, 404), address
        return response.content.decode()
    return get


@pytest.mark.requirement("R248")
@pytest.mark.requirement("R249")
@pytest.mark.parametrize("address", ["/", "/help/", "/login/", "/my/", "/verify/", "/this-page-does-not-exist"])
@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_every_page_ends_at_the_same_desk(page, address, language):
    text = page(address, language)
    assert "+352 24 550 550" in text
    assert "questions@luxtrust.lu" in text
    assert "20 00 00 00" not in text, "the demonstration's own number shows through"


def test_every_page_says_that_it_is_not_that_company(page, luxtrust):
    for language in ("fr", "de", "en"):
        assert luxtrust.notice_in(language) in page("/", language).replace("&#x27;", "'")


@pytest.mark.requirement("R126", "R127", "R128", "R122", "R132", "R134")
@pytest.mark.requirement("R131", part="later: cards")
@pytest.mark.requirement("R133", part="later: the app")
def test_the_menu_has_the_names_of_annex_2(page):
    menu = page("/my/").split("<main")[1].split("</main>")[0]
    for name in ("Mon certificat", "Activer", "Suspendre temporairement", "Révoquer définitivement",
                 "Changer mon mot de passe", "Mot de passe oublié", "Changer mon image secrète", "Gérer mes produits",
                 "Débloquer mon compte"):
        assert name in menu, name


@pytest.mark.requirement("R014", "R089", "R107", "R114", "R136", "R137", "R150", "R151", "R157", "R072", part="here: the number")
def test_the_numbers_of_annex_3():
    numbers = load("luxtrust").rules
    assert (numbers.activation_code_length, numbers.activation_days) == (5, 60)
    assert (numbers.otp_digits, numbers.otp_life_seconds) == (6, 180)
    assert (numbers.password_minimum, numbers.password_maximum) == (6, 10)
    assert (numbers.passcode_minimum, numbers.passcode_maximum) == (6, 10)
    assert (numbers.lockout_failures, numbers.lockout_hours) == (5, 12)
    assert (numbers.suspension_days, numbers.certificate_years) == (30, 3)
    assert (numbers.security_code_minutes, numbers.applicant_least_age) == (30, 18)


@pytest.mark.requirement("R067", part="here: the passkey, which no row asks for")
def test_passkeys_and_lanes_are_off_in_this_profile():
    assert load("luxtrust").flags == {"passkey": False, "lockout_lanes": False}


@pytest.mark.parametrize("profile", ["demo", "luxtrust"])
def test_a_demonstration_does_not_answer_the_world(profile, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "paraph.config.main", "check"], capture_output=True, text=True,
        env={**os.environ, "PARAPH_PROFILE": profile, "PARAPH_URL": "https://sign.example", "PARAPH_DATA": str(tmp_path)})
    assert done.returncode == 2
    assert "on this computer only" in done.stderr


def test_a_profile_with_a_fault_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("slug = 'mine'\ninbound_emails = []\n")
    with pytest.raises(SettingError, match="missing"):
        load(str(path))
    path.write_text("slug = ")
    with pytest.raises(SettingError, match="not valid TOML"):
        load(str(path))
    with pytest.raises(ValueError, match="unknown rules"):
        path.write_text("inbound_emails = []\n[rules]\nlockout_minutes = 3\n")
        load(str(path))
