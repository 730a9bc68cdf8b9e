# SPDX-License-Identifier: Apache-2.0
"""What every journey must stand: keys alone, another language half-way, an idle hour, a wrong address, a slow clock."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from paraph.kernel import rules
from testkit import applications, holders
from testkit.applications import Application

from .entering import page_with_session
from .looking import stop_the_clock

pytestmark = pytest.mark.django_db(transaction=True)


def tab_to(page, name, *, most=40):
    """Presses Tab until an element whose name begins so has the focus, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate("""() => {
            const one = document.activeElement;
            const label = one.getAttribute('aria-label') ?? one.labels?.[0]?.innerText ?? one.innerText ?? '';
            return label.replace(/\\s+/g, ' ').trim();
        }""")
        if found.startswith(name):
            return
    raise AssertionError(f"the Tab key does not reach “{name}” on {page.url}; last: {found}")


def answer(page, *steps):
    for name, keys in steps:
        tab_to(page, name)
        page.keyboard.type(keys)


def enter(page):
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.requirement("R301")
def test_a_login_by_keys_alone(marie, clock, open_context):
    page = open_context("fr", 1280).new_page()
    page.goto("/login/?next=/my/")
    tab_to(page, "Token")
    page.keyboard.press("Space")
    tab_to(page, "Continuer")
    enter(page)
    answer(page, ("UserID", marie.user_id), ("Mot de passe", holders.PASSWORD))
    tab_to(page, "Connexion")
    enter(page)
    answer(page, ("Code affiché par votre Token", marie.code(clock.now())))
    enter(page)
    assert urlsplit(page.url).path == "/my/"
    tab_to(page, "Se déconnecter", most=80)
    enter(page)
    assert urlsplit(page.url).path == "/"


def logged_in(open_context, live_server, log_in, path, width=1280):
    client = Client(HTTP_HOST="localhost")
    log_in(client)
    page = page_with_session(open_context("fr", width), live_server, client)
    page.goto(path)
    return page


@pytest.mark.requirement("R022", part="later: banks, video and apostille officers")
def test_a_desk_s_case_by_keys_alone(live_server, signer, system, clock, open_context):
    """From the queue to an identified customer: the search has the focus, each step leads to the next."""
    scene = applications.scene(system)
    scene.stock("11-1111111-1")
    paid = Application.place(scene, clock.now()).pay(clock.now())
    page = logged_in(open_context, live_server, lambda client: applications.log_in_officer(client, scene, clock.now()),
                     "/desk/")
    assert page.evaluate("document.activeElement.name") == "name"
    page.keyboard.type(paid.order.reference[-6:])
    enter(page)
    page.evaluate("document.activeElement.blur()")
    tab_to(page, paid.order.reference)
    enter(page)
    for name in page.locator("[name=received]").evaluate_all("all => all.map(one => one.labels[0].innerText.trim())"):
        tab_to(page, name)
        page.keyboard.press("Space")
    for name in ("Chaque champ du bon de commande est rempli", "Le bon de commande est signé"):
        tab_to(page, name)
        page.keyboard.press("Space")
    answer(page, ("Jour", str(clock.now().day)), ("Mois", str(clock.now().month)), ("Année", str(clock.now().year)))
    tab_to(page, "Enregistrer les pièces")
    enter(page)
    assert page.locator("#papers + ul .govuk-tag--green").count() == 2
    assert urlsplit(page.url).fragment == "papers"


def test_another_language_half_way_keeps_what_was_typed(demonstration, open_context):
    """Saved answers and those still on the page; without scripts the saved ones."""
    long = "Freifrau von Hohenlohe-Waldenburg-Schillingsfürst-Niederbronn"
    for scripts in (True, False):
        page = open_context("fr", 320, java_script_enabled=scripts).new_page()
        page.goto("/shop/token/private/applicant/")
        page.locator("#id_family_names").fill(long)
        page.locator("#id_given_names").fill("Maximiliane")
        page.get_by_role("button", name="Continuer").click()
        page.wait_for_url("**/document/")
        page.locator("input[value=passport]").check()
        page.locator("#id_expires_on_year").fill("2030")
        page.get_by_role("link", name="Deutsch").click()
        page.get_by_role("heading", name="Ihr Ausweisdokument").wait_for()
        assert page.locator("input[value=passport]").is_checked() == scripts
        assert page.locator("#id_expires_on_year").input_value() == ("2030" if scripts else "")
        page.goto("/shop/token/private/applicant/")
        assert page.locator("#id_family_names").input_value() == long
        if scripts:
            assert page.evaluate("sessionStorage.length") == 0


