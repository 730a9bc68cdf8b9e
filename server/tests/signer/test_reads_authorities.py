# SPDX-License-Identifier: Apache-2.0
"""What the signer reads before a root signs: authorities, while a ceremony is open, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from paraph.pki import oids, x509
from paraph.signer.client import SignerRefusal

from .conftest import activate
from .content import Authority, instruction, subject, throw_away, with_extension

SECOND = timedelta(seconds=1)


def refused(code):
    return pytest.raises(SignerRefusal, match=f"^{code}$")


@pytest.fixture
def marie(service, clock):
    """Her two keys, made in an authorised activation of this signer."""
    service.core.import_token(attempt="import-marie", serial="T-MARIE", seed=b"12345678901234567890")
    return activate(service.core, "marie", "T-MARIE", clock).keys


def lines(service, event):
    return [entry.facts for entry in service.core.record() if entry.event == event]


@pytest.fixture
def successor(service):
    return Authority(service.make("issuing"), subject("Issuing 2"), service.root.not_after)


def test_the_root_certifies_authorities_while_a_ceremony_is_open(service, successor, clock):
    with refused("no_ceremony"):
        service.certify_authority(service.root, successor, "issuing")
    held = service.core.open_ceremony(attempt="open")
    service.certify_authority(service.root, successor, "issuing")
    clock.advance(minutes=60)
    service.certify_authority(service.root, successor, "issuing")
    clock.advance(microseconds=1)
    with refused("no_ceremony"):
        service.certify_authority(service.root, successor, "issuing")
    held = service.core.open_ceremony(attempt="open-again")
    service.certify_authority(service.root, successor, "issuing")
    service.core.close_ceremony(attempt="close", ceremony=held)
    with refused("no_ceremony"):
        service.certify_authority(service.root, successor, "issuing")
    assert service.sign(successor.info, service.list(of=successor))
    assert service.core.verify_record().holds
    assert len(lines(service, "ceremony.opened")) == 3 and len(lines(service, "ceremony.closed")) == 2


ROOT_CHANGES = {
    "a key from elsewhere": ("unknown_subject_key", lambda made: replace(made, public_key_der=throw_away())),
    "no authority": ("wrong_usage", lambda made: with_extension(made, oids.BASIC_CONSTRAINTS, None)),
    "an authority of authorities": ("wrong_usage", lambda made: with_extension(
        made, oids.BASIC_CONSTRAINTS, x509.basic_constraints(authority=True), critical=True)),
    "one step more": ("wrong_usage", lambda made: with_extension(
        made, oids.BASIC_CONSTRAINTS, x509.basic_constraints(authority=True, path_length=1), critical=True)),
    "constraints that may be ignored": ("wrong_content", lambda made: with_extension(
        made, oids.BASIC_CONSTRAINTS, x509.basic_constraints(authority=True, path_length=0), critical=False)),
    "signing documents too": ("wrong_usage", lambda made: with_extension(
        made, oids.KEY_USAGE, x509.key_usage(("digitalSignature", "keyCertSign", "cRLSign")))),
    "a purpose": ("wrong_usage", lambda made: with_extension(
        made, oids.EXTENDED_KEY_USAGE, x509.extended_key_usage((oids.PURPOSE_OCSP_SIGNING,)))),
    "another issuer": ("wrong_issuer", lambda made: replace(made, issuer=subject("Other").encode())),
    "eleven years": ("wrong_validity", lambda made: replace(made, not_after=made.not_after + SECOND)),
}


@pytest.mark.parametrize("change", ROOT_CHANGES, ids=str)
def test_one_thing_wrong_in_a_ceremony(service, successor, clock, change):
    service.core.open_ceremony(attempt="open")
    code, edit = ROOT_CHANGES[change]
    made = instruction(service.root, "issuing", successor.info.public_key_der, clock.now(), of=successor.subject)
    with refused(code):
        service.sign(service.root.info, x509.to_be_signed(edit(made)))
    service.sign(service.root.info, x509.to_be_signed(made))


@pytest.mark.parametrize("purpose", ["ocsp", "tsu", "audit", "openid"])
def test_the_root_certifies_no_other_key_of_the_signer(service, clock, purpose):
    service.core.open_ceremony(attempt="open")
    made = instruction(service.root, "issuing", getattr(service, purpose).public_key_der, clock.now(), of=subject("X"))
    with refused("unknown_subject_key"):
        service.sign(service.root.info, x509.to_be_signed(made))


def test_the_name_of_an_authority_stands(service, clock):
    service.core.open_ceremony(attempt="open")
    renamed = replace(service.issuing, subject=subject("Renamed"))
    with refused("wrong_name"):
        service.certify_authority(service.root, renamed, "issuing")
    clock.advance(days=1)
    service.core.open_ceremony(attempt="next-day")
    service.certify_authority(service.root, service.issuing, "issuing")


def test_roots_certify_each_other_and_a_new_root_begins_with_itself(service, clock):
    service.core.open_ceremony(attempt="open")
    new = Authority(service.make("root"), subject("Root 2"), service.root.not_after)
    with refused("no_authority"):
        service.certify_authority(new, service.root, "root")
    service.certify_authority(new, new, "root")
    service.certify_authority(service.root, new, "root")
    service.certify_authority(new, service.root, "root")
    service.certify_authority(new, service.issuing, "issuing")


def test_the_root_signs_nothing_else(service, marie):
    service.core.open_ceremony(attempt="open")
    made = replace(service.holder_instruction(marie.signature), issuer=service.root.subject.encode())
    for data in (x509.to_be_signed(made), b"anything", service.answer(), service.token()):
        with pytest.raises(SignerRefusal, match="^(wrong_content|wrong_usage|unknown_subject_key)$"):
            service.sign(service.root.info, data)


# --- authorities of an earlier release --------------------------------------------------------------------------------


def test_an_authority_of_an_earlier_release_is_admitted_on_the_host(service, clock):
    held = service.core.open_ceremony(attempt="open")
    second = Authority(service.make("issuing"), subject("Issuing 2"), service.root.not_after)
    encoded = service.certify_authority(service.root, second, "issuing")
    service.core.close_ceremony(attempt="close", ceremony=held)
    with service.core._database.transaction() as connection:
        connection.execute("DELETE FROM authorities WHERE key_id = ?", (second.info.key_id,))
    with refused("no_authority"):
        service.sign(second.info, service.list(of=second))
    forged = x509.assemble(x509.signed_part(encoded), "P-256", b"\x30\x06\x02\x01\x01\x02\x01\x01")
    with refused("wrong_issuer"):
        service.core.admit_authority(attempt="forged", certificate=forged)
    assert service.core.admit_authority(attempt="admit", certificate=encoded)
    assert not service.core.admit_authority(attempt="again", certificate=encoded)
    assert service.sign(second.info, service.list(of=second))
