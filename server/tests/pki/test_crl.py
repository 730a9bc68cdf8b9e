# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from paraph.pki import crl, der, keys, oids
from paraph.pki.crl import Reason

AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Épreuve")]).public_bytes()
KEY = keys.SoftwareKey.generate("P-256")


def build(key=KEY, **changes):
    values = {
        "algorithm": key.algorithm, "issuer": NAME, "authority_key_identifier": keys.key_identifier(key.public_key_der),
        "number": 7, "this_update": AT, "next_update": AT + DAY, "entries": [],
    } | changes
    body = crl.to_be_signed(**values)
    return crl.assemble(body, key.algorithm, key.sign(body))


def read(encoding, key=KEY):
    found = x509.load_der_x509_crl(encoding)
    assert found.is_signature_valid(serialization.load_der_public_key(key.public_key_der))
    return found


@pytest.mark.parametrize("algorithm", ["P-256", "P-384", "RSA-3072"])
@pytest.mark.requirement("RFC 5280 5.1")
def test_an_empty_list_is_signed_by_each_kind_of_key(algorithm):
    key = keys.SoftwareKey.generate(algorithm)
    found = read(build(key), key)
    assert len(found) == 0
    assert found.issuer.public_bytes() == NAME
    assert (found.last_update_utc, found.next_update_utc) == (AT, AT + DAY)
    assert found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
    identifier = found.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert identifier == keys.key_identifier(key.public_key_der)


@pytest.mark.requirement("RFC 5280 5.3.1")
def test_entries_carry_serial_instant_and_reason():
    serials = {"1": Reason.CERTIFICATE_HOLD, "7f" + "0" * 38: Reason.KEY_COMPROMISE, "abcdef": None,
               "fe": Reason.UNSPECIFIED}
    found = read(build(entries=[crl.revoked_entry(serial, AT, reason) for serial, reason in serials.items()]))
    assert len(found) == 4
    for serial, reason in serials.items():
        entry = found.get_revoked_certificate_by_serial_number(int(serial, 16))
        assert entry.revocation_date_utc == AT
        if reason:
            assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name == {
                Reason.CERTIFICATE_HOLD: "certificate_hold", Reason.KEY_COMPROMISE: "key_compromise"}[reason]
        else:
            assert len(entry.extensions) == 0
    assert found.get_revoked_certificate_by_serial_number(2) is None


@pytest.mark.requirement("RFC 5280 5.1.2.4")
def test_instants_from_2050_are_generalized_times():
    late = datetime(2050, 1, 1, tzinfo=UTC)
    found = read(build(this_update=late, next_update=crl.NEVER_UPDATED_AGAIN, entries=[crl.revoked_entry("1", late)]))
    assert found.next_update_utc == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert found.get_revoked_certificate_by_serial_number(1).revocation_date_utc == late


@pytest.mark.requirement("RFC 5280 5.2.5")
def test_scope_is_a_critical_distribution_point():
    scope = crl.Scope(addresses=("http://localhost:8000/pki/crl/issuing.crl",), only_user_certificates=True)
    extension = read(build(scope=scope)).extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert extension.critical
    assert extension.value.full_name[0].value == "http://localhost:8000/pki/crl/issuing.crl"
    assert extension.value.only_contains_user_certs and not extension.value.only_contains_ca_certs


@pytest.mark.requirement("RFC 5280 5.2.4")
def test_a_delta_list_names_its_base_critically():
    entries = [crl.revoked_entry("1", AT, Reason.REMOVE_FROM_CRL)]
    extension = read(build(base_number=5, entries=entries)).extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    assert extension.critical and extension.value.crl_number == 5


@pytest.mark.requirement("EN 319 411-2 CSS-6.3.10-05")
def test_expired_entries_are_announced():
    found = read(build(expired_from=AT))
    extension = found.extensions.get_extension_for_oid(x509.ObjectIdentifier(oids.EXPIRED_CERTS_ON_CRL))
    assert extension.value.value == der.generalized_time(AT)
    assert not extension.critical


@pytest.mark.parametrize("serial", ["", "0", "-1", "AB", "0x1", "g", "80" + "0" * 38, "1" * 41])
def test_impossible_serials_are_refused(serial):
    with pytest.raises(ValueError):
        crl.revoked_entry(serial, AT)


@pytest.mark.parametrize("changes", [
    {"number": -1}, {"number": 1 << 159}, {"next_update": AT}, {"base_number": 7}, {"scope": crl.Scope()},
    {"scope": crl.Scope(only_user_certificates=True, only_authority_certificates=True)},
    {"this_update": AT.replace(microsecond=1)},
])
def test_impossible_lists_are_refused(changes):
    with pytest.raises(ValueError):
        build(**changes)


@pytest.mark.requirement("RFC 5280 5.2.3")
def test_the_largest_number_fits():
    assert read(build(number=(1 << 159) - 1)).extensions.get_extension_for_class(
        x509.CRLNumber).value.crl_number == (1 << 159) - 1
