# SPDX-License-Identifier: Apache-2.0
"""Base pages and error pages: language, way back, contact, trace id, nothing that the content policy would refuse."""

import re

import pytest
from django.test import Client

ERRORS = {"400": 400, "403": 403, "csrf": 403, "404": 404, "405": 405, "429": 429, "500": 500, "503": 503, "expired": 403,
          "refusal": 409}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def client():
    return Client(headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})


@pytest.mark.parametrize("language", ["fr", "de", "en"])
@pytest.mark.parametrize("name", ERRORS)
def test_error_page_says_whom_to_call_and_leads_back(client, name, language, settings):
    answer = client.get(f"/faces/errors/{name}/?language={language}")
    html = answer.content.decode()
    assert answer.status_code == ERRORS[name]
    assert f'<html lang="{language}"' in html
    assert TRACE in html
    assert settings.OPERATOR.phone in html
    assert settings.OPERATOR.email in html
    assert settings.OPERATOR.hours_in(language) in html
    main = html[html.index("<main"):html.index("</main>")]
    assert re.search(r'<a class="govuk-link" href="/">', main)


def test_an_address_that_does_not_exist_gets_our_page(client):
    answer = client.get("/faces/errors/nothing/?language=fr")
    assert answer.status_code == 404
    assert "Page introuvable" in answer.content.decode()


@pytest.mark.parametrize("path", ["/faces/", "/faces/console/", "/faces/confirmation/", "/faces/errors/500/"])
def test_pages_hold_nothing_that_the_policy_refuses(client, path, tree):
    html = client.get(path).content.decode()
    tree(html)
    assert " style=" not in html
    assert not re.search(r"\son[a-z]+=", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', html)


def test_every_page_is_offered_in_the_other_languages(client):
    html = client.get("/faces/?page=3&language=de").content.decode()
    assert 'href="?page=3&amp;language=fr"' in html
    assert 'href="?page=3&amp;language=en"' in html
    assert 'lang="fr" hreflang="fr">Français</a>' in html
    assert re.search(r'aria-current="true" lang="de">Deutsch</span>', html)


def test_the_title_says_error_first_when_the_form_was_refused(client):
    fine = client.get("/faces/?language=fr").content.decode()
    refused = client.post("/faces/?language=fr", {}).content.decode()
    assert "<title>Galerie – " in fine
    assert "<title>Erreur\xa0: Galerie – " in refused
    assert refused.count("govuk-error-summary__title") == 1
    assert "govuk-error-summary__title" not in fine


def test_the_demonstration_says_so_on_every_page(client, settings):
    for path in ("/faces/", "/faces/console/", "/faces/errors/404/"):
        assert settings.OPERATOR.notice_in("fr") in client.get(f"{path}?language=fr").content.decode()


def test_ids_are_used_once(client):
    html = client.get("/faces/").content.decode()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))


def test_csrf_failure_has_a_page_of_its_own():
    answer = Client(enforce_csrf_checks=True).post("/faces/?language=fr", {"name": "x"})
    assert answer.status_code == 403
    assert "Formulaire à renvoyer" in answer.content.decode()


@pytest.mark.parametrize("name", ["faces/faces.css", "faces/faces.js", "faces/favicon.svg",
                                  "faces/fonts/source-sans-3-latin-wght-normal.woff2"])
def test_static_files_are_served(client, name):
    assert client.get(f"/static/{name}").status_code == 200
