# SPDX-License-Identifier: Apache-2.0
"""OpenSSL and GnuTLS read delta lists and the lists of shards."""


import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_crl

from paraph.domain.certification import publication, services
from paraph.domain.certification.publication import crl
from paraph.pki import x509
from paraph.pki.keys import SoftwareKey
from testkit.tree import MARIE


@pytest.fixture
def algorithm():
    return "P-256"


def write(folder, name, shard, *, delta):
    encoding = b"".join(crl.content(crl.newest_of("issuing", shard, delta=delta)))
    (folder / f"{name}.crl").write_bytes(encoding)
    (folder / f"{name}.crl.pem").write_bytes(load_der_x509_crl(encoding).public_bytes(Encoding.PEM))


@pytest.mark.parametrize("shards", [0, 1])
def test_a_base_with_its_delta(folder, run, seconds, caller, system, clock, signer, shards):
    services.arrange_lists(name="issuing", shards=shards, deltas=True, caller=system)
    names = ("one", "two", "three")
    for name in names:
        certificate = services.issue(
            attempt=name, profile="natural-signature-ncp", subject_id=name, subject=MARIE, generation=name,
            public_key_der=SoftwareKey.generate("P-256").public_key_der, identification="desk", key_id=name,
            caller=caller)
        (folder / f"{name}.pem").write_text(x509.pem(bytes(certificate.der)))
        services.activate(generation=name, caller=caller)
    services.suspend(generation="one", reason="lost", caller=caller)
    publication.publish_changes(clock.now(), signer)
    write(folder, "base", shards, delta=False)
    services.resume(generation="one", caller=caller)
    services.revoke(generation="two", reason="stolen", caller=caller)
    publication.publish_changes(clock.now(), signer)
    write(folder, "delta", shards, delta=True)

    def verify(name, *, with_delta):
        lists = ["-CRLfile", "base.crl.pem"]
        if with_delta:
            lists += ["-CRLfile", "delta.crl.pem", "-use_deltas"]
        code, said = run("openssl", "verify", "-attime", seconds, "-crl_check", "-extended_crl", "-CAfile", "root.pem",
                         "-untrusted", "issuing.pem", *lists, f"{name}.pem")
        assert code == 0 or "certificate revoked" in said, said
        return code == 0

    assert [verify(name, with_delta=False) for name in names] == [False, True, True]
    assert [verify(name, with_delta=True) for name in names] == [True, False, True]

    assert "verify OK" in run("openssl", "crl", "-in", "delta.crl.pem", "-noout", "-CAfile", "issuing.pem")[1]
    said = run("openssl", "crl", "-in", "delta.crl.pem", "-noout", "-text")[1]
    assert "X509v3 Delta CRL Indicator: critical" in said and "Remove From CRL" in said
    if shards:
        assert "X509v3 Issuing Distribution Point: critical" in said and "/crl/issuing/1.crl" in said


def test_certtool_reads_and_verifies_a_shards_list_and_its_delta(folder, run, system, caller, clock, signer):
    services.arrange_lists(name="issuing", shards=1, deltas=True, caller=system)
    publication.publish_changes(clock.now(), signer)
    clock.advance(seconds=1)
    services.resume(generation="held", caller=caller.at_instant(clock.now()))
    publication.publish_changes(clock.now(), signer)
    write(folder, "whole", 0, delta=True)
    write(folder, "shard", 1, delta=False)
    for name, entries in (("whole", 1), ("shard", 0)):
        code, said = run("certtool", "--crl-info", "--inder", "--infile", f"{name}.crl")
        assert code == 0, said
        assert ("Revoked certificates (1):" in said) == bool(entries)
        code, said = run("certtool", "--verify-crl", "--load-ca-certificate", "issuing.pem", "--infile", f"{name}.crl.pem")
        assert code == 0 and "Verified." in said, said
