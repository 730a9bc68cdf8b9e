# SPDX-License-Identifier: Apache-2.0
"""The main story on the real process tree, as ./run --smoke plays it; then judges who know nothing of this project."""

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

PARAPH = [sys.executable, "-m", "paraph.config.main"]


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory, environment):
    folder = tmp_path_factory.mktemp("first-light")
    done = subprocess.run([*PARAPH, "smoke", "--artifacts", str(folder / "artifacts"), "--data", str(folder / "data")],
                          capture_output=True, text=True, timeout=600, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder / "artifacts"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.both_databases
@pytest.mark.timeout(700)
@pytest.mark.requirement("R001", "R003", "R004", "R005", "R017", "R022", "R023", "R058", "R087", "R088", "R090", "R091",
                         "R092", "R102", "R106", "R126", "R127", "R128", "R163", "R295", "R301")
@pytest.mark.requirement("R018", "R125")
def test_every_step_of_the_story_holds(artifacts):
    report = json.loads((artifacts / "report.json").read_text())
    assert len(report) == 13
    assert [step["step"] for step in report if not step["held"]] == []


def test_the_artifacts_are_all_there(artifacts):
    names = {"report.json", "root.pem", "issuing.pem", "authentication.pem", "signature.pem", "original.pdf",
             "signed.pdf", "ocsp-good.der", "ocsp-held.der", "ocsp-revoked.der", "crl-before.der", "crl-held.der",
             "crl-revoked.der", "timestamp.tsq", "timestamp.tsr", "audit.jsonl", "order-form.pdf", "letter.pdf"}
    assert names <= {path.name for path in artifacts.iterdir()}


@pytest.mark.requirement("R068", "R069", part="later: another device's certificates")
@pytest.mark.parametrize("name", ["authentication", "signature"])
def test_openssl_builds_the_path(artifacts, name):
    done = run(artifacts, "openssl", "verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "issuing.pem",
               f"{name}.pem")
    assert done.stdout == f"{name}.pem: OK\n", done.stderr


@pytest.mark.requirement("R156", part="later: the other devices")
@pytest.mark.parametrize(("answer", "phrase"), [("good", "signature.pem: good"), ("held", "certificateHold"),
                                                ("revoked", "signature.pem: revoked")])
def test_openssl_reads_the_status_answers(artifacts, answer, phrase):
    done = run(artifacts, "openssl", "ocsp", "-respin", f"ocsp-{answer}.der", "-issuer", "issuing.pem", "-sha256", "-cert",
               "signature.pem", "-CAfile", "root.pem", "-no_nonce")
    assert "Response verify OK" in done.stderr, done.stderr
    assert phrase in done.stdout, done.stdout


@pytest.mark.parametrize(("name", "listed"), [("before", False), ("held", True), ("revoked", True)])
def test_openssl_reads_the_lists(artifacts, name, listed):
    serial = run(artifacts, "openssl", "x509", "-in", "signature.pem", "-noout", "-serial").stdout.strip().split("=")[1]
    done = run(artifacts, "openssl", "crl", "-inform", "DER", "-in", f"crl-{name}.der", "-CAfile", "issuing.pem", "-text",
               "-noout")
    assert "verify OK" in done.stderr
    assert (serial in done.stdout) is listed


def test_openssl_verifies_the_time_stamp(artifacts):
    done = run(artifacts, "openssl", "ts", "-verify", "-queryfile", "timestamp.tsq", "-in", "timestamp.tsr", "-CAfile",
               "root.pem", "-untrusted", "issuing.pem")
    assert "Verification: OK" in done.stdout + done.stderr, done.stderr


def test_pdfsig_finds_the_signature_valid(artifacts):
    done = run(artifacts, "pdfsig", "-nocert", "signed.pdf")
    first = done.stdout.split("Signature #2")[0]
    assert "Signature is Valid." in first, done.stdout
    assert "ETSI.CAdES.detached" in first


def test_the_signed_document_begins_with_the_bytes_that_were_read(artifacts):
    assert (artifacts / "signed.pdf").read_bytes().startswith((artifacts / "original.pdf").read_bytes())


@pytest.mark.requirement("R293", part="later: the other personal data")
def test_no_code_stands_outside_the_sealed_outbox(artifacts):
    """The initial codes and her password are searched in every log line, audit row and database file in clear."""
    text = run(artifacts, "pdftotext", "letter.pdf", "-").stdout
    user_id, = re.findall(r"\b[2-9B-DF-HJ-NP-TV-Z]{8}\b", text)[:1]
    secrets = [word for word in re.findall(r"\b[A-Za-z0-9]{10}\b", text)
               if re.search("[a-z]", word) and re.search("[A-Z]", word) and re.search("[0-9]", word)]
    assert secrets, "the letter shows no initial password"
    data = artifacts.parent / "data"
    for path in [artifacts / "audit.jsonl", *data.rglob("*.sqlite3*"), *(data / "log").iterdir()]:
        content = path.read_bytes()
        for secret in [*secrets, "Lilas85a", "Guichet1"]:
            assert secret.encode() not in content, f"{path.name} holds a secret in clear"
        if not path.name.startswith("paraph.sqlite3"):
            assert b"Schmit-Hoffmann" not in content, f"{path.name} holds her name"
    assert tables_with(data / "paraph.sqlite3", b"Schmit-Hoffmann") == {"certification_certificate"}, (
        "her name stands in clear beside the certificates that carry it by their nature")
    assert user_id.encode() not in (artifacts / "audit.jsonl").read_bytes()


def tables_with(database: Path, wanted: bytes) -> set[str]:
    """The tables that hold these bytes in clear in some column."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name for name in names for row in connection.execute(f"SELECT * FROM {name}")
                if any(wanted in (value if isinstance(value, bytes) else str(value).encode()) for value in row)}


def test_the_order_form_lists_the_papers_on_its_last_page(artifacts):
    pages = run(artifacts, "pdftotext", "order-form.pdf", "-").stdout.rstrip("\f\n ").split("\f")
    assert "original" in pages[-1]


def test_the_journal_tells_the_story_in_order(artifacts):
    lines = [json.loads(line) for line in (artifacts / "audit.jsonl").read_text().splitlines()]
    assert "checkpoint" in lines[-1]
    codes = [line["event"]["code"] for line in lines[:-1]]
    codes = codes[codes.index("orders.order.placed"):]
    wanted = ("orders.order.placed", "orders.order.paid", "certification.certificate.issued",
              "certification.certificate.suspended", "certification.certificate.resumed",
              "certification.certificate.revoked")
    places = [codes.index(code) for code in wanted]
    assert places == sorted(places)
    assert [line["number"] for line in lines[:-1]] == list(range(len(lines) - 1))
