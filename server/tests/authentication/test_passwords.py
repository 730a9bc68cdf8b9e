# SPDX-License-Identifier: Apache-2.0
import re
import tomllib
from pathlib import Path

import pytest
from django.test import Client

from paraph.domain.authentication import policy, services
from paraph.domain.authentication.services import password_problems
from paraph.kernel import rules
from testkit import holders

PAGE = Path(__file__).resolve().parents[3] / "docs/operate/passwords.md"

CASES = [
    ("Abc123", []),
    ("Abcdef1234", []),
    ("Aé#€ß9", []),
    ("Abc12", ["too_short"]),
    ("Abcdef12345", ["too_long"]),
    ("ABC123", ["no_lower"]),
    ("abc123", ["no_upper"]),
    ("Abcdef", ["no_digit"]),
    ("", ["too_short", "no_lower", "no_upper", "no_digit"]),
    ("Abcde٣", ["no_digit"]),
]


@pytest.mark.requirement("R136")
@pytest.mark.parametrize("text, problems", CASES)
def test_each_rule_has_its_own_code(text, problems):
    assert [str(problem) for problem in password_problems(text)] == problems


@pytest.fixture
def passphrases():
    """The profile of docs/operate/passwords.md."""
    before = rules.current()
    found = re.search(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    rules.use(rules.from_mapping(tomllib.loads(found)["rules"]))
    yield
    rules.use(before)


@pytest.mark.parametrize("text, problems", [
    ("petite tortue x", []), ("x" * 64, []), ("petite tortue ", ["too_short"]), ("x" * 65, ["too_long"])])
def test_passphrases_are_judged_by_their_length(passphrases, text, problems):
    assert [str(problem) for problem in password_problems(text)] == problems


@pytest.mark.parametrize(("language", "words"), [
    ("fr", "De 15 à 64 caractères. Plusieurs mots"), ("de", "15 bis 64 Zeichen. Mehrere Wörter"),
    ("en", "15 to 64 characters. Several words")])
def test_the_pages_speak_of_passphrases(passphrases, db, language, words):
    page = Client().get("/my/forgotten-password/codes", {"language": language}).content.decode()
    assert words in page and "majuscule" not in page


def test_a_passphrase_opens_the_door_and_a_password_of_before_still_does(marie, passphrases, caller, clock):
    def opens(password):
        return services.check_first_step(user_id=marie.user_id, password=password, device="token",
                                         caller=caller.at_instant(clock.now())).transaction_id is not None

    assert opens(holders.PASSWORD), "of six characters"
    given = {"user_id": marie.user_id, "caller": caller.at_instant(clock.now()), "received": services.Received(
        initial_password=holders.INITIAL_PASSWORD, challenge=holders.CHALLENGE)}
    assert services.reset_password(password="quatre petites tortues", code=marie.code(clock.now()), **given) == "accepted"
    assert opens("quatre petites tortues") and not opens(holders.PASSWORD)


@pytest.mark.requirement("R137", part="later: the app's passcode field")
@pytest.mark.parametrize("text, problems", CASES)
def test_the_passcode_of_the_app_follows_the_same_rule(text, problems):
    assert [str(problem) for problem in policy.passcode_problems(text, rules.current())] == problems


@pytest.mark.requirement("R137", part="later: the app's passcode field")
def test_the_passcodes_limits_are_its_own():
    """An operator with longer passwords does not lengthen passcodes."""
    longer = rules.Rules(password_minimum=12, password_maximum=64, password_kinds=False)
    assert policy.passcode_problems("Abc123", longer) == [] != policy.password_problems("Abc123", longer)
    assert policy.passcode_problems("abc123", longer) == ["no_upper"]