def test_no_password_is_kept_for_another_language(live_server, open_context):
    page = open_context("fr", 320).new_page()
    page.goto("/login/password?device=token&next=/my/")
    page.locator("#id_user_id").fill("ABCD2345")
    page.locator("#id_password").fill("Lilas85a")
    page.evaluate("""document.querySelector('.faces-languages a').addEventListener('click', event => {
        event.preventDefault(); window.stored = sessionStorage.getItem('faces-typed'); })""")
    page.locator(".faces-languages a").first.click()
    stored = page.evaluate("window.stored")
    assert "ABCD2345" in stored and "Lilas85a" not in stored


def test_who_is_logged_in_is_asked_before_the_session_ends(marie, live_server, clock, open_context, axe):
    def log_in(client):
        applications.log_in(client, identity_id=marie.identity.id, person_id=marie.identity.person_id, scope="full",
                            at=clock.now())

    page = logged_in(open_context, live_server, log_in, "/login/change-password", width=320)
    stop_the_clock(page)
    page.reload()
    question = page.get_by_role("dialog", name="Êtes-vous toujours là ?")
    idle = timedelta(minutes=rules.current().session_idle_minutes).total_seconds()
    page.clock.fast_forward((idle - 120) * 1000 - 1)
    assert question.is_hidden()
    page.clock.fast_forward(1)
    question.wait_for()
    clock.advance(seconds=idle - 119)
    with page.expect_response("**/login/stay") as kept:
        page.get_by_role("button", name="Rester connecté").click()
    assert kept.value.status == 204
    question.wait_for(state="hidden")
    clock.advance(seconds=idle - 1)
    page.reload()
    assert urlsplit(page.url).path == "/login/change-password"
    page.clock.fast_forward((idle - 120) * 1000)
    question.wait_for()
    page.clock.resume()  # axe waits, and needs a clock that goes
    axe(page)
    question.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url("**/?logged_out=1")
    assert page.get_by_text("Vous êtes déconnecté").is_visible()
    page.goto("/login/change-password")
    assert urlsplit(page.url).path == "/login/"


@pytest.mark.parametrize("path", ["/my/nothing-here", "/sign/01a20f1d-0389-712d-8431-19b96540ddde/page/1"])
def test_a_wrong_address_says_so_to_who_is_logged_in(marie, live_server, clock, open_context, inspect_page, path):
    def log_in(client):
        applications.log_in(client, identity_id=marie.identity.id, person_id=marie.identity.person_id, scope="full",
                            at=clock.now())

    page = logged_in(open_context, live_server, log_in, "/help/", width=320)
    assert page.goto(path).status == 404
    inspect_page(page, f"not-found-logged-in-{'sign' if 'sign' in path else 'my'}-fr-320")
    page.get_by_role("link", name="Retourner à l’accueil").click()
    page.wait_for_url("**/")


@pytest.mark.requirement("R093")
@pytest.mark.requirement("R094")
@pytest.mark.requirement("R095")
@pytest.mark.parametrize(("minutes", "good"), [(4, True), (6, False)])
def test_the_clock_of_the_computer_is_checked_before_an_activation(live_server, clock, open_context, inspect_page, minutes,
                                                                   good):
    page = open_context("fr", 320).new_page()
    page.clock.set_fixed_time(clock.now() - timedelta(minutes=minutes))
    page.goto("/my/certificate/activate")
    page.locator("#check").click()
    page.wait_for_url("**/check?clock=**")
    inspect_page(page, f"activate-check-{'green' if good else 'red'}-clock-fr-320")
    row = page.get_by_role("row", name="Heure de l’ordinateur")
    assert ("en ordre" if good else "à corriger") in row.inner_text()
    assert page.get_by_role("button", name="Continuer").is_enabled() == good
