# SPDX-License-Identifier: Apache-2.0
"""The expert's commands of docs/integrate/verify.md, run as they stand on what the service issued."""

import json
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from paraph.domain.audit import services as audit
from paraph.domain.certification import publication, queries
from paraph.domain.certification import services as certification
from paraph.domain.keys import services as keys
from paraph.domain.signing import queries as signed
from paraph.domain.signing import services as signing
from paraph.domain.timestamping import services as timestamping
from paraph.interfaces import cli
from paraph.kernel.caller import Caller
from paraph.pki.x509 import pem
from testkit import documents, signatory
from testkit.simulators import timestamp_client

from .reading import ROOT, named_blocks

PAGE = named_blocks(ROOT / "docs/integrate/verify.md")


@pytest.fixture
def artifacts(transactional_db, signer, clock, tmp_path, capsys):
    """The files of a smoke story that the page speaks of, in an empty folder, as if it all happened a minute ago."""
    clock.set((datetime.now(UTC) - timedelta(minutes=3)).replace(microsecond=0))
    system = Caller.system(at=clock.now(), name="cli:test")
    signatory.open_house(signer=signer, clock=clock, folder=tmp_path / "blobs")
    key = keys.make(purpose="audit", algorithm="P-256", label="audit", caller=system)
    marie = signatory.new_signatory(clock=clock)
    folder = tmp_path / "artifacts"
    folder.mkdir()
    (folder / "docs").symlink_to(ROOT / "docs")
    pair = queries.active_pair(marie.identity_id, clock.now())
    for name, certificate in (("signature", pair.signature), ("authentication", pair.authentication)):
        (folder / f"{name}.pem").write_text(pem(bytes(certificate.der)))
    for authority in queries.authorities():
        (folder / f"{authority.name}.pem").write_text(pem(bytes(authority.certificate_der)))
    publication.refresh(clock.now(), signer)
    (folder / "ocsp-good.der").write_bytes(ask_status(folder, clock.now(), signer))
    sign(marie, folder)
    request = timestamp_client.request(bytes(32))
    (folder / "timestamp.tsq").write_bytes(request)
    (folder / "timestamp.tsr").write_bytes(timestamping.stamp(request_der=request, clock=clock, signer=signer))
    certification.revoke(generation=marie.generation, reason="lost", caller=system)
    publication.refresh(clock.now(), signer)
    (folder / "crl-revoked.der").write_bytes(publication.crl.latest("issuing"))
    audit.seal_pending(clock=clock, signer=signer, key_id=key.key_id, witness=None)
    assert cli.main(["audit", "export", "--output", str(folder / "audit.jsonl")]) == 0
    assert cli.main(["audit", "key"]) == 0
    (folder / "audit-key.pem").write_text(capsys.readouterr().out)
    return folder


def ask_status(folder, at, signer):
    certificate, issuing = (x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
                            for name in ("signature", "issuing"))
    request = x509.ocsp.OCSPRequestBuilder().add_certificate(certificate, issuing, SHA256()).build()
    return publication.ocsp.answer(request.public_bytes(Encoding.DER), at, signer).der


def sign(marie, folder):
    content = documents.pdf()
    row = signing.request(identity_id=marie.identity_id, file_name="Bail.pdf", content=content, caller=marie.caller())
    signing.prepare(request_id=row.id, device_serial=marie.device_serial, caller=marie.caller())
    signing.authorise(request_id=row.id, code=marie.code(), caller=marie.caller())
    signing.finish(request_id=row.id, caller=marie.caller(), clock=marie.clock)
    (folder / "original.pdf").write_bytes(content)
    (folder / "signed.pdf").write_bytes(signed.signed_content(row.id, marie.caller()))


def run(folder, name):
    done = subprocess.run(["sh", "-e", "-c", PAGE[name]], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


SAYS = {
    "certificate": ("signature.pem: OK", "Non Repudiation", "2.999."),
    "ocsp": ("Response verify OK", "signature.pem: good", "This Update"),
    "crl": ("verify OK", "Revocation Date", "Serial Number"),
    "timestamp": ("Verification: OK", "Status: Granted."),
    "pdf": ("Signature is Valid.", "ETSI.CAdES.detached", "Marie Thiry"),
    "pdf-signature": ("CAdES Verification successful",),
    "pdf-original": ("the signed document begins with the original",),
    "pdf-timestamp": ("Verification: OK",),
    "audit": ("fit the checkpoint", "Verified OK"),
}


@pytest.mark.timeout(240)
def test_every_command_of_the_page_says_what_the_page_says(artifacts):
    assert set(SAYS) == set(PAGE)
    for name, phrases in SAYS.items():
        status, said = run(artifacts, name)
        assert status == 0, f"{name}: {said}"
        assert not [phrase for phrase in phrases if phrase not in said], f"{name}: {said}"
    one_byte_is_seen(artifacts)
    one_event_is_seen(artifacts)


def one_byte_is_seen(folder):
    content = bytearray((folder / "signed.pdf").read_bytes())
    content[len((folder / "original.pdf").read_bytes()) // 2] ^= 1
    (folder / "signed.pdf").write_bytes(content)
    assert "CAdES Verification successful" not in run(folder, "pdf-signature")[1]
    assert run(folder, "pdf-original")[0] != 0


def one_event_is_seen(folder):
    path = folder / "audit.jsonl"
    lines = path.read_text().splitlines()
    changed = json.loads(lines[3])
    changed["event"]["channel"] = "web"
    for forged, phrase in (([*lines[:3], json.dumps(changed), *lines[4:]], "number 3 was changed"),
                           ([*lines[:3], *lines[4:]], "number 3 is missing"),
                           ([*lines[:-2], lines[-1]], "the checkpoint was signed over")):
        path.write_text("\n".join(forged) + "\n")
        status, said = run(folder, "audit")
        assert status != 0 and phrase in said
