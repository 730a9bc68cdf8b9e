# SPDX-License-Identifier: Apache-2.0
"""The keys of authorities sign certificates that the signer has read, and no others: each with one thing wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest

from paraph.pki import der, oids, profiles, x509
from paraph.signer.client import SignerRefusal

from .conftest import activate
from .content import Authority, instruction, person, subject, throw_away, with_extension

SECOND = timedelta(seconds=1)


def refused(code):
    return pytest.raises(SignerRefusal, match=f"^{code}$")


@pytest.fixture
def marie(service, clock):
    """Her two keys, made in an authorised activation of this signer."""
    service.core.import_token(attempt="import-marie", serial="T-MARIE", seed=b"12345678901234567890")
    return activate(service.core, "marie", "T-MARIE", clock).keys


@pytest.fixture
def certify(service):
    """Asks the issuing authority for a certificate; the key's uses are one line each."""
    def certify(made):
        return service.sign(service.issuing.info, x509.to_be_signed(made))

    return certify


def lines(service, event):
    return [entry.facts for entry in service.core.record() if entry.event == event]


# --- holders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("usage", ["authentication", "signature"])
def test_a_holders_key_is_certified_for_its_use(service, marie, certify, usage):
    made = service.holder_instruction(getattr(marie, usage), serial=0xABC)
    certify(made)
    assert lines(service, "key.used")[-1] | {"digest": "", "attempt": "", "key": ""} == {
        "form": "certificate", "serial": "abc", "purpose": "issuing", "digest": "", "attempt": "", "key": ""}
    assert lines(service, "alarm.content_refused") == []


def of_another_key(made):
    key = throw_away()
    return with_extension(replace(made, public_key_der=key), oids.SUBJECT_KEY_IDENTIFIER, x509.subject_key_identifier(key))


CHANGES = {
    "another issuer": ("wrong_issuer", lambda made: replace(made, issuer=subject("Other").encode())),
    "another algorithm": ("wrong_issuer", lambda made: replace(made, algorithm="P-384")),
    "the issuer's own name": ("wrong_issuer", lambda made: replace(made, subject=subject("Issuing"))),
    "another authority's key identifier": ("wrong_issuer", lambda made: with_extension(
        made, oids.AUTHORITY_KEY_IDENTIFIER, x509.authority_key_identifier(throw_away()))),
    "another key's identifier": ("wrong_content", lambda made: with_extension(
        made, oids.SUBJECT_KEY_IDENTIFIER, x509.subject_key_identifier(throw_away()))),
    "a key that nobody knows": ("unknown_subject_key", lambda made: of_another_key(made)),
    "an authority": ("wrong_usage", lambda made: with_extension(
        made, oids.BASIC_CONSTRAINTS, x509.basic_constraints(authority=True), critical=True)),
    "signing certificates": ("wrong_usage", lambda made: with_extension(
        made, oids.KEY_USAGE, x509.key_usage(("nonRepudiation", "keyCertSign")))),
    "signing lists": ("wrong_usage", lambda made: with_extension(
        made, oids.KEY_USAGE, x509.key_usage(("nonRepudiation", "cRLSign")))),
    "the use of the other key": ("wrong_usage", lambda made: with_extension(
        made, oids.KEY_USAGE, x509.key_usage(("digitalSignature",)))),
    "one use more": ("wrong_usage", lambda made: with_extension(
        made, oids.KEY_USAGE, x509.key_usage(("digitalSignature", "nonRepudiation")))),
    "no use": ("wrong_content", lambda made: with_extension(made, oids.KEY_USAGE, None)),
    "a use that may be ignored": ("wrong_content", lambda made: with_extension(
        made, oids.KEY_USAGE, x509.key_usage(("nonRepudiation",)), critical=False)),
    "answers of a responder": ("wrong_usage", lambda made: with_extension(
        made, oids.EXTENDED_KEY_USAGE, x509.extended_key_usage((oids.PURPOSE_OCSP_SIGNING,)))),
    "answers of a responder too": ("wrong_usage", lambda made: with_extension(
        made, oids.EXTENDED_KEY_USAGE,
        x509.extended_key_usage((oids.PURPOSE_DOCUMENT_SIGNING, oids.PURPOSE_OCSP_SIGNING)))),
    "every purpose": ("wrong_usage", lambda made: with_extension(made, oids.EXTENDED_KEY_USAGE, None)),
    "an extension of authorities": ("wrong_content", lambda made: with_extension(
        made, oids.NAME_CONSTRAINTS, der.sequence())),
    "an unknown extension": ("wrong_content", lambda made: with_extension(made, "2.999.7", der.null())),
    "no check of the responder": ("wrong_content", lambda made: with_extension(made, oids.OCSP_NO_CHECK, der.null())),
    "a serial of nothing": ("wrong_content", lambda made: replace(made, serial="0")),
    "a serial of 21 octets": ("wrong_content", lambda made: replace(made, serial=f"{1 << 160:x}")),
    "no number": ("wrong_name", lambda made: replace(made, subject=subject("Marie"))),
}


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_one_thing_wrong_and_nothing_is_signed(service, marie, certify, change):
    code, edit = CHANGES[change]
    made = service.holder_instruction(marie.signature)
    with refused(code):
        certify(edit(made))
    assert [entry["code"] for entry in lines(service, "alarm.content_refused")] == [code]
    # What was refused left nothing behind: the same number and name are still free.
    certify(made)


