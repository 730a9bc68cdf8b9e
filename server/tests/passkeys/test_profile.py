# SPDX-License-Identifier: Apache-2.0
"""What the operator decides about passkeys: the flag, the table [passkeys], and addresses at which there can be none."""

import os
import subprocess
import sys

import pytest

from paraph.config.operator import FOLDERS, load
from paraph.domain.devices.methods.passkey import Conveyance, Grade, relying_party
from testkit.simulators.authenticator import Maker

URL = "https://id.example.org"
AAGUID = "f8a011f3-8c0a-4d15-8006-17111f9edc7d"


def table(**content):
    return relying_party(content, url=URL, name="Paraph")


@pytest.mark.requirement("R067", part="here: the passkey, which no row asks for")
def test_the_requirements_profile_has_none_and_the_demonstration_has_them():
    assert load("luxtrust").flags["passkey"] is False
    assert load("demo").flags["passkey"] is True


@pytest.mark.requirement("R067", part="here: the passkey, which no row asks for")
@pytest.mark.parametrize(("profile", "found"), [("luxtrust", "None"), ("demo", "localhost")])
def test_what_the_settings_bind(profile, found, tmp_path):
    program = ("import paraph.config.settings\n"
               "from paraph.domain.devices.methods.passkey import current\n"
               "print(current() and current().id)")
    environment = {**os.environ, "PARAPH_PROFILE": profile, "PARAPH_DATA": str(tmp_path),
                   "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == found


def test_nothing_said_is_the_careful_way():
    party = table()
    assert (party.id, party.origin, party.conveyance, party.self_attestation) == (
        "id.example.org", URL, Conveyance.NONE, False)
    assert party.levels == {Grade.ATTESTED: "substantial", Grade.BOUND: "substantial", Grade.SYNCED: "low"}


@pytest.mark.parametrize(("url", "origin"), [
    ("http://localhost:8000", "http://localhost:8000"), ("https://id.example.org/", "https://id.example.org"),
    ("https://id.example.org:8443/paraph", "https://id.example.org:8443"),
])
def test_the_origin_is_what_browsers_report(url, origin):
    assert relying_party({}, url=url, name="Paraph").origin == origin


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://[::1]", "https://192.0.2.7:443"])
def test_an_address_that_is_a_number_has_none(url):
    assert relying_party({}, url=url, name="Paraph") is None


def test_a_list_of_models_asks_for_their_make():
    maker = Maker()
    party = table(attestation="direct", models=[{"aaguid": AAGUID, "name": "Clé", "roots": [maker.root_pem]}])
    assert party.conveyance == "direct"
    assert party.model(party.models[0].aaguid).name == "Clé"
    assert party.grades == tuple(Grade)
    assert table().grades == (Grade.BOUND, Grade.SYNCED)


@pytest.mark.parametrize("wrong", [
    {"atestation": "direct"}, {"attestation": "enterprise"}, {"levels": {"bound": "medium"}}, {"levels": {"cloud": "low"}},
    {"models": [{"aaguid": AAGUID, "name": "x"}]}, {"models": [{"aaguid": "x", "name": "x", "roots": []}]},
    {"models": [{"aaguid": AAGUID, "name": "x", "roots": []}]},
    {"models": [{"aaguid": AAGUID, "name": "x", "roots": ["-----BEGIN NOTHING-----"]}]},
])
def test_a_table_that_says_what_it_must_not_stops_the_start(wrong):
    with pytest.raises(ValueError):
        table(**wrong)


def test_a_wrong_profile_is_told_in_one_sentence(tmp_path):
    content = tmp_path / "wrong.toml"
    text = (FOLDERS[0] / "demo.toml").read_text()
    content.write_text(text.replace('attestation = "none"', 'attestation = "perhaps"'))
    environment = {**os.environ, "PARAPH_PROFILE": str(content), "PARAPH_DATA": str(tmp_path),
                   "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run([sys.executable, "-c", "import paraph.config.settings"], env=environment, capture_output=True,
                          text=True)
    assert told.returncode != 0
    assert "SettingError: 'perhaps' is not a valid Conveyance" in told.stderr
