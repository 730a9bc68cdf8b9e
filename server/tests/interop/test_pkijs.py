# SPDX-License-Identifier: Apache-2.0
"""pkijs, a library in JavaScript that shares no code with ours: chains, lists, answers and stamps, and altered ones."""

import base64
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.x509 import load_der_x509_certificate

from paraph.pki import x509

NODE = Path(__file__).parent / "node"


@pytest.fixture
def ask():
    """Puts questions to node/judge.mjs; certificates, lists and answers are given as bytes."""
    assert (NODE / "node_modules" / "pkijs").is_dir(), "pkijs is missing: ./test installs it"

    def text(value):
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        return [text(one) for one in value] if isinstance(value, list) else value

    with subprocess.Popen(["node", "judge.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=NODE, text=True) as node:
        def ask(what, **question):
            question = {"what": what} | {name: text(value) for name, value in question.items()}
            print(json.dumps(question), file=node.stdin, flush=True)
            return json.loads(node.stdout.readline())

        yield ask
        node.stdin.close()


@pytest.fixture
def read(folder):
    def read(name):
        content = (folder / name).read_bytes()
        return x509.from_pem(content.decode()) if name.endswith(".pem") else content
    return read


def altered(content, place=-5):
    changed = bytearray(content)
    changed[place] ^= 1
    return bytes(changed)


@pytest.fixture
def chain(ask, read, clock):
    """Asks for the chain of a certificate, with everything published of it or with something else in its place."""
    def chain(name, **other):
        given = {
            "at": clock.now().isoformat(), "leaf": read(f"{name}.pem"), "others": [read("issuing.pem")],
            "trusted": [read("root.pem")], "lists": [read("root.crl"), read("issuing.crl")], "answers": []} | other
        return ask("chain", **given)
    return chain


@pytest.mark.requirement("RFC 5280 6.3")
def test_a_chain_with_lists(chain):
    assert chain("good") == {"good": True, "code": 0, "message": ""}
    for name in ("held", "revoked"):
        told = chain(name)
        assert (told["good"], "revoked" in told["message"]) == (False, True), told


def test_a_chain_with_an_answer(chain, ask, read, folder, post):
    for name, good in (("good", True), ("held", False), ("revoked", False)):
        request = ask("request", leaf=read(f"{name}.pem"), issuer=read("issuing.pem"), hash="SHA-1")["request"]
        (folder / "request.der").write_bytes(base64.b64decode(request))
        post("/pki/ocsp", "request.der", "answer.der")
        told = chain(name, answers=[read("answer.der")], lists=[read("root.crl")])
        assert told["good"] is good, told


def test_a_chain_at_its_last_and_first_instants(chain, read, clock):
    leaf = load_der_x509_certificate(read("good.pem"))
    first, last, second = leaf.not_valid_before_utc, leaf.not_valid_after_utc, timedelta(seconds=1)
    for at, good in ((first, True), (first - second, False), (last, True), (last + second, False)):
        assert chain("good", at=at.isoformat(), lists=[])["good"] is good


def test_an_altered_chain_is_refused(chain, read):
    assert not chain("good", leaf=altered(read("good.pem")))["good"]
    assert not chain("good", others=[altered(read("issuing.pem"))])["good"]
    assert not chain("good", others=[])["good"]
    assert not chain("good", trusted=[read("tsu.pem")])["good"]
    assert not chain("good", lists=[read("root.crl"), altered(read("issuing.crl"))])["good"]


@pytest.mark.requirement("RFC 5280 5.1")
def test_lists(ask, read):
    held, revoked = (load_der_x509_certificate(read(f"{name}.pem")).serial_number for name in ("held", "revoked"))
    told = ask("list", list=read("issuing.crl"), issuer=read("issuing.pem"))
    assert told["good"] and {int(serial, 16) for serial in told["serials"]} == {held, revoked}
    assert ask("list", list=read("root.crl"), issuer=read("root.pem")) == {"good": True, "serials": []}
    assert not ask("list", list=altered(read("issuing.crl")), issuer=read("issuing.pem"))["good"]
    assert not ask("list", list=read("issuing.crl"), issuer=read("root.pem"))["good"]


@pytest.mark.usefixtures("present")
@pytest.mark.parametrize("digest", ["SHA-1", "SHA-256"])
@pytest.mark.requirement("RFC 6960 4.2")
def test_answers_to_its_own_requests(ask, read, folder, post, digest):
    issuer, trusted = read("issuing.pem"), [read("root.pem"), read("issuing.pem")]
    for name, status in {"good": "good", "held": "revoked", "revoked": "revoked"}.items():
        leaf = read(f"{name}.pem")
        request = base64.b64decode(ask("request", leaf=leaf, issuer=issuer, hash=digest)["request"])
        (folder / "request.der").write_bytes(request)
        post("/pki/ocsp", "request.der", "answer.der")
        answer = read("answer.der")
        assert ask("answer", answer=answer, leaf=leaf, issuer=issuer, trusted=trusted) == {"good": True, "status": status}
        assert not ask("answer", answer=answer, leaf=leaf, issuer=issuer, trusted=[read("tsu.pem")])["good"]
        other = ask("answer", answer=answer, leaf=read("tsu.pem"), issuer=issuer, trusted=trusted)
        assert other["status"] == "another certificate"
        signed = answer.index(b"\x18\x0f20")  # a time inside what is signed
        assert not ask("answer", answer=altered(answer, signed + 10), leaf=leaf, issuer=issuer, trusted=trusted)["good"]


@pytest.mark.requirement("RFC 3161 2.4.2")
def test_a_stamp(ask, read, run, post, folder):
    (folder / "document").write_bytes(b"a document")
    run("openssl", "ts", "-query", "-data", "document", "-sha256", "-cert", "-out", "stamp.tsq")
    post("/pki/tsa", "stamp.tsq", "stamp.tsr")
    trusted = [read("root.pem"), read("issuing.pem")]
    stamp = read("stamp.tsr")
    assert ask("stamp", stamp=stamp, content=b"a document", trusted=trusted)["good"]
    assert not ask("stamp", stamp=stamp, content=b"another document", trusted=trusted)["good"]
    assert not ask("stamp", stamp=altered(stamp), content=b"a document", trusted=trusted)["good"]
