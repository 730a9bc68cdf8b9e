# SPDX-License-Identifier: Apache-2.0
import io

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from paraph.domain.certification import services
from paraph.domain.certification.models import Certificate
from paraph.interfaces.responders import application
from paraph.pki.keys import SoftwareKey
from testkit.certification import demo_tree
from testkit.tree import MARIE


@pytest.fixture
def tree(db, signer, system):
    """Root, issuing authority, OCSP responder and time-stamping unit of the demonstration."""
    return demo_tree(system)


@pytest.fixture
def certify(tree, caller):
    """Issues an active signature certificate; its generation is its own."""

    def certify(name="one") -> Certificate:
        key = SoftwareKey.generate("P-256")
        services.issue(
            attempt=f"attempt-{name}", profile="natural-signature-ncp", subject_id=f"identity-{name}", subject=MARIE,
            public_key_der=key.public_key_der, generation=name, identification="desk", key_id=f"key-{name}",
            caller=caller)
        (certificate,) = services.activate(generation=name, caller=caller)
        return certificate

    return certify


class Steady:
    """The machine's steady clock, by hand."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def steady():
    return Steady()


@pytest.fixture
def web(steady):
    """The responders as the web process mounts them; what they pass on is answered "django"."""

    def django(environ, start_response):
        start_response("200 OK", [])
        return [b"django"]

    app = application(django, steady=steady)

    def call(method, path, body=b"", **environ):
        answer = {}

        def start_response(status, headers):
            answer["status"], answer["headers"] = status, dict(headers)

        given = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(body)) if body else "",
                 "wsgi.input": io.BytesIO(body)} | environ
        return b"".join(app(given, start_response)), answer["status"], answer["headers"]

    return call


@pytest.fixture
def question(tree):
    """The OCSP request of another program about one of our certificates."""

    def question(certificate, *, algorithm=None, nonce=None):
        subject = x509.load_der_x509_certificate(bytes(certificate.der))
        issuer = x509.load_der_x509_certificate(bytes(certificate.authority.certificate_der))
        builder = ocsp.OCSPRequestBuilder().add_certificate(subject, issuer, algorithm or hashes.SHA256())
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(serialization.Encoding.DER)

    return question


@pytest.fixture
def ask(web, question):
    """Asks by POST and reads the answer."""

    def ask(certificate, **given):
        body, status, _ = web("POST", "/pki/ocsp", question(certificate, **given))
        assert status == "200 OK"
        return ocsp.load_der_ocsp_response(body)

    return ask
