# SPDX-License-Identifier: Apache-2.0
"""Advice, warnings and instructions that the requirements want on a named page, in each language of the service."""

import pytest
from django.conf import settings
from django.test import Client

from paraph.domain.authentication.models import Credential
from paraph.domain.certification import queries as certificates
from testkit import holders

LANGUAGES = ("fr", "de", "en")
NUMBER = "+352 20 00 00 00"


def main(answer):
    """What stands in the page's own part, outside header and footer."""
    return answer.content.decode().split("<main")[1].split("</main")[0].replace("\xa0", " ")


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def reader(language, db):
    """A browser that reads this language."""
    client = Client(HTTP_HOST="localhost")
    client.get("/", {"language": language})
    return client


@pytest.fixture
def inside(reader, marie, clock):
    """Marie, logged in with her Token."""
    reader.post("/login/password?device=token&next=/my/", {"user_id": marie.user_id, "password": holders.PASSWORD})
    assert reader.post("/login/code", {"code": marie.code(clock.now())})["Location"] == "/my/"
    return reader


# --- R142: whom to call ------------------------------------------------------------------------------------------------


WITHOUT_CODES = {"fr": "Vous n’avez plus vos codes", "de": "Sie haben Ihre Codes nicht mehr",
                 "en": "You no longer have your codes"}


@pytest.mark.requirement("R142")
@pytest.mark.parametrize("page", ["forgotten-password", "forgotten-password/codes", "unblock", "unblock/codes"])
def test_who_lost_his_codes_reads_whom_to_call(reader, language, page):
    """Also after a wrong answer."""
    wrong = {"user_id": "", "sms_code": "1", "code": "1", "password": "x", "again": "y"}
    for answer in (reader.get(f"/my/{page}"), reader.post(f"/my/{page}", wrong)):
        assert NUMBER in main(answer) and WITHOUT_CODES[language] in main(answer)


@pytest.mark.requirement("R142")
def test_who_is_blocked_reads_where_to_unblock_and_whom_to_call(reader, marie, clock, language):
    Credential.objects.update(failures=5, failed_at=clock.now())
    answer = reader.post("/my/forgotten-password/codes", {
        "user_id": marie.user_id, "initial_password": holders.INITIAL_PASSWORD, "challenge": holders.CHALLENGE,
        "code": marie.code(clock.now()), "password": "Neu456", "again": "Neu456"})
    words = {"fr": "votre compte est bloqué", "de": "Ihr Konto ist gesperrt", "en": "your account is blocked"}[language]
    assert words in main(answer) and NUMBER in main(answer) and "/my/unblock" in main(answer)


@pytest.mark.requirement("R147")
def test_the_help_says_who_gives_new_initial_codes_and_that_the_old_ones_die(reader, language):
    page = main(reader.get("/help/"))
    desk, dead = {"fr": ("au bureau ou à la banque qui vous a identifié", "les anciens ne servent plus"),
                  "de": ("zu der Registrierungsstelle oder Bank, die Sie identifiziert hat", "die alten gelten nicht mehr"),
                  "en": ("to the desk or bank that identified you", "the old ones no longer work")}[language]
    assert page.index(NUMBER) < page.index(desk) < page.index(dead)


def test_the_help_leads_to_a_new_product_and_sets_a_token_right(reader, language):
    page = main(reader.get("/help/"))
    set_right = {"fr": "Les codes de votre Token ne sont plus acceptés",
                 "de": "Die Codes Ihres Tokens werden nicht mehr angenommen",
                 "en": "The codes of your Token are no longer accepted"}[language]
    lost, heading = page.index('href="/my/replacement/report"'), page.index(set_right)
    assert lost < heading < page.index('href="/my/products"') and reader.get("/my/replacement/report").status_code == 200


# --- R148, R149, R152: advice ------------------------------------------------------------------------------------------


@pytest.mark.requirement("R148")
def test_the_help_says_that_a_user_id_is_not_given_online(reader, language):
    words = {"fr": "Nous ne le donnons pas en ligne", "de": "Wir nennen sie nicht online",
             "en": "We do not give it online"}[language]
    assert f"{words}. " in main(reader.get("/help/")) and NUMBER in main(reader.get("/help/"))


@pytest.mark.requirement("R149", part="later: cards")
def test_the_page_of_the_change_advises_it_and_says_when_it_was_last(inside, language, clock):
    advice = {"fr": "changer votre mot de passe régulièrement", "de": "Ihr Passwort regelmäßig zu ändern",
              "en": "change your password regularly"}[language]

    def days(first, second):
        page = main(inside.get("/login/change-password"))
        assert advice in page
        return first in page, second in page

    at_first = {"fr": "24 novembre 2026", "de": "24. November 2026", "en": "24 November 2026"}[language]
    then = {"fr": "26 novembre 2026", "de": "26. November 2026", "en": "26 November 2026"}[language]
    assert days(at_first, then) == (True, False)
    Credential.objects.update(password_set_at=clock.now().replace(day=26))
    assert days(at_first, then) == (False, True)


