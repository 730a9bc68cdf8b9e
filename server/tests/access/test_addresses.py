# SPDX-License-Identifier: Apache-2.0
"""Whose address counts: X-Forwarded-For says it only as far as trusted proxies wrote it."""

import pytest

from paraph.interfaces.addresses import client_address, networks

PROXIES = networks("10.0.0.0/8, 2001:db8:ffff::/48")


@pytest.mark.parametrize(("peer", "forwarded", "expected"), [
    ("192.0.2.1", "", "192.0.2.1"),
    ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
    ("10.0.0.1", "", "10.0.0.1"),
    ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
    ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
    ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
    ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
    ("10.0.0.1", "198.51.100.7, nonsense, 10.0.0.2", "10.0.0.2"),
    ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
    ("10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"),
    ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
    ("10.0.0.1", ",,", "10.0.0.1"),
    ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
    ("2001:db8:ffff::1", "198.51.100.7", "198.51.100.7"),
    ("2001:db8:fffe::1", "198.51.100.7", "2001:db8:fffe::1"),
    ("", "198.51.100.7", ""),
])
def test_the_address_that_counts(peer, forwarded, expected):
    assert client_address(peer, forwarded, PROXIES) == expected


def test_without_trusted_proxies_the_connection_counts():
    assert client_address("10.0.0.1", "198.51.100.7", ()) == "10.0.0.1"
    assert networks("") == ()


def test_a_setting_that_is_no_address_is_refused():
    with pytest.raises(ValueError, match="not appear"):
        networks("10.0.0.0/8, proxy.example")


@pytest.mark.parametrize(("trusted", "counted"), [("10.0.0.1", ["198.51.100.7", "198.51.100.8"]), ("", ["10.0.0.1"])])
def test_the_door_counts_the_client_behind_a_trusted_proxy(client, db, signer, settings, limited, trusted, counted):
    settings.TRUSTED_PROXIES = networks(trusted)
    limited("door", tries=1)
    answers = [client.post("/login/password?device=token", {"user_id": "ZZZZ9999", "password": "Wrong1"},
                           REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=address).status_code
               for address in ("198.51.100.7", "198.51.100.8", "198.51.100.7")]
    assert answers.count(200) == len(counted) and answers[-1] == 429
