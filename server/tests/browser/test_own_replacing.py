# SPDX-License-Identifier: Apache-2.0
"""A new Token sent at the holder's own wish, one that was never activated, and a picture of one's own at the activation, in a
browser: axe, three languages, a telephone's width."""

import re
from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from paraph.domain.devices.models import Device, Replacement
from paraph.domain.notifications.models import Message
from paraph.domain.support.models import Case
from testkit import applications, holders
from testkit.applications import ACTIVATION_CODE, PASSWORD, Application
from testkit.simulators.scan import look

from .entering import page_with_session
from .looking import whole

pytestmark = pytest.mark.django_db(transaction=True)
VIEWS = [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)]
NEW = "22-2222222-2"


@pytest.fixture
def marie(holder, scene, system, clock):
    """With her Token and a Scan beside it."""
    own = holders.Holder(holder.identity, Device.objects.get(serial=holder.serial), scene.seeds[holder.serial])
    holder.scan = holders.add_scan(own, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    return holder


def press(page):
    page.locator("main form button[type=submit]").first.click()


def shown(page):
    return re.search(r"PARAPH:[^<]+", whole(page).content())[0]


def with_scan(page, marie, language):
    page.goto(f"/login/password?device=scan&next=/my/&language={language}")
    page.fill("[name=user_id]", marie.codes["user_id"])
    page.fill("[name=password]", PASSWORD)
    press(page)
    page.fill("[name=code]", look(marie.scan, shown(page)).code)
    press(page)


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_from_the_wish_to_the_new_token(scene, marie, system, clock, open_context, live_server, inspect_page, language, width):
    here, old = f"{language}-{width}", Device.objects.get(serial=marie.serial)
    page = open_context(language, width).new_page()
    with_scan(page, marie, language)
    page.goto(f"/my/products/{old.id}/replace")
    page.check("[value=lost]")
    press(page)
    press(page)
    inspect_page(page, f"send-unanswered-{here}")
    page.check("[name=confirmed]")
    press(page)
    inspect_page(page, f"send-asked-{here}")

    agent = holders.trusted_agent(system, role="helpdesk_agent", organisation_id=scene.desk.id)
    scene.stock(NEW)
    client = Client(HTTP_HOST="localhost")
    applications.log_in(client, at=clock.now(), identity_id=agent.identity.id, person_id=agent.identity.person_id,
                        scope="staff")
    desk = page_with_session(open_context(language, width), live_server, client)
    desk.goto(f"/helpdesk/cases/{Case.objects.get().id}/?language={language}")
    inspect_page(desk, f"case-to-send-{here}")
    desk.fill("[name=sent_serial]", NEW)
    desk.locator("form[action$='/send'] button").click()
    inspect_page(desk, f"case-sent-{here}")

    page.goto("/my/products")
    inspect_page(page, f"send-products-{here}")
    page.locator("main a[href*='/cancel']").first.click()
    inspect_page(page, f"send-cancel-{here}")
    clock.set(Replacement.objects.get().usable_from)
    page.context.clear_cookies()
    with_scan(page, marie, language)
    page.goto(f"/my/products/{Device.objects.get(serial=NEW).id}/add")
    inspect_page(page, f"send-begin-{here}")
    press(page)
    inspect_page(page, f"send-allow-{here}")
    page.fill("[name=code]", look(marie.scan, shown(page)).code)
    page.locator("main form:has([name=code]) button[type=submit]").click()
    inspect_page(page, f"send-new-token-{here}")
    page.fill("[name=code]", scene.shows(NEW, clock.now()))
    press(page)
    inspect_page(page, f"send-done-{here}")
    assert page.url.endswith("/my/replacement/done")


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_one_button_of_the_mail(marie, clock, open_context, inspect_page, language, width):
    here, old = f"{language}-{width}", Device.objects.get(serial=marie.serial)
    page = open_context(language, width).new_page()
    with_scan(page, marie, language)
    page.goto(f"/my/products/{old.id}/replace")
    page.check("[value=defective]")
    press(page)
    page.check("[name=confirmed]")
    press(page)
    mail = Message.objects.get(template="replacement_wished", channel="mail").content["text"]
    anybody = open_context(language, width).new_page()
    anybody.goto(re.search(r"(/my/replacement/not-me/\S+)", mail)[1] + f"?language={language}")
    inspect_page(anybody, f"deny-{here}")
    press(anybody)
    inspect_page(anybody, f"denied-{here}")
    assert Replacement.objects.get().state == "denied"


@pytest.mark.parametrize(("language", "width"), VIEWS)
def test_a_picture_of_her_own_and_a_token_that_never_came(scene, clock, open_context, inspect_page, tmp_path, language, width):
    here, prepared = f"{language}-{width}", Application.prepared(scene, clock.now())
    output = BytesIO()
    Image.new("RGB", (640, 480), "#0b5d4f").save(output, "JPEG")
    picture = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": output.getvalue()}
    page = open_context(language, width).new_page()
    page.goto(f"/my/certificate/activate?language={language}")
    inspect_page(page, f"activate-start-{here}")
    page.goto("/my/certificate/activate/check")
    page.locator("main form button").last.click()
    page.fill("[name=user_id]", prepared.codes["user_id"])
    page.fill("[name=initial_password]", prepared.codes["initial_password"])
    press(page)
    page.fill("[name=activation_code]", ACTIVATION_CODE)
    press(page)
    page.fill("[name=code]", prepared.token_code(clock.now()))
    press(page)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    press(page)
    page.locator("main a[href$='/image/own']").click()
    press(page)
    inspect_page(page, f"activate-own-image-unanswered-{here}")
    page.set_input_files("[name=picture]", picture)
    press(page)
    assert page.url.endswith("/content")
    page.goto("/my/certificate/activate/image")
    inspect_page(page, f"activate-own-image-chosen-{here}")

    page.goto("/my/replacement/report")
    for name in ("user_id", "initial_password", "challenge"):
        page.fill(f"[name={name}]", prepared.codes[name])
    page.check("[value=token]")
    page.check("[value=lost]")
    press(page)
    inspect_page(page, f"never-activated-reported-{here}")
