# SPDX-License-Identifier: Apache-2.0
"""Responders, time-stamping units, the OpenID Provider and the audit log: each key signs its own kind, made now."""

import json
import time
from datetime import timedelta

import pytest

from paraph.kernel import rules
from paraph.pki import der, ocsp, oids, timestamps
from paraph.pki.crl import Reason
from paraph.signer.client import SignerRefusal
from paraph.signer.core import Signer

from .conftest import PASSPHRASE
from .content import ISSUER, checkpoint, encode, simple_answer, throw_away

SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)


def refused(code):
    return pytest.raises(SignerRefusal, match=f"^{code}$")


def refuses_all(service, key, changes, **more):
    for what, data in changes.items():
        with pytest.raises(SignerRefusal) as caught:
            service.sign(key, data, **more)
        assert caught.value.code in ("wrong_content", "too_large"), what


# --- each key its own -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["root", "issuing", "ocsp", "tsu", "openid", "audit"])
def test_no_key_signs_what_another_one_signs(service, clock, which):
    made = {
        "issuing": service.list(), "ocsp": service.answer(), "tsu": service.stamp()[0], "openid": service.token(),
        "audit": checkpoint(1, clock.now())}
    key = {"root": service.root.info, "issuing": service.issuing.info}.get(which) or getattr(service, which)
    for name, data in made.items():
        if name != which:
            with pytest.raises(SignerRefusal, match="^(wrong_content|wrong_issuer|too_large)$"):
                service.sign(key, data)
            with pytest.raises(SignerRefusal, match="^(wrong_content|wrong_issuer|too_large)$"):
                service.sign(key, data, content=service.stamp()[1])


def test_a_key_of_which_nothing_is_known_signs_nothing(service):
    key = service.make("seal")
    for data in (b"x", service.token(), service.list(), service.answer()):
        with refused("wrong_content"):
            service.sign(key, data)


def test_what_was_refused_is_an_alarm_once_a_minute(service, clock):
    for _ in range(3):
        with refused("wrong_content"):
            service.sign(service.audit, b"anything")
    [alarm] = service.core.alarms()
    assert alarm.facts["code"] == "wrong_content" and alarm.facts["key"] == service.audit.key_id
    clock.advance(seconds=60, microseconds=-1)
    with refused("wrong_content"):
        service.sign(service.audit, b"anything")
    assert len(service.core.alarms()) == 1
    clock.advance(microseconds=1)
    with refused("wrong_content"):
        service.sign(service.audit, b"anything")
    assert [entry.sequence for entry in service.core.alarms(alarm.sequence)] == [
        service.core.alarms()[-1].sequence]
    assert service.core.verify_record().holds


# --- OCSP -------------------------------------------------------------------------------------------------------------


def test_a_responder_signs_its_answers(service):
    service.sign(service.ocsp, service.answer())
    service.sign(service.ocsp, service.answer(nonce=bytes(128)))
    at = service.clock.now().replace(microsecond=0)
    for single in ({"status": ocsp.Status.REVOKED, "revoked_at": at}, {"status": ocsp.Status.UNKNOWN},
                   {"status": ocsp.Status.REVOKED, "revoked_at": at, "reason": Reason.CERTIFICATE_HOLD},
                   {"archive_cutoff": at}):
        service.sign(service.ocsp, service.answer(single=single))


def test_an_answer_names_the_key_that_signs_it(service):
    for other in (service.tsu.public_key_der, service.make("ocsp").public_key_der, throw_away()):
        with refused("wrong_issuer"):
            service.sign(service.ocsp, service.answer(key=other))


@pytest.mark.parametrize(("shift", "code"), [
    (timedelta(seconds=300), None), (timedelta(seconds=301), "wrong_time"),
    (-timedelta(seconds=300), None), (-timedelta(seconds=301), "wrong_time")])
def test_an_answer_is_of_now(service, clock, shift, code):
    at = clock.now() + shift
    if code:
        with refused(code):
            service.sign(service.ocsp, service.answer(at=at))
    else:
        service.sign(service.ocsp, service.answer(at=at))


def test_an_answer_is_good_for_as_long_as_the_rules_say(service, clock):
    assert rules.current().ocsp_life_seconds == 3600
    at = clock.now().replace(microsecond=0)
    for code, single in (
        ("wrong_validity", {"next_update": at + timedelta(seconds=3601)}),
        ("wrong_validity", {"next_update": None}),
        ("wrong_validity", {"next_update": at}),
        ("wrong_time", {"this_update": at + SECOND}),
    ):
        with refused(code):
            service.sign(service.ocsp, service.answer(single=single))
    service.sign(service.ocsp, service.answer(single={"this_update": at - timedelta(hours=1), "next_update": at + SECOND}))


