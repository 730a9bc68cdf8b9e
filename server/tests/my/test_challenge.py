# SPDX-License-Identifier: Apache-2.0
"""The requirements call the code of six digits « Challenge ». Nobody knows the word: what it is stands where it appears."""

from pathlib import Path

import pytest
from django.utils.translation import override

from paraph.domain.notifications import policy
from paraph.interfaces.my import forms, secret_forms
from paraph.interfaces.my.wording import WHAT_A_CHALLENGE_IS

SOURCES = Path(policy.__file__).parents[2]
# A text message has no place for it, the demonstration's outbox repeats what was sent, and marks are no words.
SAYS_IT_ELSEWHERE = ("codes.sms.txt", "new_codes.sms.txt", "outbox.html")


def test_each_page_and_letter_that_says_the_word_says_what_it_is():
    silent = [path.name for path in SOURCES.rglob("templates/**/*")
              if path.suffix in (".html", ".txt") and path.name not in SAYS_IT_ELSEWHERE
              and "Challenge" in (text := path.read_text()) and "code de 6 chiffres" not in text]
    assert silent == []


@pytest.mark.parametrize("form", [
    forms.ChallengeForm, forms.InitialCodesForm, forms.ReportProductForm, secret_forms.ForgottenForm,
    secret_forms.ReportWithCodesForm])
@pytest.mark.parametrize(("language", "words"), [("fr", "6 chiffres"), ("de", "6 Ziffern"), ("en", "6")])
def test_each_field_says_it_too(form, language, words):
    with override(language):
        assert words in str(form.base_fields["challenge"].help_text)


@pytest.mark.parametrize("address", ["/my/certificate/suspend-with-codes", "/my/report-fraud", "/my/replacement/report"])
def test_the_pages_show_it(client, db, address):
    assert str(WHAT_A_CHALLENGE_IS) in client.get(address, follow=True).content.decode()
