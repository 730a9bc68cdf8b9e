# SPDX-License-Identifier: Apache-2.0
"""GnuTLS reads lists, lists of shards, delta lists and OCSP answers."""

import pytest

from paraph.domain.certification import publication, services

pytestmark = pytest.mark.usefixtures("present")


def test_certtool_reads_and_verifies_the_list(folder, run):
    code, said = run("certtool", "--crl-info", "--inder", "--infile", "issuing.crl")
    assert code == 0, said
    assert "Revoked certificates (2):" in said
    run("certtool", "--crl-info", "--inder", "--infile", "issuing.crl", "--outfile", "issuing.crl.pem")
    code, said = run("certtool", "--verify-crl", "--load-ca-certificate", "issuing.pem", "--infile", "issuing.crl.pem")
    assert code == 0 and "Verified." in said, said
    code, said = run("certtool", "--verify-crl", "--load-ca-certificate", "root.pem", "--infile", "issuing.crl.pem")
    assert "Not verified." in said, said


def test_certtool_reads_and_verifies_a_shards_list_and_its_delta(write_list, run, system, caller, clock, signer):
    services.arrange_lists(name="issuing", shards=1, deltas=True, caller=system)
    publication.publish_changes(clock.now(), signer)
    clock.advance(seconds=1)
    services.resume(generation="held", caller=caller.at_instant(clock.now()))
    publication.publish_changes(clock.now(), signer)
    write_list("whole", 0, delta=True)
    write_list("shard", 1, delta=False)
    for name, entries in (("whole", 1), ("shard", 0)):
        code, said = run("certtool", "--crl-info", "--inder", "--infile", f"{name}.crl")
        assert code == 0, said
        assert ("Revoked certificates (1):" in said) == bool(entries)
        code, said = run("certtool", "--verify-crl", "--load-ca-certificate", "issuing.pem", "--infile", f"{name}.crl.pem")
        assert code == 0 and "Verified." in said, said


def test_ocsptool_reads_and_verifies_answers(folder, run, post):
    for name, status in (("good", "good"), ("held", "revoked"), ("revoked", "revoked")):
        code, said = run("ocsptool", "--generate-request", "--load-issuer", "issuing.pem", "--load-cert", f"{name}.pem",
                         "--nonce", "--outfile", "request.der", "--outder")
        assert code == 0, said
        post("/pki/ocsp", "request.der", "answer.der")
        code, said = run("ocsptool", "--response-info", "--infile", "answer.der")
        assert code == 0 and f"Certificate Status: {status}" in said, said
        code, said = run("ocsptool", "--verify-response", "--infile", "answer.der", "--load-trust", "issuing.pem")
        assert code == 0 and "Verifying OCSP Response: Success" in said, said