def test_one_thing_wrong_and_no_answer_is_signed(service):
    good = service.answer(nonce=bytes(16))
    name, produced, singles, extensions = (field.encoding for field in der.read(good).children())
    [single] = [field.encoding for field in der.read(singles).children()]
    certificate, status, begin, end = (field.encoding for field in der.read(single).children())

    def with_single(*fields):
        return der.sequence(name, produced, der.sequence(der.sequence(*fields)), extensions)

    refuses_all(service, service.ocsp, {
        "nothing": b"", "left over": good + b"\0", "cut short": good[:-1], "too much": good + bytes(64 * 1024),
        "an indefinite length": b"\x30\x80" + good[2:] + b"\0\0",
        "a version": der.sequence(der.explicit(0, der.integer(0)), name, produced, singles),
        "the responder by name": der.sequence(der.explicit(1, der.sequence()), produced, singles),
        "no instant": der.sequence(name, singles, extensions),
        "another kind of time": der.sequence(
            name, der.utc_time(service.clock.now().replace(microsecond=0)), singles, extensions),
        "no answer": der.sequence(name, produced, der.sequence(), extensions),
        "another extension": der.sequence(name, produced, singles, der.explicit(1, der.sequence(
            der.sequence(der.object_identifier(oids.OCSP_NO_CHECK), der.octet_string(der.null()))))),
        "something more": der.sequence(name, produced, singles, extensions, der.null()),
        "no status": with_single(certificate, begin, end),
        "another status": with_single(certificate, b"\x83\x00", begin, end),
        "good with something in it": with_single(certificate, b"\x80\x01\x00", begin, end),
        "revoked at no time": with_single(certificate, b"\xa1\x00", begin, end),
        "an unknown reason": with_single(certificate, der.tagged(0xA1, begin + der.explicit(0, der.enumerated(7))),
                                         begin, end),
        "half a certificate": with_single(der.sequence(der.integer(1)), status, begin, end),
        "an extension of the answer": with_single(certificate, status, begin, end, der.explicit(1, der.sequence(
            der.sequence(der.object_identifier("2.999.1"), der.octet_string(b""))))),
        "something more in it": with_single(certificate, status, begin, end, der.null()),
    })
    service.sign(service.ocsp, good)


def test_reading_an_answer_costs_little(service):
    """A responder makes answers in advance, thousands a second: reading is a small part of signing."""
    data, started = simple_answer(service.ocsp, service.clock.now()), time.process_time()
    for _number in range(200):
        service.core.sign(attempt="x", key_id=service.ocsp.key_id, purpose="ocsp", data=data)
    assert (time.process_time() - started) / 200 < 0.002


# --- time-stamps ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shift", "code"), [
    (timedelta(seconds=10), None), (timedelta(seconds=10) + MICROSECOND, "wrong_time"),
    (-timedelta(seconds=10), None), (-timedelta(seconds=10) - MICROSECOND, "wrong_time"), (timedelta(0), None)])
def test_a_unit_stamps_the_time_of_now(service, clock, shift, code):
    attributes, information = service.stamp(at=clock.now() + shift)
    if code:
        with refused(code):
            service.sign(service.tsu, attributes, content=information)
    else:
        service.sign(service.tsu, attributes, content=information)
        assert [entry.facts for entry in service.core.record() if entry.event == "key.used"][-1]["serial"] == "7"


def test_a_unit_stamps_under_the_policies_of_the_house(service):
    attributes, information = service.stamp(policy="2.999.1.2.2")
    with refused("wrong_policy"):
        service.sign(service.tsu, attributes, content=information)


def test_a_house_without_policy_and_address_signs_neither_stamps_nor_tokens(tmp_path, clock, service):
    core = Signer.open(tmp_path / "service", PASSPHRASE, clock)
    attributes, information = service.stamp()
    with refused("wrong_policy"):
        core.sign(attempt="s", key_id=service.tsu.key_id, purpose="tsu", data=attributes, content=information)
    with refused("wrong_issuer"):
        core.sign(attempt="t", key_id=service.openid.key_id, purpose="openid", data=service.token(claims={"iss": ""}))
    core.close()


