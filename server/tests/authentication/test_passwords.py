# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.authentication.services import password_problems


@pytest.mark.requirement("R136")
@pytest.mark.parametrize("text, problems", [
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
])
def test_each_rule_has_its_own_code(text, problems):
    assert [str(problem) for problem in password_problems(text)] == problems
