# SPDX-License-Identifier: Apache-2.0
"""The gallery stands for every page: keyboard, refused form, without JavaScript, larger text, paper."""

import pytest

from .looking import stop_the_clock, whole

FOCUSED = """() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const seen = [element, ...(element.labels ?? [])];
    const looks = seen.flatMap(one => [getComputedStyle(one), getComputedStyle(one, '::before')]);
    const box = element.getBoundingClientRect();
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
    return {
        text: (element.innerText || element.name || element.id || element.tagName).trim().slice(0, 60),
        place: [...document.querySelectorAll('*')].indexOf(element),
        shown: looks.some(look => look.boxShadow !== 'none'
            || look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2),
        uncovered: !!at && (seen.some(one => one.contains(at)) || at.contains(element)),
        inside: box.x >= 0 && box.right <= innerWidth + 1,
    };
}"""


def start_at_the_top(page):
    """As a page without a banner that takes the focus: the gallery has one."""
    page.evaluate("document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")


def walk(page):
    """Everything that the Tab key reaches, in its order."""
    stops = []
    for _ in range(120):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            return stops
        stops.append(stop)
    raise AssertionError("the Tab key does not leave the page")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", ["/faces/", "/faces/console/"])
def test_keyboard_reaches_everything_in_order_and_shows_where_it_is(open_context, path, width):
    page = open_context("fr", width).new_page()
    page.goto(f"{path}?language=fr")
    start_at_the_top(page)
    stops = walk(page)
    assert stops[0]["text"] == "Aller au contenu"
    assert [stop["place"] for stop in stops] == sorted(stop["place"] for stop in stops)
    for stop in stops:
        assert stop["shown"], f"no visible focus on {stop}"
        assert stop["uncovered"], f"focus is covered on {stop}"
        assert stop["inside"], f"focus is outside on {stop}"
    expected = page.evaluate("""() => [...document.querySelectorAll(
            'a[href], button, input, select, textarea, summary, [tabindex="0"]')]
        .filter(one => one.type !== 'hidden' && one.getClientRects().length)
        .filter(one => !one.closest('details:not([open]) > :not(summary)'))
        .filter(one => one.type !== 'radio' || one === one.form.querySelector(`[name="${one.name}"]`)).length""")
    assert len(stops) == expected


def test_axe_sees_what_is_wrong(page, axe):
    page.goto("/faces/confirmation/?language=fr")
    axe(page)
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    with pytest.raises(AssertionError, match="label"):
        axe(page)


