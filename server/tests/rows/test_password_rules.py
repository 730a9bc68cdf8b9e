# SPDX-License-Identifier: Apache-2.0
"""R136 wherever a logged-in or forgetful holder chooses a password, in each language; activation and the first login of
staff are tested with their pages."""

import pytest
from django.test import Client

from paraph.domain.authentication.models import Credential
from testkit import holders

MISSED = {
    "Abc12": {"fr": "trop court", "de": "zu kurz", "en": "too short"},
    "Abcdef12345": {"fr": "trop long", "de": "zu lang", "en": "too long"},
    "ABC123": {"fr": "minuscule", "de": "Kleinbuchstab", "en": "lower-case"},
    "abc123": {"fr": "majuscule", "de": "Großbuchstab", "en": "upper-case"},
    "Abcdef": {"fr": "chiffre", "de": "Ziffer", "en": "digit"},
}


@pytest.fixture(params=["fr", "de", "en"])
def language(request):
    return request.param


@pytest.fixture(params=["change", "forgotten"])
def chooses(request, marie, clock, language):
    """Marie types a new password; gives whether it is taken, and the page's own part."""
    browser = Client(HTTP_HOST="localhost")
    browser.get("/", {"language": language})
    if request.param == "change":
        browser.post("/login/password?device=token&next=/my/", {"user_id": marie.user_id, "password": holders.PASSWORD})
        browser.post("/login/code", {"code": marie.code(clock.now())})

    def choose(password):
        before = Credential.objects.get().password_hash
        if request.param == "change":
            answer = browser.post("/login/change-password", {
                "current": holders.PASSWORD, "password": password, "again": password})
        else:
            clock.advance(seconds=30)
            answer = browser.post("/my/forgotten-password/codes", {
                "user_id": marie.user_id, "initial_password": holders.INITIAL_PASSWORD, "challenge": holders.CHALLENGE,
                "code": marie.code(clock.now()), "password": password, "again": password})
        taken = answer.status_code == 302
        assert taken is (Credential.objects.get().password_hash != before)
        return taken, "" if taken else answer.content.decode().split("<main")[1].split("</main")[0]

    return choose


def errors_of(page):
    """The list of faults at the top of the page."""
    return page.split("govuk-error-summary__list")[1].split("</ul>")[0]


@pytest.mark.requirement("R136")
def test_each_rule_that_is_missed_has_its_own_sentence_and_changes_nothing(chooses, language):
    for password, words in MISSED.items():
        taken, page = chooses(password)
        said = errors_of(page)
        assert not taken and words[language] in said and said.count("<li>") == 1
        assert not any(other[language] in said for name, other in MISSED.items() if name != password)


@pytest.mark.requirement("R136")
@pytest.mark.parametrize("password", ["Neu456", "Neu4567890", "nEU 45é"])
def test_six_and_ten_characters_and_other_signs_are_taken(chooses, password):
    assert chooses(password)[0]