def test_one_thing_wrong_and_nothing_is_stamped(service):
    attributes, information = service.stamp()
    fields = [field.encoding for field in der.read(information).children()]
    parts = [field.encoding for field in der.read(attributes).children(der.SET)]

    def attribute(oid, value):
        return der.sequence(der.object_identifier(oid), der.set_of(value))

    refuses_all(service, service.tsu, {
        "nothing": b"", "left over": attributes + b"\0", "cut short": attributes[:-1],
        "too much": attributes + bytes(4096), "a sequence": der.sequence(*parts), "two of three": der.set_of(*parts[:2]),
        "in another order": der.tagged(der.SET, b"".join(sorted(parts, reverse=True))),
        "one more": der.set_of(*parts, attribute("2.999.1", der.null())),
        "one twice": der.tagged(der.SET, b"".join(sorted([*parts, parts[0]]))),
        "the digest of something else": service.stamp(policy="2.999.1")[0],
        "a document": der.set_of(
            attribute(oids.CONTENT_TYPE, der.object_identifier("1.2.840.113549.1.7.1")), *parts[1:]),
    }, content=information)
    with refused("wrong_content"):
        service.sign(service.tsu, attributes)
    version, policy, imprint, serial, generated, accuracy = fields
    for what, changed in {
        "left over": information + b"\0", "another version": der.sequence(der.integer(2), *fields[1:]),
        "no imprint": der.sequence(version, policy, serial, generated, accuracy),
        "a short imprint": der.sequence(version, policy, der.sequence(
            der.sequence(der.object_identifier(oids.SHA256), der.null()), der.octet_string(bytes(31))), *fields[3:]),
        "SHA-1": der.sequence(version, policy, der.sequence(
            der.sequence(der.object_identifier("1.3.14.3.2.26"), der.null()), der.octet_string(bytes(20))), *fields[3:]),
        "no serial": der.sequence(version, policy, imprint, der.integer(0), generated, accuracy),
        "an ordering": der.sequence(*fields, der.boolean(True)),
        "a fraction that ends in zero": der.sequence(
            version, policy, imprint, serial, der.tagged(der.GENERALIZED_TIME, b"20261124090000.50Z"), accuracy),
        "a time of nowhere": der.sequence(
            version, policy, imprint, serial, der.tagged(der.GENERALIZED_TIME, b"20261124090000"), accuracy),
    }.items():
        with pytest.raises(SignerRefusal) as caught:
            service.sign(service.tsu, _attributes_of(changed), content=changed)
        assert caught.value.code == "wrong_content", what
    service.sign(service.tsu, attributes, content=information)


def _attributes_of(information):
    return timestamps.signed_attributes(information, b"certificate", "P-256")


def test_only_time_stamps_and_id_tokens_have_something_beside_them(service):
    for key, data in ((service.openid, service.token()), (service.issuing.info, service.list()),
                      (service.audit, checkpoint(1, service.clock.now()))):
        with refused("wrong_content"):
            service.sign(key, data, content=b"x")
        service.sign(key, data)


# --- tokens of the OpenID Provider ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claims", "code"), [
    ({}, None), ({"nonce": "n", "sid": "s"}, None), ({"name": "Élodie"}, None),
    ({"iss": "https://other.example.org"}, "wrong_issuer"), ({"iss": None}, "wrong_issuer"),
    ({"iss": ISSUER + "/"}, "wrong_issuer"), ({"sub": None}, "wrong_content"), ({"sub": ""}, "wrong_content"),
    ({"aud": ["client"]}, "wrong_content"), ({"iat": None}, "wrong_content"), ({"iat": "1"}, "wrong_content"),
    ({"iat": True}, "wrong_content"), ({"exp": 1.5}, "wrong_content"), ({"exp": -1}, "wrong_content")])
def test_an_id_token_is_of_this_house(service, claims, code):
    if code:
        with refused(code):
            service.sign(service.openid, service.token(claims=claims))
    else:
        service.sign(service.openid, service.token(claims=claims))


@pytest.mark.parametrize(("issued", "lasts", "code"), [
    (300, 300, None), (301, 300, "wrong_time"), (-300, 300, None), (-301, 300, "wrong_time"),
    (0, 3600, None), (0, 3601, "wrong_validity"), (0, 0, "wrong_validity")])
def test_an_id_token_is_of_now_and_short(service, clock, issued, lasts, code):
    begin = int(clock.now().timestamp()) + issued
    token = service.token(claims={"iat": begin, "exp": begin + lasts})
    if code:
        with refused(code):
            service.sign(service.openid, token)
    else:
        service.sign(service.openid, token)


@pytest.mark.parametrize("header", [
    {"alg": "none"}, {"alg": "RS256"}, {"kid": "another"}, {"typ": "at+jwt"}, {"typ": None}, {"crit": ["b64"]},
    {"jku": "https://x"}])
def test_the_header_names_this_key_and_nothing_else(service, header):
    with refused("wrong_content"):
        service.sign(service.openid, service.token(header=header))


LOGOUT = {"header": {"typ": "logout+jwt"},
          "claims": {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}, "sid": "s", "jti": "j"}}


