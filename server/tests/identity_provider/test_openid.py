# SPDX-License-Identifier: Apache-2.0
import hypothesis
import pytest
from hypothesis import strategies
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from paraph.domain.identity_provider import jose, openid, services
from paraph.domain.identity_provider.models import Client
from paraph.domain.partners import services as partners
from paraph.kernel.errors import Forbidden, NotFound
from paraph.pki.keys import SoftwareKey


@pytest.mark.requirement("RFC 7636 Appendix B")
def test_pkce_with_the_example_of_the_standard():
    """RFC 7636, appendix B."""
    assert openid.verifier_matches("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                                   "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    assert not openid.verifier_matches("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj",
                                       "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")


@pytest.mark.parametrize("address, usable", [
    ("https://bank.example/callback", True),
    ("https://bank.example:8443/callback?a=b", True),
    ("http://localhost:8100/callback", True),
    ("http://127.0.0.1:8100/callback", True),
    ("http://bank.example/callback", False),
    ("https://bank.example/callback#x", False),
    ("https://user@bank.example/callback", False),
    ("https://*.bank.example/callback", False),
    ("https:///callback", False),
    ("https://bank.example\\@evil.example/", False),
    ("https://bank.example:x/", False),
    ("javascript:alert(1)", False),
    ("data:text/html,x", False),
    ("/callback", False),
    ("https://bänk.example/", False),
    ("http://localhost.evil.example/", False),
])
def test_which_redirect_addresses_can_be_registered(address, usable):
    assert openid.is_usable_redirect(address) is usable


def test_the_redirects_own_query_is_kept():
    assert openid.with_parameters("https://b.example/c?x=1&y=", {"code": "a b", "state": ""}) \
        == "https://b.example/c?x=1&y=&code=a+b"


@pytest.mark.parametrize("algorithm, name, made", [("P-256", "ES256", ECKey), ("RSA-3072", "RS256", RSAKey)])
@pytest.mark.requirement("RFC 7515")
def test_another_library_verifies_our_signatures_with_our_published_key(algorithm, name, made):
    key = SoftwareKey.generate(algorithm)
    token = jose.sign({"sub": "é"}, key=key, key_id="k1")
    published = jose.public_key(key.public_key_der, key_id="k1")
    assert published.keys() & {"d", "p", "q"} == set()
    read = jws.deserialize_compact(token, made.import_key(published), algorithms=[name])
    assert read.headers() == {"alg": name, "kid": "k1", "typ": "JWT"} and read.payload == b'{"sub":"\xc3\xa9"}'


@pytest.mark.requirement("RFC 7518 3.4")
def test_a_signature_with_short_numbers_keeps_its_length():
    key = SoftwareKey.generate("P-256")
    lengths = {len(jose.sign({"n": number}, key=key, key_id="k").split(".")[2]) for number in range(40)}
    assert lengths == {86}


parameters = strategies.dictionaries(
    strategies.sampled_from(["scope", "prompt", "max_age", "response_type", "code_challenge", "state", "request"]),
    strategies.lists(strategies.text(max_size=60), max_size=2), max_size=7)


@hypothesis.given(parameters)
@hypothesis.settings(max_examples=60)
def test_whatever_comes_is_a_request_or_an_error_of_the_protocol(given):
    try:
        openid.read_request(given, ["profile"])
    except openid.ProtocolError as error:
        assert error.code.isascii()


@pytest.fixture
def partner(db, system):
    return partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], caller=system)


def test_a_client_gets_a_new_secret_at_each_registration(partner, system, caller):
    arguments = {"client_id": "bank", "partner_id": partner.id, "redirect_addresses": ["https://b.example/c"]}
    _, first = services.register_client(**arguments, caller=system)
    _, second = services.register_client(**arguments, caller=system)
    assert len(second) == 43 and first != second
    assert services.authenticate_client(client_id="bank", secret=first, caller=caller) is None
    assert services.authenticate_client(client_id="bank", secret=second, caller=caller).client_id == "bank"
    assert Client.objects.count() == 1


def test_a_client_is_not_registered_by_anybody_nor_moved_to_another_partner(partner, system, caller):
    arguments = {"client_id": "bank", "redirect_addresses": ["https://b.example/c"]}
    with pytest.raises(Forbidden):
        services.register_client(**arguments, partner_id=partner.id, caller=caller)
    services.register_client(**arguments, partner_id=partner.id, caller=system)
    other = partners.register(slug="other", name={"fr": "O"}, category="bank", accepts=["token"], caller=system)
    with pytest.raises(NotFound):
        services.register_client(**arguments, partner_id=other.id, caller=system)
    with pytest.raises(ValueError):
        services.register_client(**{**arguments, "redirect_addresses": []}, partner_id=partner.id, caller=system)
    with pytest.raises(ValueError):
        services.register_client(**arguments, scopes=["everything"], partner_id=partner.id, caller=system)


def test_a_partner_that_ended_has_no_client(partner, system, caller):
    _, secret = services.register_client(client_id="bank", partner_id=partner.id,
                                         redirect_addresses=["https://b.example/c"], caller=system)
    partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], active=False, caller=system)
    assert services.authenticate_client(client_id="bank", secret=secret, caller=caller) is None
