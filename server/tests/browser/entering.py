# SPDX-License-Identifier: Apache-2.0
"""How a person of a test is logged in: through the door, or with a session that another client has opened."""

from testkit import holders


def with_token(page, person, target, language="fr"):
    """Password and Token's code at the door; `target` is the page behind it."""
    page.goto(f"/login/password?device=token&next={target}&language={language}")
    page.locator("#id_user_id").fill(person.holder.user_id)
    page.locator("#id_password").fill(holders.PASSWORD)
    page.locator("#id_password").press("Enter")
    page.locator("#id_code").fill(person.code())
    page.locator("#id_code").press("Enter")
    page.wait_for_url(f"**{target}")


def page_with_session(context, live_server, client):
    """A page of this context with the cookies of this client of Django's."""
    context.add_cookies([{"name": name, "value": cookie.value, "url": live_server.url}
                         for name, cookie in client.cookies.items()])
    return context.new_page()
