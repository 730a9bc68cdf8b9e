# SPDX-License-Identifier: Apache-2.0

import pytest

STATUS = {"good": "good", "held": "revoked", "revoked": "revoked"}
REASON = {"held": "certificateHold", "revoked": "keyCompromise"}


@pytest.mark.requirement("RFC 5280 6.3")
def test_verify_with_lists(folder, run, seconds):
    combined = "".join((folder / name).read_text() for name in ("issuing.pem", "root.pem"))
    (folder / "all.pem").write_text(combined)
    for name in ("root", "issuing"):
        assert run("openssl", "crl", "-inform", "DER", "-in", f"{name}.crl", "-out", f"{name}.crl.pem",
                   "-CAfile", "all.pem")[1].strip() == "verify OK"
    (folder / "lists.pem").write_text(
        "".join((folder / f"{name}.crl.pem").read_text() for name in ("root", "issuing")))
    said = run("openssl", "crl", "-in", "issuing.crl.pem", "-noout", "-text")[1]
    assert said.count("Invalidity Date:") == 1
    for name, status in STATUS.items():
        code, said = run("openssl", "verify", "-attime", seconds, "-crl_check_all", "-CAfile", "root.pem", "-untrusted",
                         "issuing.pem", "-CRLfile", "lists.pem", f"{name}.pem")
        assert (code == 0) == (status == "good"), said
        if status == "revoked":
            assert "certificate revoked" in said


@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
@pytest.mark.parametrize("nonce", ["-nonce", "-no_nonce"])
@pytest.mark.requirement("RFC 6960 4.2")
def test_ocsp(folder, run, post, seconds, digest, nonce):
    for name, status in STATUS.items():
        code, said = run("openssl", "ocsp", digest, "-issuer", "issuing.pem", "-cert", f"{name}.pem", nonce, "-reqout",
                         "request.der")
        assert code == 0, said
        post("/pki/ocsp", "request.der", "answer.der")
        code, said = run("openssl", "ocsp", digest, "-issuer", "issuing.pem", "-cert", f"{name}.pem", "-reqin",
                         "request.der", "-respin", "answer.der", "-CAfile", "root.pem", "-verify_other", "issuing.pem",
                         "-attime", seconds, "-no_nonce", "-validity_period", "999999999")
        assert code == 0 and "Response verify OK" in said, said
        assert f"{name}.pem: {status}" in said
        if name in REASON:
            assert f"Reason: {REASON[name]}" in said
        said = run("openssl", "ocsp", "-respin", "answer.der", "-resp_text", "-noverify")[1]
        assert ("Invalidity Date:" in said) == (name == "revoked")


def test_several_certificates_in_one_request(folder, run, post, seconds):
    several = ("openssl", "ocsp", "-issuer", "issuing.pem", "-cert", "good.pem", "-cert", "held.pem", "-serial", "0x77")
    run(*several, "-reqout", "request.der")
    post("/pki/ocsp", "request.der", "answer.der")
    # With -no_nonce it compares the nonce of the request that it reads, and puts no other in its place.
    code, said = run(*several, "-reqin", "request.der", "-respin", "answer.der", "-CAfile", "chain.pem", "-attime",
                     seconds, "-no_nonce", "-validity_period", "999999999")
    assert code == 0 and "Response verify OK" in said, said
    assert "good.pem: good" in said and "held.pem: revoked" in said and "0x77: unknown" in said


@pytest.mark.requirement("RFC 3161 2.4.2")
def test_ts(folder, run, post, seconds):
    (folder / "document").write_bytes(b"a document")
    (folder / "other").write_bytes(b"another document")
    for digest in ("-sha256", "-sha384", "-sha512"):
        run("openssl", "ts", "-query", "-data", "document", digest, "-cert", "-out", "stamp.tsq")
        post("/pki/tsa", "stamp.tsq", "stamp.tsr")
        verify = ("-in", "stamp.tsr", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "-attime", seconds)
        code, said = run("openssl", "ts", "-verify", "-queryfile", "stamp.tsq", *verify)
        assert code == 0 and "Verification: OK" in said, said
        assert run("openssl", "ts", "-verify", "-data", "document", *verify)[0] == 0
        assert run("openssl", "ts", "-verify", "-data", "other", *verify)[0] != 0
    code, said = run("openssl", "ts", "-reply", "-in", "stamp.tsr", "-text")
    assert "Status: Granted." in said and "Accuracy: 0x01 seconds" in said, said


def test_ts_without_certificate_and_with_a_weak_digest(folder, run, post, seconds):
    (folder / "document").write_bytes(b"a document")
    run("openssl", "ts", "-query", "-data", "document", "-no_nonce", "-out", "stamp.tsq")
    post("/pki/tsa", "stamp.tsq", "stamp.tsr")
    (folder / "untrusted.pem").write_text((folder / "tsu.pem").read_text() + (folder / "issuing.pem").read_text())
    code, said = run("openssl", "ts", "-verify", "-queryfile", "stamp.tsq", "-in", "stamp.tsr", "-CAfile", "root.pem",
                     "-untrusted", "untrusted.pem", "-attime", seconds)
    assert code == 0, said
    run("openssl", "ts", "-query", "-data", "document", "-sha1", "-out", "weak.tsq")
    post("/pki/tsa", "weak.tsq", "weak.tsr")
    _, said = run("openssl", "ts", "-reply", "-in", "weak.tsr", "-text")
    assert "Status: Rejected." in said and "unrecognized or unsupported algorithm" in said, said
