# SPDX-License-Identifier: Apache-2.0
"""Whatever somebody sends for an answer, it is a result: no error, no long work, no deep stack."""

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from paraph.domain.devices.methods import webauthn
from paraph.domain.devices.methods.passkey import creation_options, relying_party, request_options
from paraph.domain.devices.methods.webauthn import Answer, Fault, Registration, check_cbor
from testkit.simulators.authenticator import Authenticator, b64, cbor, unb64

HERE = relying_party({"attestation": "direct", "self_attestation": True}, url="http://localhost:8000", name="Paraph")
CHALLENGE, AT = bytes(range(32)), datetime(2026, 11, 24, tzinfo=UTC)
QUIET = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def made(**bent):
    authenticator = Authenticator(own_attestation=True)
    options = creation_options(HERE, challenge=CHALLENGE, user_handle=b64(bytes(32)), name="Marie", known=(), seconds=180)
    return authenticator, authenticator.make(options, **bent)


def judged(text):
    return webauthn.judge_registration(text, HERE, CHALLENGE, AT)


AUTHENTICATOR, GOOD = made()
CREDENTIAL = judged(GOOD)
USED = AUTHENTICATOR.use(request_options(HERE, challenge=CHALLENGE, seconds=180))


def used(text):
    answer = webauthn.read_answer(text)
    if isinstance(answer, Fault):
        return answer
    return webauthn.judge_assertion(answer, HERE, CHALLENGE, public_key=CREDENTIAL.public_key, user_handle=b64(bytes(32)),
                                    backup_eligible=False)


def test_the_good_ones_are_good():
    assert isinstance(CREDENTIAL, Registration)
    assert isinstance(webauthn.read_answer(USED), Answer)
    assert not isinstance(used(USED), Fault)


@QUIET
@given(some.text(max_size=200) | some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(
        ["id", "rawId", "type", "response", "clientDataJSON", "attestationObject", "signature", "authenticatorData"]),
        inner, max_size=4)).map(json.dumps))
def test_any_text_is_malformed(text):
    assert judged(text) == Fault.MALFORMED
    assert used(text) == Fault.MALFORMED


@QUIET
@given(some.sampled_from(["clientDataJSON", "attestationObject"]), some.integers(0, 10_000), some.integers(1, 255))
def test_one_changed_octet_of_a_new_passkey_is_a_fault(part, place, change):
    content = json.loads(GOOD)
    octets = bytearray(unb64(content["response"][part]))
    place %= len(octets)
    octets[place] ^= change
    content["response"][part] = b64(bytes(octets))
    assert isinstance(judged(json.dumps(content)), Fault)


@QUIET
@given(some.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), some.integers(0, 10_000),
       some.integers(1, 255))
def test_one_changed_octet_of_a_login_is_a_fault(part, place, change):
    content = json.loads(USED)
    octets = bytearray(unb64(content["response"][part]))
    octets[place % len(octets)] ^= change
    content["response"][part] = b64(bytes(octets))
    assert isinstance(used(json.dumps(content)), Fault)


@QUIET
@given(some.binary(max_size=300))
def test_any_octets_as_an_attestation_are_malformed(octets):
    assert judged(json.dumps({**json.loads(GOOD), "response": {
        **json.loads(GOOD)["response"], "attestationObject": b64(octets)}})) == Fault.MALFORMED


@QUIET
@given(some.recursive(some.integers(-2**64, 2**64 - 1) | some.binary(max_size=20) | some.text(max_size=20),
                      lambda inner: some.lists(inner, max_size=3) | some.dictionaries(
                          some.text(max_size=3), inner, max_size=3), max_leaves=10))
def test_what_is_well_formed_and_flat_enough_passes(value):
    def depth(one):
        if isinstance(one, dict):
            return 1 + max(map(depth, one.values()), default=0)
        return 1 + max(map(depth, one), default=0) if isinstance(one, list) else 0

    if depth(value) <= webauthn.CBOR_DEPTH:
        check_cbor(cbor(value))
    else:
        with pytest.raises(ValueError):
            check_cbor(cbor(value))


@pytest.mark.parametrize("content", [
    b"\x9f\x01\xff", b"\xbf\xff", b"\x5f\x41a\xff",  # of indefinite length
    b"\x1c", b"\x1f", b"\xff",  # reserved
    b"\xc0\x01",  # a tag
    b"\x81", b"\xa1\x01", b"\x42a", b"\x19\x01",  # cut off
    b"\x9b" + b"\xff" * 8, b"\x5b" + b"\xff" * 8, b"\xbb" + b"\x7f" * 8,  # as long as nothing is
    b"\x81" * 7 + b"\x01", b"\x81" * 20_000,  # deep
    b"\x80" * 501, b"\x99\x01\xf5" + b"\x01" * 501,  # many
])
def test_what_a_parser_would_choke_on_is_not_parsed(content):
    with pytest.raises(ValueError):
        check_cbor(content)


@pytest.mark.parametrize("content", [b"", b"\x01", b"\x81" * 6 + b"\x01", b"\x80" * 500, b"\xa1\x01\x81\x02", b"\x80\x01"])
def test_the_last_that_is_good(content):
    check_cbor(content)


def longer(text, part, count):
    content = json.loads(text)
    content["response"][part] = b64(bytes(count))
    return json.dumps(content)


@pytest.mark.parametrize(("text", "judge"), [
    ("[" * 200_000, judged), ("[" * 20_000, used), ('{"type":' * 5_000, used), (" " * 48_001, judged),
    ('{"type":"public-key","response":{},"id":' + "9" * 5_000 + "}", judged),
    (longer(GOOD, "clientDataJSON", 4_097), judged), (longer(GOOD, "attestationObject", 24_001), judged),
    (longer(USED, "authenticatorData", 4_097), used), (longer(USED, "signature", 1_025), used),
    (json.dumps({**json.loads(USED), "rawId": b64(bytes(1_024))}), used),
    (json.dumps({**json.loads(USED), "rawId": json.loads(USED)["rawId"] + "="}), used),
    (json.dumps({**json.loads(USED), "type": "password"}), used),
    (json.dumps({**json.loads(GOOD), "id": b64(bytes(32))}), judged),
])
def test_what_is_too_long_or_too_deep_is_malformed_at_once(text, judge):
    # The processor's time: what others do on the machine at the same moment says nothing.
    begun = time.thread_time()
    assert judge(text) == Fault.MALFORMED
    assert time.thread_time() - begun < 0.5


def test_deep_cbor_inside_the_authenticators_data_is_seen_too():
    """The key and the extensions are CBOR inside octets: an attestation object that is flat can hide them."""
    deep = b"\x81" * 3_000 + b"\x01"
    _, text = made(cose=deep)
    assert judged(text) == Fault.MALFORMED
    content = json.loads(USED)
    data = bytearray(unb64(content["response"]["authenticatorData"]))
    data[32] |= 0x80
    content["response"]["authenticatorData"] = b64(bytes(data) + deep)
    assert used(json.dumps(content)) == Fault.MALFORMED


def test_deep_client_data_is_malformed():
    content = json.loads(USED)
    content["response"]["clientDataJSON"] = b64(b"[" * 4_000)
    assert used(json.dumps(content)) == Fault.MALFORMED


def test_a_credential_id_of_1023_octets_is_good_and_of_1024_is_not(monkeypatch):
    for count, good in ((1_023, True), (1_024, False)):
        monkeypatch.setattr("testkit.simulators.authenticator.os.urandom", lambda _, count=count: b"\x05" * count)
        _, text = made()
        assert isinstance(judged(text), Registration) is good
