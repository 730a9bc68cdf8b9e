# SPDX-License-Identifier: Apache-2.0
"""The configuration check (R093 to R095): a pure table, and its page."""

from datetime import UTC, datetime, timedelta

import pytest

from paraph.interfaces.my import configuration

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{0}.6 Safari/605.1.15"
IPHONE = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{0}.0 Mobile/15E148 Safari/604.1"
EDGE = CHROME + " Edg/{0}.0"


def states(**changes):
    facts = {"headers": {"User-Agent": FIREFOX.format(140)}, "secure": True, "cookies": True, "client_clock": AT, "at": AT}
    return {result.component: result.state for result in configuration.check(**(facts | changes))}


@pytest.mark.requirement("R093")
def test_one_result_per_component():
    assert states() == {"browser": "green", "connection": "green", "cookies": "green", "clock": "green"}


@pytest.mark.requirement("R094")
@pytest.mark.parametrize(("agent", "good"), [(FIREFOX, 115), (CHROME, 109), (SAFARI, 15), (IPHONE, 15), (EDGE, 109)])
def test_the_last_bad_and_the_first_good_version(agent, good):
    assert states(headers={"User-Agent": agent.format(good)})["browser"] == "green"
    assert states(headers={"User-Agent": agent.format(good - 1)})["browser"] == "red"


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2)",
                                   "Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko"])
def test_internet_explorer_is_always_too_old(agent):
    assert states(headers={"User-Agent": agent})["browser"] == "red"


def test_hints_count_before_the_user_agent():
    hints = '"Chromium";v="100", "Google Chrome";v="100", "Not.A/Brand";v="8"'
    assert states(headers={"User-Agent": CHROME.format(140), "Sec-CH-UA": hints})["browser"] == "red"


def test_an_unknown_browser_is_not_held_back():
    results = configuration.check(headers={"User-Agent": "Lynx/2.9"}, secure=True, cookies=True, client_clock=AT, at=AT)
    assert results[0].state == "unknown" and configuration.may_continue(results)


def test_each_part_can_fail_alone():
    assert states(secure=False)["connection"] == "red"
    assert states(cookies=False)["cookies"] == "red"
    assert states(client_clock=AT - timedelta(minutes=5))["clock"] == "green"
    assert states(client_clock=AT - timedelta(minutes=5, seconds=1))["clock"] == "red"
    assert states(client_clock=None)["clock"] == "unknown"


BASE = "/my/certificate/activate"


@pytest.mark.django_db
@pytest.mark.requirement("R095")
def test_all_green_leads_on(client):
    client.get(BASE)
    page = client.get(f"{BASE}/check", headers={"User-Agent": FIREFOX.format(140)})
    assert "disabled" not in page.content.decode().split("<main")[1].split("</main")[0]
    assert client.post(f"{BASE}/check", headers={"User-Agent": FIREFOX.format(140)})["Location"] == f"{BASE}/codes"
    assert client.get(f"{BASE}/codes").status_code == 200


@pytest.mark.django_db
@pytest.mark.requirement("R094")
def test_a_red_cross_disables_continue_and_the_server_agrees(client):
    client.get(BASE)
    old = {"User-Agent": FIREFOX.format(60)}
    text = client.get(f"{BASE}/check", headers=old).content.decode()
    assert "✗" in text and "disabled" in text.split("<main")[1]
    assert client.post(f"{BASE}/check", headers=old).status_code == 422
    assert client.get(f"{BASE}/codes")["Location"] == f"{BASE}/check"


@pytest.mark.django_db
def test_without_cookies_there_is_a_red_cross(client):
    assert "refusés" in client.get(f"{BASE}/check").content.decode()


@pytest.mark.django_db
def test_the_clock_of_the_visitor(client, clock):
    client.get(BASE)
    now = int(clock.now().timestamp() * 1000)
    assert "juste" in client.get(f"{BASE}/check", {"clock": now}).content.decode()
    assert "fausse" in client.get(f"{BASE}/check", {"clock": now + 600_000}).content.decode()
    assert "non mesurée" in client.get(f"{BASE}/check", {"clock": "9" * 40}).content.decode()