def test_an_extension_twice_and_other_bytes_of_one_truth(service, marie):
    made = service.holder_instruction(marie.signature)
    good = x509.to_be_signed(made)
    twice = replace(made, extensions=(*made.extensions, made.extensions[0]))
    version, *fields = der.read(good).children()
    for tbs in (
        x509.to_be_signed(twice),
        good + b"\0",
        good[:-1],
        b"",
        b"\x30\x80" + good[4:] + b"\0\0",
        der.sequence(*(field.encoding for field in fields)),
        der.sequence(der.explicit(0, der.integer(1)), *(field.encoding for field in fields)),
        der.sequence(version.encoding, *(field.encoding for field in fields), der.null()),
        x509.assemble(good, "P-256", b"signed"),
        bytes(2000),
        b"\x30\x84\xff\xff\xff\xff" + good[4:],
    ):
        with pytest.raises(SignerRefusal, match="^(wrong_content|too_large)$"):
            service.sign(service.issuing.info, tbs)
    with refused("too_large"):
        service.sign(service.issuing.info, good + bytes(16 * 1024))
    assert service.sign(service.issuing.info, good)


def test_every_octet_that_is_changed_is_a_refusal_or_says_something_that_is_allowed(service, marie):
    """Each octet flipped: what still passes differs in the serial, in names, addresses, policies or within the times."""
    good = x509.to_be_signed(service.holder_instruction(marie.signature))
    passed = 0
    for place in range(0, len(good), 3):
        changed = good[:place] + bytes((good[place] ^ 0x40,)) + good[place + 1:]
        try:
            service.sign(service.issuing.info, changed)
        except SignerRefusal as refusal:
            assert refusal.code in ("wrong_content", "wrong_issuer", "unknown_subject_key", "wrong_usage", "wrong_name",
                                    "wrong_time", "wrong_validity", "serial_used")
            continue
        passed += 1
        assert marie.signature.public_key_der in changed and service.issuing.issuer.name in changed
        assert x509.key_usage(("nonRepudiation",)) in changed
    assert passed < len(good) // 6


@pytest.mark.parametrize(("shift", "code"), [
    (timedelta(seconds=300), None), (timedelta(seconds=301), "wrong_time"),
    (-timedelta(hours=48), None), (-timedelta(hours=48, seconds=1), "wrong_time")])
