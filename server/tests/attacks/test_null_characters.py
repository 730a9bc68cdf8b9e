# SPDX-License-Identifier: Apache-2.0
"""A null character, which PostgreSQL takes in no text: refused by every address, and never an error of ours."""

import pytest
from django.test import Client

from paraph.config import seeds

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

ADDRESSES = (
    "/shop/orders/P%00/secret/", "/shop/orders/P/%00/", "/products/%00/", "/legal/%00/", "/finder/%00/",
    "/openid/authorize?client_id=%00&redirect_uri=x", "/openid/authorize?client_id=guichet&redirect_uri=%00",
    "/login/?ticket=%00", "/login/password?device=%00", "/login/?next=/%00", "/partners/?device=%00", "/?language=%00")


@pytest.mark.parametrize("address", ADDRESSES)
def test_in_an_address(address, signer, system):
    seeds.make_organisations(system)
    assert Client(raise_request_exception=False).get(address).status_code < 500


@pytest.mark.parametrize("credentials", ["AHg=", "AHg6eA==", "JTAweDp5"])
def test_in_a_program_s_name(credentials, signer):
    answer = Client(raise_request_exception=False).post(
        "/openid/token", {"code": "\x00"}, headers={"Authorization": f"Basic {credentials}"})
    assert answer.status_code == 401


def test_in_what_a_partner_s_program_sends(signer):
    answer = Client(raise_request_exception=False).post("/openid/authorize", {"client_id": "guichet\x00", "state": "\x00"})
    assert answer.status_code == 400
