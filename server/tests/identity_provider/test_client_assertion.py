# SPDX-License-Identifier: Apache-2.0
"""Statements that programs sign (private_key_jwt): what proves something, what does not, which keys are taken at all."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from paraph.domain.identity_provider import client_assertion
from paraph.domain.identity_provider.client_assertion import Fault
from testkit import programs

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
OURS = ("http://localhost:8000", "http://localhost:8000/openid/token", "http://localhost:8000/openid/par")
KEY = programs.key()
OTHER = programs.key(key_id="k2")


@pytest.fixture(scope="module")
def rsa_key():
    return programs.key("PS256", "r1")


@pytest.fixture
def with_rs256():
    client_assertion.use(rs256=True)
    yield
    client_assertion.use(rs256=False)


def prove(token, *keys, at=AT):
    registered = client_assertion.read_keys(programs.public(*(keys or (KEY,))))
    return client_assertion.prove(client_assertion.read(token), registered, audiences=OURS, at=at)


def fault(token, *keys, at=AT):
    with pytest.raises(Fault) as found:
        prove(token, *keys, at=at)
    return found.value.code


def stated(key=KEY, **changes):
    return programs.assertion(key, at=NOW, **changes)


def test_a_statement_proves_its_client():
    assert client_assertion.read(stated()).client_id == "bank"
    proof = prove(stated(jti="one"))
    assert proof.expires_at == AT + timedelta(seconds=60)
    assert prove(stated(jti="one")).digest == proof.digest != prove(stated(jti="two")).digest


def test_an_rsa_key_signs_ps256_and_rs256_only_where_the_operator_allows_it(rsa_key, with_rs256):
    prove(stated(rsa_key), rsa_key)
    old = RSAKey.import_key({**rsa_key.as_dict(private=True), "alg": "RS256", "kid": "r2"})
    prove(stated(old), old)
    registered = client_assertion.read_keys(programs.public(old))
    client_assertion.use(rs256=False)
    with pytest.raises(Fault, match="algorithm"):
        client_assertion.prove(client_assertion.read(stated(old)), registered, audiences=OURS, at=AT)
    with pytest.raises(ValueError, match="is for none of ES256, PS256"):
        client_assertion.read_keys(programs.public(old))


@pytest.mark.parametrize("audience", [*OURS, [OURS[0]], [OURS[2]]])
def test_each_of_our_names_alone_is_us(audience):
    prove(stated(aud=audience))


@pytest.mark.parametrize("audience", [
    "http://localhost:8000/", "https://localhost:8000", "http://localhost:8000/openid/userinfo", "http://evil.example", "", [],
    [[]], {}, 5, True, list(OURS[:2]), [OURS[0], "http://evil.example"], "HTTP://LOCALHOST:8000"])
def test_a_statement_for_another_or_for_several_proves_nothing(audience):
    assert fault(stated(aud=audience)) == "audience"


@pytest.mark.parametrize(("changes", "held"), [
    ({"exp": NOW + 1}, True), ({"exp": NOW}, False), ({"exp": NOW + 0.001}, True), ({"exp": NOW + 3630}, True),
    ({"exp": NOW + 3630.5}, False), ({"exp": 10**400}, False), ({"exp": -1}, False), ({"iat": NOW + 30}, True),
    ({"iat": NOW + 30.5}, False), ({"nbf": NOW + 30}, True), ({"nbf": NOW + 31}, False), ({"nbf": NOW - 10**6}, True),
    ({"exp": str(NOW + 60)}, False), ({"exp": True}, False), ({"exp": None}, False), ({"exp": [NOW + 60]}, False),
    ({"iat": "now"}, False), ({"iat": None}, True), ({"nbf": False}, False)])
def test_the_last_good_and_the_first_bad_instant(changes, held):
    if held:
        prove(stated(**changes))
        return
    assert fault(stated(**changes)) in ("expired", "too_long_a_life", "not_yet", "not_a_time")


def test_times_that_are_no_json_are_refused():
    for word in ("NaN", "Infinity", "-Infinity", "1e999"):
        claims = json.dumps({"iss": "bank", "sub": "bank", "aud": OURS[0], "jti": "x"})[:-1] + f', "exp": {word}}}'
        assert fault(programs.signed(claims.encode(), KEY, {"alg": "ES256", "kid": "k1"})) in ("not_a_jwt", "too_long_a_life")


@pytest.mark.parametrize(("name", "held"), [
    ("x", True), ("x" * 200, True), ("x" * 201, False), ("", False), (None, False), (5, False), ("\x00", True), ("\ud800", True)])
def test_each_has_a_name_of_its_own(name, held):
    if held:
        prove(stated(jti=name))
        return
    assert fault(stated(jti=name)) == "no_name"


@pytest.mark.parametrize(("iss", "sub"), [
    ("other", "bank"), ("bank", "other"), (None, "bank"), ("bank", None), (["bank"], ["bank"]), ("a\x00b", "a\x00b"), ("", ""),
    ("a" * 61, "a" * 61), ("\ud800", "\ud800"), ("a b", "a b"), ("bänk", "bänk")])
def test_who_speaks_is_whom_it_is_about_and_has_a_clients_name(iss, sub):
    assert fault(stated(iss=iss, sub=sub)) == "client"


def test_a_longest_name_of_a_client():
    assert client_assertion.read(stated(iss="a" * 60, sub="a" * 60)).client_id == "a" * 60


def by_hand(header, claims, signature=b""):
    encode = lambda part: base64.urlsafe_b64encode(part).rstrip(b"=").decode()  # noqa: E731
    parts = [json.dumps(part).encode() if isinstance(part, dict) else part for part in (header, claims)]
    return ".".join([*map(encode, parts), encode(signature)])


CLAIMS = {"iss": "bank", "sub": "bank", "aud": OURS[0], "jti": "x", "exp": NOW + 60}


@pytest.mark.parametrize("algorithm", [
    "none", "None", "NONE", "", None, 5, ["ES256"], "HS256", "es256", "RS256", "EdDSA", "ES384"])
def test_no_algorithm_but_those_allowed(algorithm):
    assert fault(by_hand({"alg": algorithm, "kid": "k1"}, CLAIMS, b"x" * 64)) == "algorithm"
    assert fault(by_hand({"alg": algorithm, "kid": "k1"}, CLAIMS)) == "algorithm"


def test_the_public_key_is_no_shared_secret():
    """HS256 with what everybody may read of the key: its JSON, its PEM, its DER."""
    for secret in (json.dumps(KEY.as_dict(private=False)).encode(), KEY.as_pem(private=False), KEY.as_der(private=False)):
        for algorithm, expected in (("HS256", "algorithm"), ("ES256", "signature")):
            header = {"alg": algorithm, "kid": "k1"}
            signed = by_hand(header, CLAIMS).rpartition(".")[0].encode()
            assert fault(by_hand(header, CLAIMS, hmac.digest(secret, signed, "sha256"))) == expected


def test_an_rsa_key_is_for_its_one_algorithm(rsa_key, with_rs256):
    renamed = RSAKey.import_key({**rsa_key.as_dict(private=True), "alg": "RS256"})
    assert fault(stated(renamed), rsa_key) == "key", "PS256 is registered, RS256 was used"
    assert fault(stated(rsa_key, header={"kid": "k1"}), rsa_key, KEY) == "key"


@pytest.mark.parametrize("header", [
    {"kid": "k3"}, {"kid": "K1"}, {"kid": ""}, {"kid": "k1\x00"}, {"kid": "../k1"}])
def test_an_unknown_key_id_is_nobodys(header):
    assert fault(stated(header=header)) == "key"


def test_a_key_id_names_the_key_that_signed_and_may_be_left_out_where_there_is_one():
    assert fault(stated(OTHER, header={"kid": "k1"}), KEY, OTHER) == "signature"
    prove(stated(OTHER), KEY, OTHER)
    prove(stated(header={"kid": None}))
    assert fault(stated(header={"kid": None}), KEY, OTHER) == "key"
    assert fault(stated(header={"kid": None}), OTHER) == "signature"
    assert fault(by_hand({"alg": "ES256", "kid": ["k1"]}, CLAIMS, b"x" * 64)) == "key"


@pytest.mark.parametrize("header", [
    {"jwk": OTHER.as_dict(private=False)}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/chain"}])
def test_keys_that_a_header_brings_or_names_are_not_looked_at(header):
    assert fault(stated(OTHER, header={"kid": "k1", **header})) == "signature"


@pytest.mark.parametrize(("header", "held"), [
    ({"typ": None}, True), ({"typ": "JWT"}, True), ({"typ": "jwt"}, True), ({"typ": "client-authentication+jwt"}, True),
    ({"typ": "logout+jwt"}, False), ({"typ": "at+jwt"}, False), ({"typ": ""}, False), ({"typ": 5}, False)])
def test_a_statement_of_another_kind_is_no_proof(header, held):
    if held:
        prove(stated(header=header))
        return
    assert fault(stated(header=header)) == "header"


@pytest.mark.parametrize("critical", [["exp"], ["b64"], [], "x", None])
def test_what_is_critical_is_not_understood(critical):
    assert fault(by_hand({"alg": "ES256", "kid": "k1", "crit": critical}, CLAIMS, b"x" * 64)) == "header"


@pytest.mark.parametrize("token", [
    "", ".", "..", "a.b", "a.b.c.d", "....", "é.é.é", "e30.e30.", by_hand(b"[]", CLAIMS), by_hand({"alg": "ES256"}, b"[]"),
    by_hand({"alg": "ES256"}, b"null"), by_hand({"alg": "ES256"}, b"[" * 2500), by_hand({"alg": "ES256"}, b"\xff\xfe"),
    by_hand(b'{"alg": "ES256", "alg": "none"}', CLAIMS),
    by_hand({"alg": "ES256"}, b'{"sub": "bank", "sub": "other", "iss": "bank"}')])
def test_what_has_not_the_form_of_one(token):
    assert fault(token) in ("not_a_jwt", "algorithm", "too_long")


def test_length_is_bounded_before_anything_is_read():
    token = stated(jti="x", pad="x" * 2700)
    short = stated(jti="x", pad="x" * (2700 + (4096 - len(token)) * 3 // 4 - 4))
    assert len(short) <= 4096
    prove(short)
    assert fault("a" * 4097) == "too_long" and fault("a" * 4096) == "not_a_jwt"


def test_every_changed_letter_is_seen():
    """Also spellings that some decoders take for the same bytes."""
    token = stated(jti="x")
    for place in range(0, len(token), 3):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1:]
        fault(changed)
    for spelled in (token + "=", token + " ", " " + token, token + "\n", token.replace(".", "..", 1)):
        fault(spelled)
    last = token[-1]
    twin = {"A": "B", "Q": "R", "g": "h", "w": "x"}[last]
    assert fault(token[:-1] + twin) == "not_a_jwt", "the same bytes, spelled otherwise"


def test_an_ecdsa_signature_has_its_form():
    head, claims, signature = stated().split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    for bad in (b"", raw[:-1], raw + b"\0", b"\0" * 64, b"\xff" * 64, raw[32:] + raw[:32]):
        assert fault(".".join([head, claims, base64.urlsafe_b64encode(bad).rstrip(b"=").decode()])) == "signature"


# --- keys -----------------------------------------------------------------------------------------------------------------


def entry(**changes):
    return {name: value for name, value in {**KEY.as_dict(private=False), **changes}.items() if value is not None}


def test_a_set_or_one_key():
    one, = client_assertion.read_keys(entry())
    assert (one.key_id, one.algorithm, one.thumbprint) == (
        "k1", "ES256", base64.urlsafe_b64decode(KEY.thumbprint() + "=").hex())
    assert set(one.jwk) == {"kty", "crv", "x", "y"}
    assert [key.key_id for key in client_assertion.read_keys(programs.public(KEY, OTHER))] == ["k1", "k2"]


@pytest.mark.parametrize(("content", "why"), [
    (None, "key set"), ([], "key set"), ({"keys": []}, "key set"), ({"keys": {}}, "key set"), ({"keys": [5]}, "object"),
    ({"keys": [entry(kid=str(number)) for number in range(9)]}, "1 to 8"), ({"keys": [entry(), entry()]}, "its own|own"),
    (KEY.as_dict(private=True), "private"), (entry(k="c2VjcmV0"), "private"), (entry(kid=None), "kid"), (entry(kid=5), "kid"),
    (entry(kid="a b"), "kid"), (entry(kid="x" * 101), "kid"), (entry(use="enc"), "not for signatures"),
    (entry(key_ops=["sign"]), "not for signatures"), (entry(alg="RS256"), "none of"), (entry(alg="HS256"), "none of"),
    (entry(kty="oct"), "none of"), (entry(kty=["EC"]), "none of"), (entry(x=None), "lacks"), (entry(x=5), "lacks"),
    (entry(crv="P-384"), "can't be read"), (entry(x="AAAA"), "can't be read"), (entry(x="!"), "can't be read"),
    (entry(y=KEY.as_dict(private=False)["x"]), "can't be read"),
    (OKPKey.generate_key("Ed25519", {"kid": "o"}).as_dict(private=False), "none of"),
    (ECKey.generate_key("P-384", {"kid": "e"}).as_dict(private=False), "can't be read")])
def test_a_key_that_is_not_taken_is_refused_with_its_reason(content, why):
    with pytest.raises(ValueError, match=why):
        client_assertion.read_keys(content)


def test_eight_keys_are_a_set():
    assert len(client_assertion.read_keys({"keys": [entry(kid=str(number)) for number in range(8)]})) == 8


def test_a_small_or_weak_rsa_key_is_refused(rsa_key):
    numbers = rsa_key.as_dict(private=False)
    with pytest.raises(ValueError, match="too small"):
        client_assertion.read_keys(programs.public(programs.key("PS256", bits=2048)))
    even = base64.urlsafe_b64encode((3 * (1 << 3070) + 9).to_bytes(384, "big")).rstrip(b"=").decode()
    with pytest.raises(ValueError, match="weak"):
        client_assertion.read_keys({**numbers, "n": even})
    with pytest.raises(ValueError, match=r"weak|can't be read"):
        client_assertion.read_keys({**numbers, "e": "Ag"})
