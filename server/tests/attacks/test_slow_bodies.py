# SPDX-License-Identifier: Apache-2.0
"""Clients that send slowly, stop, or read nothing take no thread from others, and are gone after their time."""

import socket
import time
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import load_der_x509_certificate, ocsp
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections

from paraph.domain.certification import publication, services
from paraph.interfaces.front.limits import Limits
from paraph.interfaces.front.threads import Lane
from paraph.interfaces.responders import application
from paraph.kernel import clock as clocks
from paraph.pki.keys import SoftwareKey
from testkit.certification import demo_tree
from testkit.front import everything, running
from testkit.tree import MARIE

# Whoever waited for one that stands still would wait so long, and everybody else is served long before, on a busy machine too.
PATIENT = Limits(head_seconds=60, body_seconds=60, idle_seconds=60, answer_seconds=60, pace=1 << 20, ending_seconds=0.3)
AT_ONCE = 40
SHORT = Limits(head_seconds=1, body_seconds=1, idle_seconds=1, answer_seconds=1, pace=1 << 20, ending_seconds=0.3)
LANES = (Lane("/pki/", 1, 4, 64 * 1024), Lane("", 1, 4, 1 << 22))


class Service:
    """The pages and the responders as the web process has them, and how many of them are at work now."""

    def __init__(self):
        self.inner = application(WSGIHandler())
        self.at_once = self.inner.at_once

    def __call__(self, environ, start_response):
        try:
            if environ["PATH_INFO"] == "/long":
                start_response("200 OK", [])
                return (b"x" * (1 << 20) for _ in range(64))
            return self.inner(environ, start_response)
        finally:
            connections.close_all()


@pytest.fixture
def question(transactional_db, signer, system, caller, client):
    # The first page loads all of them, which is not what is measured.
    client.get("/health/live")
    demo_tree(system)
    services.issue(
        attempt="attempt", profile="natural-signature-ncp", subject_id="identity", subject=MARIE, generation="one",
        public_key_der=SoftwareKey.generate("P-256").public_key_der, identification="desk", key_id="key", caller=caller)
    (certificate,) = services.activate(generation="one", caller=caller)
    publication.refresh(clocks.bound().now(), signer)
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        load_der_x509_certificate(bytes(certificate.der)),
        load_der_x509_certificate(bytes(certificate.authority.certificate_der)), hashes.SHA256())
    return builder.build().public_bytes(serialization.Encoding.DER)


def post(path, body, *, said=None):
    length = len(body) if said is None else said
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ocsp-request\r\n"
            f"Content-Length: {length}\r\nConnection: close\r\n\r\n").encode() + body


def assert_all_is_well(front, question):
    begun = time.monotonic()
    page = front.ask(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    status = front.ask(post("/pki/ocsp", question))
    assert page.startswith(b"HTTP/1.1 200 ") and status.startswith(b"HTTP/1.1 200 ")
    assert ocsp.load_der_ocsp_response(status.partition(b"\r\n\r\n")[2]).certificate_status is ocsp.OCSPCertStatus.GOOD
    assert time.monotonic() - begun < AT_ONCE


def until_nobody_is_there(front):
    end = time.monotonic() + 30
    while front.front.connections:
        assert time.monotonic() < end
        time.sleep(0.05)


BEGUN = pytest.mark.parametrize("begin", [
    pytest.param(post("/pki/tsa", b"0", said=60), id="half a question for a time-stamp"),
    pytest.param(post("/pki/ocsp", b"0", said=60), id="half a question for a status"),
    pytest.param(post("/activate/", b"a=b", said=60), id="half a form"),
    pytest.param(b"GET /health/live HTTP/1.1\r\nHost: loc", id="half a head"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"POST /verify/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx", id="chunks"),
])
@BEGUN
def test_a_hundred_slow_senders_stop_nobody(question, begin):
    with running(Service(), lanes=LANES, limits=PATIENT) as front:
        slow = [front.connect() for _ in range(100)]
        for connection in slow:
            connection.sendall(begin)
        assert_all_is_well(front, question)
        assert len(front.front.connections) >= len(slow), "they are still there"
        for connection in slow:
            connection.close()


@BEGUN
def test_slow_senders_have_to_go_and_an_octet_now_and_then_buys_no_time(question, begin):
    with running(Service(), lanes=LANES, limits=SHORT) as front:
        slow = [front.connect() for _ in range(20)]
        for connection in slow:
            connection.sendall(begin)
        end, gone = time.monotonic() + 30, set()
        while len(gone) < len(slow):
            assert time.monotonic() < end, "who sends an octet now and then stays"
            time.sleep(0.3)
            for connection in set(slow) - gone:
                try:
                    connection.sendall(b"x" if begin else b"")
                    connection.settimeout(0.001)
                    ended = connection.recv(65536) == b""
                except TimeoutError:
                    continue
                except OSError:
                    ended = True
                if ended:
                    gone.add(connection)
        until_nobody_is_there(front)
        assert_all_is_well(front, question)
        until_nobody_is_there(front)
        assert front.front.held == 0


def readers_who_do_not_read(front):
    readers = []
    for _ in range(20):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", front.port))
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        readers.append(connection)
        # One thread, four may wait: they come one after another.
        time.sleep(0.02)
    return readers


def test_who_reads_nothing_holds_no_thread(question):
    with running(Service(), lanes=LANES, limits=PATIENT) as front:
        readers = readers_who_do_not_read(front)
        assert_all_is_well(front, question)
        assert front.front.connections, "they are still there"
        for connection in readers:
            connection.close()


def test_who_reads_nothing_has_to_go(question):
    with running(Service(), lanes=LANES, limits=SHORT) as front:
        readers = readers_who_do_not_read(front)
        until_nobody_is_there(front)
        assert_all_is_well(front, question)
        for connection in readers:
            connection.close()


def test_when_all_places_are_taken_the_slowest_gives_up_its_own(question):
    limits = replace(PATIENT, connections=20)
    with running(Service(), lanes=LANES, limits=limits) as front:
        slow = []
        for _ in range(20):
            connection = front.connect()
            connection.sendall(post("/activate/", b"a=b", said=60))
            slow.append(connection)
            time.sleep(0.01)
        assert_all_is_well(front, question)
        assert len(front.front.connections) <= 20
        assert everything(slow[0]) == b""
        slow[1].settimeout(0.1)
        with pytest.raises(TimeoutError):
            slow[1].recv(1)


def test_bodies_in_memory_have_a_bound(question):
    limits = replace(PATIENT, held_octets=4 << 20)
    with running(Service(), lanes=LANES, limits=limits) as front:
        senders = []
        for _ in range(8):
            connection = front.connect()
            connection.sendall(post("/activate/", b"x" * (1 << 20), said=2 << 20))
            senders.append(connection)
        assert_all_is_well(front, question)
        assert front.front.held <= 4 << 20
        assert everything(senders[0]) == b""
        for connection in senders:
            connection.close()


def test_the_limits_of_the_service_are_short_enough():
    limits = Limits()
    assert limits.head_seconds <= 10 and limits.time_for_body(64 * 1024) <= 15 and limits.idle_seconds <= 60
    assert limits.time_for_answer(0) <= 10
