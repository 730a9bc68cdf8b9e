# SPDX-License-Identifier: Apache-2.0
"""Every template in every language and channel: complete, and nothing that a phisher could imitate (R279)."""

import re

import pytest

from paraph.domain.notifications import policy, rendering

DATA = {
    "name": "Marie Weber", "reference": "P-7KD4-M2QX-T", "reason": "document expired", "codes_by": "sms",
    "user_id": "K7M2QXRT", "initial_password": "abK7mnqP2r", "challenge": "493817", "activate_until": "23.01.2027",
    "serial": "11-1111111-1", "old": "22-2222222-2", "subject": "kV3x-pairwise", "label": "Mon téléphone", "code": "493817",
    "minutes": 10,
    "at": "24.11.2026 10:00", "until": "24.11.2026 22:00", "expires_at": "24.11.2029", "document": "contract.pdf",
    "asked_with": "SC-01-123456", "usable_from": "29.11.2026", "address": "https://paraph.example/my/replacement/not-me/k7",
    "link": "https://paraph.example/invited/link/kX3v", "roles": "Auditeur (Paraph S.A.)",
    "alarm": "Certificate ab12", "about": "ab12cd34", "count": "17", "partner": "Banque Exemple",
}
CASES = [(name, channel, language) for name, rule in policy.TEMPLATES.items() for channel in rule.channels
         for language in policy.LANGUAGES]
# Addresses that a message may hold, each of a page that asks for nothing that one has already: by template and channel.
ALLOWED_LINKS = {("replacement_wished", policy.MAIL): DATA["address"],
                 ("staff_invitation", policy.MAIL): DATA["link"], ("staff_renewal", policy.MAIL): DATA["link"],
                 ("staff_address", policy.MAIL): DATA["link"]}
ADDRESS = re.compile(r"https?:|www\.|href=|\b[\w-]+\.(?:lu|com|org|net|eu|example)/", re.IGNORECASE)
ASKS = re.compile(
    r"\b(?:saisissez|entrez|tapez|indiquez|renseignez|complétez|fournissez|communiquez|envoyez|répondez|confirmez|cliquez"
    r"|mettez à jour|geben Sie .{0,40}\b(?:ein|an|durch)\b|tippen Sie|füllen Sie|nennen Sie|übermitteln Sie|senden Sie"
    r"|antworten Sie|bestätigen Sie|klicken Sie|aktualisieren Sie"
    r"|enter|type in|fill in|provide|submit|tell us|give us|send us|reply|confirm|click|update)\b", re.IGNORECASE)


def rendered(name, channel, language):
    return rendering.render(template=name, channel=channel, language=language, data=DATA,
                            postal=("Marie Weber", "12, rue du Fort", "L-1234 Luxembourg"))


@pytest.mark.requirement("R279", "R282")
@pytest.mark.parametrize(("name", "channel", "language"), CASES)
def test_no_message_links_to_a_form_or_asks_for_a_code(name, channel, language):
    message = rendered(name, channel, language)
    for text in (message.subject, message.text):
        assert not ADDRESS.search(text.replace(ALLOWED_LINKS.get((name, channel), "\0"), ""))
        assert not ASKS.search(text)
    if channel == policy.SMS:
        assert "/" not in message.text.replace(" / ", " ")


@pytest.mark.parametrize("bad", ["Cliquez ici : https://paraph.example/data", "Bitte geben Sie Ihren Code ein",
                                 "Please confirm your password", "Répondez avec votre mot de passe",
                                 "Complétez vos données", "Bitte füllen Sie das Formular aus", "Tell us your code"])
def test_the_scan_finds_what_it_looks_for(bad):
    assert ADDRESS.search(bad) or ASKS.search(bad)


@pytest.mark.parametrize(("name", "channel", "language"), CASES)
def test_every_datum_is_said_and_nothing_is_left_open(name, channel, language):
    message = rendered(name, channel, language)
    said = message.subject + message.text
    assert "{" not in said and "%(" not in said and message.text
    if channel != policy.SMS:
        assert message.subject
        for datum in set(policy.TEMPLATES[name].requires) - {"codes_by"}:
            assert DATA[datum] in said, datum


@pytest.mark.parametrize(("name", "channel"), sorted({(name, channel) for name, channel, _ in CASES}))
def test_the_three_languages_differ(name, channel):
    texts = {language: rendered(name, channel, language).text for language in policy.LANGUAGES}
    assert len(set(texts.values())) == 3


@pytest.mark.parametrize("language", policy.LANGUAGES)
def test_codes_fit_in_two_parts_of_an_sms(language):
    assert len(rendered("codes", policy.SMS, language).text) <= 268


def test_no_template_of_codes_can_go_by_mail():
    for rule in policy.TEMPLATES.values():
        if rule.secret:
            assert policy.MAIL not in rule.channels