def test_it_begins_about_now(service, marie, certify, clock, shift, code):
    made = service.holder_instruction(marie.signature)
    begin = clock.now().replace(microsecond=0) + shift
    made = replace(made, not_before=begin, not_after=profiles.add_years(begin, 3))
    if code:
        with refused(code):
            certify(made)
    else:
        certify(made)


def test_it_lives_three_years_at_most_and_not_longer_than_its_issuer(service, marie, certify, clock):
    made = service.holder_instruction(marie.signature)
    with refused("wrong_validity"):
        certify(replace(made, not_after=made.not_after + SECOND))
    with refused("wrong_validity"):
        certify(replace(made, not_after=made.not_before))
    certify(made)
    clock.set(service.issuing.not_after - timedelta(days=1))
    late = service.holder_instruction(marie.signature, serial=2)
    with refused("wrong_validity"):
        certify(replace(late, not_after=service.issuing.not_after + SECOND))
    certify(replace(late, not_after=service.issuing.not_after))


def test_a_holder_has_one_number_and_nobody_else_has_it(service, marie, certify, clock):
    certify(service.holder_instruction(marie.authentication, serial=1))
    with refused("wrong_name"):
        certify(service.holder_instruction(marie.signature, of=person("00100978855105608537"), serial=2))
    certify(service.holder_instruction(marie.signature, serial=3))
    service.core.import_token(attempt="import-jean", serial="T-JEAN", seed=b"jean's seed, 20 byte")
    jean = activate(service.core, "jean", "T-JEAN", clock).keys
    with refused("wrong_name"):
        certify(service.holder_instruction(jean.signature, serial=4))
    certify(service.holder_instruction(jean.signature, of=person("00100978855105608537"), serial=5))


def test_a_serial_stands_for_one_certificate(service, marie, certify):
    made = service.holder_instruction(marie.signature)
    certify(made)
    certify(made)
    with refused("serial_used"):
        certify(replace(made, not_after=made.not_after - SECOND))


def test_a_destroyed_key_is_certified_no_more(service, marie, certify):
    service.core.destroy_key(attempt="destroy", key_id=marie.signature.key_id)
    with refused("key_destroyed"):
        certify(service.holder_instruction(marie.signature))


# --- services ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("profile", "other"), [("ocsp", "tsu"), ("tsu", "ocsp")])
def test_the_keys_of_services_are_certified_each_for_its_own(service, certify, clock, profile, other):
    def made(kind, key):
        return instruction(service.issuing, kind, key.public_key_der, clock.now(), of=subject(kind), serial=9)

    with refused("wrong_usage"):
        certify(made(profile, getattr(service, other)))
    for key in (service.audit, service.openid, service.root.info):
        with refused("unknown_subject_key"):
            certify(made(profile, key))
    with refused("wrong_usage"):
        certify(with_extension(made(profile, getattr(service, profile)), oids.EXTENDED_KEY_USAGE, None))
    certify(made(profile, getattr(service, profile)))


@pytest.mark.parametrize(("profile", "years"), [("ocsp", 1), ("tsu", 8)])
def test_a_service_lives_as_long_as_its_profile_says(service, certify, clock, profile, years):
    made = instruction(service.issuing, profile, getattr(service, profile).public_key_der, clock.now(), of=subject("X"))
    end = profiles.add_years(made.not_before, years)
    with refused("wrong_validity"):
        certify(replace(made, not_after=end + SECOND))
    certify(replace(made, not_after=end))


def test_an_issuing_key_certifies_no_authority(service, certify, clock):
    another = service.make("issuing")
    made = instruction(service.issuing, "issuing", another.public_key_der, clock.now(), of=subject("Another"))
    with refused("wrong_usage"):
        certify(made)
    made = instruction(service.issuing, "ocsp", service.issuing.info.public_key_der, clock.now(), of=subject("Itself"))
    with refused("unknown_subject_key"):
        certify(made)