def test_skip_link_leads_into_the_content(page):
    page.goto("/faces/?language=fr")
    start_at_the_top(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'main-content'")


@pytest.mark.parametrize("width", [320, 1280])
def test_refused_form_takes_the_focus_and_leads_to_the_fields(open_context, inspect_page, width):
    page = open_context("fr", width).new_page()
    page.goto("/faces/?language=fr")
    page.get_by_label("Jour").fill("31")
    page.get_by_label("Mois").fill("2")
    page.get_by_label("Année").fill("1985")
    page.get_by_role("button", name="Continuer").click()
    assert whole(page).title().startswith("Erreur\xa0: Galerie")
    page.wait_for_function("document.activeElement.className === 'govuk-error-summary'")
    assert page.get_by_label("Jour").input_value() == "31"
    inspect_page(page, f"gallery-refused-fr-{width}")
    for text, identifier in (("Indiquez une date", "id_birth_date_day"), ("Votre appareil", "id_device_0"),
                             ("Code de votre Token", "id_code")):
        page.locator(".govuk-error-summary a", has_text=text).click()
        assert page.evaluate("document.activeElement.id") == identifier


def fill_in(page):
    page.get_by_label("Nom").fill("Weber")
    page.get_by_label("Jour").fill("27")
    page.get_by_label("Mois").fill("3")
    page.get_by_label("Année").fill("1985")
    page.get_by_label("Carte à puce").check()
    page.get_by_label("Code de votre Token").fill("482913")
    page.locator("#id_password").fill("what only I know")
    page.get_by_label("Document à signer").set_input_files(
        {"name": "contrat.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
    page.get_by_label("J’accepte les conditions générales").check()
    page.get_by_role("button", name="Continuer").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_form_is_sent_with_and_without_javascript(open_context, javascript):
    page = open_context("fr", 320, java_script_enabled=javascript).new_page()
    page.goto("/faces/?language=fr")
    fill_in(page)
    page.get_by_role("heading", name="Commande enregistrée", level=1).wait_for()


def test_password_can_be_shown_and_is_hidden_again_before_it_is_sent(page):
    page.goto("/faces/?language=fr")
    field = page.locator("#id_password")
    field.fill("what only I know")
    page.get_by_role("button", name="Afficher le mot de passe").click()
    assert field.get_attribute("type") == "text"
    page.get_by_role("button", name="Masquer le mot de passe").click()
    assert field.get_attribute("type") == "password"
    page.get_by_role("button", name="Afficher le mot de passe").click()
    page.evaluate("document.querySelector('form').addEventListener('submit', event => event.preventDefault())")
    page.get_by_role("button", name="Continuer").click()
    assert field.get_attribute("type") == "password"


def test_what_needs_javascript_is_not_shown_without_it(open_context, screenshot):
    page = open_context("fr", 320, java_script_enabled=False).new_page()
    page.goto("/faces/?language=fr")
    assert page.locator(".govuk-password-input__toggle").is_hidden()
    assert page.get_by_role("link", name="Actualiser la page").is_visible()
    screenshot(page, "gallery-without-javascript-fr-320")


def test_a_waiting_page_reloads_when_the_state_has_changed(page):
    stop_the_clock(page)
    page.goto("/faces/waiting/?language=fr")
    page.evaluate("window.untouched = true")
    asked = []
    page.on("request", lambda request: request.url.endswith("/state/") and asked.append(request.url))
    page.clock.run_for(2_999)
    assert asked == []
    with page.expect_response("**/waiting/state/"):
        page.clock.run_for(1)
    assert page.evaluate("window.untouched")
    page.route("**/waiting/state/", lambda route: route.fulfill(json={"state": "confirmed"}))
    with page.expect_navigation():
        # When it asks again depends on when it has read the answer: its clock goes on by itself.
        page.clock.resume()
    assert len(asked) >= 2


def test_the_holder_of_a_session_is_asked_two_minutes_before_its_end(page, axe):
    stop_the_clock(page)
    page.goto("/faces/waiting/?language=fr")
    question = page.get_by_role("dialog", name="Êtes-vous toujours là ?")
    page.clock.fast_forward(779_999)
    assert question.is_hidden()
    page.clock.fast_forward(1)
    question.wait_for()
    with page.expect_response("**/waiting/state/"):
        page.get_by_role("button", name="Rester connecté").click()
    question.wait_for(state="hidden")
    page.clock.fast_forward(779_999)
    assert question.is_hidden()
    page.clock.fast_forward(1)
    question.wait_for()
    page.clock.resume()  # axe waits, and needs a clock that goes
    axe(page)
    page.clock.fast_forward(120_000)
    question.get_by_text("Votre session est terminée").wait_for()
    assert page.get_by_role("button", name="Rester connecté").is_hidden()


@pytest.mark.parametrize("path", ["/faces/", "/faces/console/"])
def test_wider_text_spacing_keeps_the_page_whole(open_context, path):
    """WCAG 2.2, success criterion 1.4.12."""
    page = open_context("fr", 320).new_page()
    page.goto(f"{path}?language=fr")
    page.evaluate("""() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
            word-spacing: 0.16em !important } p { margin-bottom: 2em !important }`);
        document.adoptedStyleSheets = [sheet];
    }""")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_targets_are_large_enough(open_context):
    """WCAG 2.2, success criterion 2.5.8: 24 px, or a link within a sentence."""
    page = open_context("fr", 320).new_page()
    page.goto("/faces/?language=fr")
    small = page.evaluate("""() => [...document.querySelectorAll(
            'button, input:not([type=hidden]), select, textarea, summary, nav a')]
        .filter(one => one.getClientRects().length)
        .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
        .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)""")
    assert small == []


def test_on_paper_only_what_says_something_remains(page, screenshot):
    page.goto("/faces/confirmation/?language=fr")
    page.emulate_media(media="print")
    assert page.locator(".govuk-button").is_hidden()
    assert page.locator(".faces-languages").is_hidden()
    assert page.get_by_text("P7K2-9QF4-M").is_visible()
    assert page.locator(".faces-help").is_visible()
    screenshot(page, "gallery-confirmation-paper")


def test_the_portal_s_network_trace_is_small(open_context):
    """What a first visit loads, as it lies on the disk of the server (compressed it is less than half)."""
    page = open_context("fr", 320).new_page()
    sizes = {}
    page.on("response", lambda answer: sizes.update({answer.url.rsplit("/", 1)[-1]: len(answer.body())}))
    page.goto("/faces/confirmation/?language=fr", wait_until="networkidle")
    assert set(sizes) >= {"faces.css", "faces.js", "source-sans-3-latin-wght-normal.woff2"}
    assert sum(sizes.values()) < 200_000