@pytest.mark.parametrize("changes", [
    {"events": {}}, {"events": None}, {"events": {"http://schemas.openid.net/event/backchannel-logout": {"x": 1}}},
    {"events": {"http://schemas.openid.net/event/backchannel-logout": {}, "other": {}}}, {"nonce": "n"}])
def test_the_news_of_a_logout_is_signed_and_never_looks_like_an_id_token(service, changes):
    with refused("wrong_subject"):  # nobody ever had a token under this name
        service.sign(service.openid, service.token(**LOGOUT))
    service.sign(service.openid, service.token())
    service.sign(service.openid, service.token(**LOGOUT))
    with refused("wrong_content"):
        service.sign(service.openid, service.token(header=LOGOUT["header"], claims={**LOGOUT["claims"], **changes}))
    with refused("wrong_content"):
        service.sign(service.openid, service.token(claims=LOGOUT["claims"]))
    with refused("wrong_content"):
        service.sign(service.openid, service.token(header={"typ": "at+jwt"}))


def test_one_thing_wrong_and_no_token_is_signed(service):
    header, claims = good = service.token().split(b".")
    changes = {
        "nothing": b"", "one part": header, "three parts": b".".join((*good, b"x")), "padding": header + b"=." + claims,
        "another alphabet": header + b"." + claims[:-1] + b"+", "not ASCII": header + b".\xff" + claims,
        "no object": header + b"." + encode(b'"text"'), "no JSON": header + b"." + encode(b"{"),
        "a claim twice": header + b"." + encode(
            json.dumps({"x": 1}).encode()[:-1] + b',"iss":"a",' + f'"iss":"{ISSUER}"}}'.encode()),
        "deep": header + b"." + encode(b"[" * 5000 + b"]" * 5000), "too much": header + b"." + claims + b"A" * 16384,
        "a line break": header + b"." + claims + b"\n",
    }
    refuses_all(service, service.openid, changes)
    service.sign(service.openid, service.token())


def test_an_rsa_key_names_its_own_algorithm(service):
    service.openid = service.make("openid", "RSA-3072")
    with refused("wrong_content"):
        service.sign(service.openid, service.token())
    service.sign(service.openid, service.token(header={"alg": "RS256"}))


# --- the audit log ----------------------------------------------------------------------------------------------------


def test_the_audit_log_only_grows(service, clock):
    def sign(size, root=bytes(32), chain=bytes(32)):
        return service.sign(service.audit, checkpoint(size, clock.now(), root=root, chain=chain))

    sign(5)
    # The service died before it stored the signature: the same tree at a later instant.
    clock.advance(seconds=2)
    sign(5)
    for code, given in (("checkpoint_not_rising", {"size": 4}), ("checkpoint_not_rising", {"size": 5, "root": b"\1" * 32}),
                        ("checkpoint_not_rising", {"size": 5, "chain": b"\1" * 32})):
        with refused(code):
            sign(**given)
    sign(6, root=b"\1" * 32)
    # Another key of the log goes on where the first one was.
    service.audit = service.make("audit")
    with refused("checkpoint_not_rising"):
        sign(5)
    sign(7)
    assert [entry.facts["code"] for entry in service.core.alarms()] == ["checkpoint_not_rising"] * 2


@pytest.mark.parametrize(("shift", "code"), [
    (timedelta(seconds=300), None), (timedelta(seconds=300) + MICROSECOND, "wrong_time"),
    (-timedelta(seconds=300), None), (-timedelta(seconds=300) - MICROSECOND, "wrong_time")])
def test_a_checkpoint_is_of_now(service, clock, shift, code):
    statement = checkpoint(1, clock.now() + shift)
    if code:
        with refused(code):
            service.sign(service.audit, statement)
    else:
        service.sign(service.audit, statement)


def test_one_thing_wrong_and_no_checkpoint_is_signed(service, clock):
    good = checkpoint(12, clock.now())
    refuses_all(service, service.audit, {
        "nothing": b"", "left over": good + b"\n", "cut short": good[:-1], "too much": good + bytes(1024),
        "another heading": good.replace(b"paraph", b"Paraph"), "no tree": good.replace(b"\n12\n", b"\n0\n"),
        "a zero before": good.replace(b"\n12\n", b"\n012\n"), "a sign": good.replace(b"\n12\n", b"\n+12\n"),
        "other digits": good.replace(b"\n12\n", "\n١٢\n".encode()), "capitals": good.replace(b"0" * 64, b"A" * 64),
        "a short root": good.replace(b"0" * 64, b"0" * 62), "another zone": good.replace(b"Z\n", b"+00:00\n"),
        "no such day": good.replace(b"-11-24T", b"-02-30T"), "a huge tree": good.replace(b"\n12\n", b"\n" + b"9" * 19 + b"\n"),
    })
    service.sign(service.audit, good)
