# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.authentication import policy
from paraph.domain.authentication.services import password_problems
from paraph.kernel import rules


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


@pytest.mark.requirement("R137", part="later: the app's passcode field")
@pytest.mark.parametrize("text, problems", CASES)
def test_the_passcode_of_the_app_follows_the_same_rule(text, problems):
    assert [str(problem) for problem in policy.passcode_problems(text, rules.current())] == problems


@pytest.mark.requirement("R137", part="later: the app's passcode field")
def test_the_passcodes_limits_are_its_own():
    """An operator with longer passwords does not lengthen passcodes."""
    longer = rules.Rules(password_minimum=12, password_maximum=64)
    assert policy.passcode_problems("Abc123", longer) == [] != policy.password_problems("Abc123", longer)
