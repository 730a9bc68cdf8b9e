# SPDX-License-Identifier: Apache-2.0
"""Outside judges: programs that others wrote read what the service publishes."""

import io
import subprocess
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_crl

from paraph.domain.certification import publication, services
from paraph.domain.certification import queries as certification
from paraph.domain.timestamping import services as timestamping
from paraph.domain.timestamping.clock_trust import EvenRun
from paraph.interfaces.responders import application
from paraph.kernel import clock as clocks
from paraph.pki import oids, x509
from paraph.pki.keys import SoftwareKey
from testkit.certification import demo_tree
from testkit.tree import MARIE


@pytest.fixture
def present(clock):
    """For judges that can't be told another time: the clock stands at the present, but for a minute that a test may let pass."""
    clock.set(clocks.SystemClock().now() - timedelta(minutes=1))


@pytest.fixture(params=["P-256", "RSA-3072"])
def algorithm(request):
    """The kind of key of the issuing authority, the responder and the time-stamping unit."""
    return request.param


@pytest.fixture
def folder(db, signer, system, caller, clock, algorithm, tmp_path):
    """The tree and three certificates (good, held, revoked) with everything published of them, as files."""
    tree = demo_tree(
        system, algorithms={"root": "P-384", "issuing": algorithm, "ocsp": algorithm, "tsu": algorithm})
    for authority in tree:
        (tmp_path / f"{authority.name}.pem").write_text(x509.pem(bytes(authority.certificate_der)))
    for name in ("good", "held", "revoked"):
        certificate = services.issue(
            attempt=name, profile="natural-signature-ncp", subject_id=name, subject=MARIE, generation=name,
            public_key_der=SoftwareKey.generate("P-256").public_key_der, identification="desk", key_id=name,
            caller=caller)
        (tmp_path / f"{name}.pem").write_text(x509.pem(bytes(certificate.der)))
        services.activate(generation=name, caller=caller)
    services.suspend(generation="held", reason="lost", caller=caller)
    services.revoke(generation="revoked", reason="stolen", invalid_since=caller.at - timedelta(days=3), caller=caller)
    publication.refresh(clock.now(), signer)
    (unit,) = certification.services("tsu", clock.now())
    timestamping.install_unit(
        name="tsu", key_id=unit.key_id, certificate=bytes(unit.der), chain=certification.chain(unit),
        policy=oids.EXAMPLE_TIMESTAMP_POLICY, caller=system)
    (tmp_path / "tsu.pem").write_text(x509.pem(bytes(unit.der)))
    timestamping.renew_clock_trust(source=EvenRun(clock, lambda: 0.0), caller=system)
    for name in ("root", "issuing"):
        (tmp_path / f"{name}.crl").write_bytes(publication.crl.latest(name))
    (tmp_path / "chain.pem").write_text((tmp_path / "issuing.pem").read_text() + (tmp_path / "root.pem").read_text())
    return tmp_path


@pytest.fixture
def post(folder):
    """Sends a file to a responder and writes the answer to a file."""
    app = application(lambda environ, start_response: [])

    def post(path, request, answer):
        body = (folder / request).read_bytes()
        statuses = []
        content = b"".join(app(
            {"REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_LENGTH": str(len(body)),
             "wsgi.input": io.BytesIO(body)}, lambda status, headers: statuses.append(status)))
        assert statuses == ["200 OK"]
        (folder / answer).write_bytes(content)

    return post


@pytest.fixture
def run(folder):
    """Runs a program in the folder; returns its exit status and what it said."""
    def run(*command):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr
    return run


@pytest.fixture
def seconds(clock):
    return str(int(clock.now().timestamp()))


@pytest.fixture
def write_list(folder):
    """`write_list("base", 1, delta=False)`: the newest list of the issuing authority's shard as base.crl and base.crl.pem."""
    def write(name, shard, *, delta):
        encoding = b"".join(publication.crl.content(publication.crl.newest_of("issuing", shard, delta=delta)))
        (folder / f"{name}.crl").write_bytes(encoding)
        (folder / f"{name}.crl.pem").write_bytes(load_der_x509_crl(encoding).public_bytes(Encoding.PEM))

    return write