def test_a_key_that_no_ceremony_made_an_authority_signs_nothing(service, marie, clock):
    key = service.make("issuing")
    stranger = Authority(key, subject("Stranger"), service.issuing.not_after)
    made = instruction(stranger, "natural-signature-ncp", marie.signature.public_key_der, clock.now(), of=person())
    with refused("no_authority"):
        service.sign(key, x509.to_be_signed(made))
    with refused("no_authority"):
        service.sign(key, service.list(of=stranger))


# --- keys from elsewhere ----------------------------------------------------------------------------------------------


SEAL = {"profile": "seal-qcp-l", "of": subject("Essai S.A.")}


@pytest.mark.parametrize(("later", "code"), [
    (timedelta(0), None), (timedelta(days=7), None), (timedelta(days=7, microseconds=1), "unknown_subject_key")])
def test_a_key_from_elsewhere_needs_leave_given_on_the_signers_host(service, certify, clock, later, code):
    key = throw_away()
    allow(service, key, SEAL["of"], [oids.PURPOSE_DOCUMENT_SIGNING])
    clock.advance(seconds=later.total_seconds())
    made = instruction(service.issuing, public_key_der=key, at=clock.now(), **SEAL)
    if code:
        with refused(code):
            certify(made)
    else:
        certify(made)


def test_the_leave_is_for_this_key_this_name_and_these_uses(service, certify, clock):
    key = throw_away()
    allow(service, key, SEAL["of"], [oids.PURPOSE_DOCUMENT_SIGNING])
    made = instruction(service.issuing, public_key_der=key, at=clock.now(), **SEAL)
    for code, changed in (
        ("unknown_subject_key", of_another_key(made)),
        ("wrong_name", replace(made, subject=subject("Another S.A."))),
        ("wrong_usage", with_extension(made, oids.EXTENDED_KEY_USAGE, None)),
        ("wrong_usage", with_extension(made, oids.EXTENDED_KEY_USAGE,
                                       x509.extended_key_usage((oids.PURPOSE_SERVER_AUTHENTICATION,)))),
        ("wrong_usage", with_extension(made, oids.KEY_USAGE, x509.key_usage(("keyCertSign",)))),
        ("wrong_usage", with_extension(made, oids.BASIC_CONSTRAINTS, x509.basic_constraints(authority=True), critical=True)),
        ("wrong_validity", replace(made, not_after=made.not_after + SECOND)),
    ):
        with refused(code):
            certify(changed)
    certify(made)


def test_leave_gives_no_holders_number_to_another_key(service, marie, certify, clock):
    certify(service.holder_instruction(marie.signature, serial=1))
    key = throw_away()
    allow(service, key, person(), [oids.PURPOSE_DOCUMENT_SIGNING])
    with refused("wrong_name"):
        certify(instruction(service.issuing, "natural-signature-ncp", key, clock.now(), of=person(), serial=2))


def test_a_responder_elsewhere_is_certified_with_leave(service, certify, clock):
    key = throw_away()
    made = instruction(service.issuing, "ocsp", key, clock.now(), of=subject("Elsewhere"))
    allow(service, key, subject("Elsewhere"), [oids.PURPOSE_DOCUMENT_SIGNING])
    with refused("wrong_usage"):
        certify(made)
    allow(service, key, subject("Elsewhere"), [oids.PURPOSE_OCSP_SIGNING])
    certify(made)


@pytest.mark.parametrize("which", ["root", "issuing", "ocsp"])
def test_no_leave_is_given_for_a_key_of_the_signer(service, which):
    key = getattr(service, which)
    with refused("wrong_purpose"):
        allow(service, getattr(key, "info", key).public_key_der, subject("X"), [oids.PURPOSE_DOCUMENT_SIGNING])
    with refused("wrong_content"):
        allow(service, b"no key", subject("X"), [oids.PURPOSE_DOCUMENT_SIGNING])


def allow(service, key, of, purposes):
    service.core.allow_certificate(attempt=service.attempt(), public_key_der=key, subject=of.encode(), purposes=purposes)