@pytest.mark.requirement("R152")
def test_after_a_block_a_new_password_is_advised(reader, marie, clock, language):
    Credential.objects.update(failures=5, failed_at=clock.now())
    clock.advance(hours=12)
    reader.post("/login/password?device=token&next=/verify/", {"user_id": marie.user_id, "password": holders.PASSWORD})
    page = main(reader.get(reader.post("/login/code", {"code": marie.code(clock.now())})["Location"]))
    advice = {"fr": "Nous vous conseillons de choisir un nouveau mot de passe",
              "de": "Wir raten Ihnen, ein neues Passwort zu wählen", "en": "We advise you to choose a new password"}[language]
    assert advice in page and 'href="/login/change-password"' in page and 'href="/verify/"' in page


@pytest.mark.requirement("R154", part="later: cards")
@pytest.mark.parametrize("page", ["unblock", "unblock/codes"])
def test_who_has_a_card_is_sent_to_its_pin(reader, language, page):
    words = {"fr": "Débloquez-le avec le PUK de votre lettre", "de": "Entsperren Sie sie mit der PUK aus Ihrem Brief",
             "en": "Unblock it with the PUK from your letter"}[language]
    assert words in main(reader.get(f"/my/{page}"))


# --- R207, R212: how devices are used ----------------------------------------------------------------------------------


STEPS = {"fr": ("bouton en haut à droite", "sa caméra", "sur son écran", "le code qu’il"),
         "de": ("Taste oben rechts", "seine Kamera", "seinem Bildschirm", "den Code, den er"),
         "en": ("button at the top right", "its camera", "its screen", "the code that it")}
NOTHING = {"fr": "Il n’y a rien à installer", "de": "Es ist nichts zu installieren", "en": "There is nothing to install"}


@pytest.mark.requirement("R207")
@pytest.mark.requirement("R212", part="here: the help; without a middleware in the browser's tests")
def test_the_help_tells_how_scan_and_token_are_used(reader, language):
    page = main(reader.get("/help/"))
    places = [page.index(words) for words in STEPS[language]]
    assert places == sorted(places)
    assert NOTHING[language] in page.split('id="token"')[1].split('id="scan"')[0]


# --- R280 to R286: frauds ----------------------------------------------------------------------------------------------


SIGNS = {
    "fr": ("L’adresse de l’expéditeur ou le numéro de téléphone est inhabituel", "d’urgence de mettre à jour vos données",
           "un lien pour mettre à jour vos données", "beaucoup de fautes"),
    "de": ("Die Absenderadresse oder die Telefonnummer ist ungewöhnlich", "dringend Ihre Daten aktualisieren",
           "einen Link, um Ihre Daten zu aktualisieren", "viele Fehler"),
    "en": ("The sender’s address or the telephone number is unusual", "urgently asked to update your data",
           "a link to update your data", "many mistakes")}
BANK = {"fr": "Appelez votre banque et demandez-lui de bloquer", "de": "Rufen Sie Ihre Bank an",
        "en": "Call your bank and ask it to block"}


@pytest.mark.requirement("R280", "R281", "R282", "R283")
def test_the_page_on_frauds_lists_the_four_signs_in_their_order(reader, language):
    page = main(reader.get("/phishing/"))
    places = [page.index(words) for words in SIGNS[language]]
    assert places == sorted(places) and BANK[language] in page and "/my/report-fraud" in page and NUMBER in page


@pytest.mark.requirement("R284", "R285")
def test_who_reported_reads_to_call_the_bank(inside, marie, language):
    inside.post("/my/report-fraud", {"what": "x"})
    page = main(inside.get("/my/report-fraud/done"))
    suspended = {"fr": "Votre certificat est suspendu", "de": "Ihr Zertifikat ist ausgesetzt",
                 "en": "Your certificate is suspended"}[language]
    assert BANK[language] in page and suspended in page and NUMBER in page
    assert certificates.for_subject(str(marie.identity.id))[0].state == "suspended"


@pytest.mark.requirement("R285")
def test_a_report_without_codes_says_the_same_of_the_bank_and_how_to_suspend(reader, language):
    reader.post("/my/report-fraud", {"what": "x"})
    page = main(reader.get("/my/report-fraud/done"))
    assert BANK[language] in page and "/my/certificate/suspend-with-codes" in page


DOUBT = {"fr": "Ne donnez jamais ensemble votre UserID, votre mot de passe et un code",
         "de": "Geben Sie niemals UserID, Passwort und einen Code zusammen",
         "en": "Never give your UserID, your password and a code together"}


@pytest.mark.requirement("R286")
@pytest.mark.parametrize("page", ["password?device=token", "password?device=scan", "security-code"])
def test_where_a_password_is_asked_for_the_genuine_address_and_the_warning_stand(reader, language, page):
    """Also when something is missing, and where password and code are on one page."""
    for answer in (reader.get(f"/login/{page}"), reader.post(f"/login/{page}", {"user_id": "ZZZZ9999"})):
        assert settings.URL in main(answer) and DOUBT[language] in main(answer)
