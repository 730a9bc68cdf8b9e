# SPDX-License-Identifier: Apache-2.0
"""OpenSSL reads delta lists and the lists of shards."""

import pytest

from paraph.domain.certification import publication, services
from paraph.pki import x509
from paraph.pki.keys import SoftwareKey
from testkit.tree import MARIE


@pytest.fixture
def algorithm():
    return "P-256"


@pytest.mark.parametrize("shards", [0, 1])
def test_a_base_with_its_delta(folder, write_list, run, seconds, caller, system, clock, signer, shards):
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
    write_list("base", shards, delta=False)
    services.resume(generation="one", caller=caller)
    services.revoke(generation="two", reason="stolen", caller=caller)
    publication.publish_changes(clock.now(), signer)
    write_list("delta", shards, delta=True)

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
