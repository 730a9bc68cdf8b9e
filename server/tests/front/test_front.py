# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 in front of an application: complete requests go in, whole answers come out, on real sockets."""

import threading
import time
from dataclasses import replace

import pytest

from paraph.interfaces.front.limits import Limits
from paraph.interfaces.front.threads import Lane
from testkit.front import everything, running

# Long enough for a busy machine, where a test does not wait for the end of one of them.
CALM = Limits(head_seconds=30, body_seconds=30, idle_seconds=30, answer_seconds=30, pace=1 << 20, ending_seconds=0.5)


class Application:
    """Says what it was asked; some addresses do what the tests need."""

    def __init__(self):
        self.go = threading.Event()
        self.seen = []
        self.closed = 0
        self.threads = set()

    def at_once(self, method, target, body):
        return (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nDate: ", b"here") if target == b"/at-once" else None

    def takes_directly(self, method, target):
        return target.startswith(b"/directly")

    def directly(self, method, target, body):
        self.threads.add(threading.current_thread().name)
        if target == b"/directly/fault":
            raise ValueError("a fault")
        if target == b"/directly/wait":
            self.go.wait(60)
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nDate: " % len(body), body

    def __call__(self, environ, start_response):
        self.seen.append(environ)
        body = environ["wsgi.input"].read()
        path = environ["PATH_INFO"]
        if path == "/wait":
            self.go.wait(60)
        if path == "/fault":
            raise ValueError("a fault")
        if path == "/not-modified":
            start_response("304 Not Modified", [("ETag", '"1"')])
            return []
        if path == "/evil":
            start_response("200 OK", [("X", "a\r\nSet-Cookie: b")])
            return [b""]
        start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", " a=b; Path=/")])
        if path == "/long":
            return Long(self)
        return [f"{environ['REQUEST_METHOD']} {path} {environ['QUERY_STRING']} ".encode(), body]


class Long:
    """Forty megabytes, a half at a time."""

    def __init__(self, application):
        self.application = application
        self.given = 0

    def __iter__(self):
        for _ in range(80):
            self.given += 1
            self.application.given = self.given
            yield b"x" * (1 << 19)

    def close(self):
        self.application.closed += 1


@pytest.fixture
def application():
    return Application()


@pytest.fixture
def front(application):
    with running(application, limits=CALM) as running_front:
        yield running_front
        application.go.set()


def head(text, *fields):
    return "\r\n".join((text, "Host: a", *fields, "", "")).encode()


def test_a_request_and_its_answer(front, application):
    given = front.ask(head("POST /a%20b?c=d HTTP/1.1", "Content-Length: 4", "Cookie: a=1", "Cookie: b=2", "X-Y: 1",
                           "X_Y: 2", "Content-Type: text/x", "Connection: close") + b"body")
    assert given.startswith(b"HTTP/1.1 200 OK\r\n") and given.endswith(b"\r\n\r\nPOST /a b c=d body")
    assert b"\r\nContent-Length: 18\r\n" in given and b"\r\nDate: " in given and b"\r\nConnection: close\r\n" in given
    assert b"\r\nSet-Cookie: a=b; Path=/\r\n" in given
    (environ,) = application.seen
    assert environ["HTTP_COOKIE"] == "a=1; b=2" and environ["HTTP_X_Y"] == "1" and environ["CONTENT_TYPE"] == "text/x"
    assert environ["CONTENT_LENGTH"] == "4" and environ["REMOTE_ADDR"] == "127.0.0.1"


def test_a_body_that_comes_after_its_head_piece_by_piece(front, application):
    with front.connect() as connection:
        connection.sendall(head("POST /a HTTP/1.1", "Content-Length: 6"))
        for piece in (b"ab", b"cd"):
            time.sleep(0.05)
            connection.sendall(piece)
        # With the last piece the next request comes, and its body later.
        connection.sendall(b"ef" + head("POST /b HTTP/1.1", "Content-Length: 3", "Connection: close"))
        time.sleep(0.05)
        connection.sendall(b"xyz")
        given = everything(connection)
    assert given.index(b"POST /a  abcdef") < given.index(b"POST /b  xyz") and given.endswith(b"xyz")
    assert [environ["CONTENT_LENGTH"] for environ in application.seen] == ["6", "3"] and front.front.held == 0


def test_a_body_that_never_comes_is_told_so_in_its_time(application):
    with running(application, limits=replace(CALM, body_seconds=0.3)) as front, front.connect() as connection:
        connection.sendall(head("POST /a HTTP/1.1", "Content-Length: 6") + b"abc")
        assert everything(connection).startswith(b"HTTP/1.1 408 ")
        assert not application.seen and front.front.held == 0


def test_what_can_be_said_at_once_is_when_its_body_came_later(front):
    with front.connect() as connection:
        connection.sendall(head("POST /at-once HTTP/1.1", "Content-Length: 3", "Connection: close"))
        time.sleep(0.05)
        connection.sendall(b"abc")
        assert everything(connection).endswith(b"here")
    with front.connect() as connection:
        connection.sendall(head("POST /directly HTTP/1.1", "Content-Length: 3", "Connection: close"))
        time.sleep(0.05)
        connection.sendall(b"abc")
        assert everything(connection).endswith(b"\r\n\r\nabc")


def test_a_body_in_chunks_becomes_one(front, application):
    given = front.ask(head("POST /a HTTP/1.1", "Transfer-Encoding: chunked", "Connection: close")
                      + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert given.endswith(b"POST /a  abcde")
    assert application.seen[0]["CONTENT_LENGTH"] == "5" and "HTTP_TRANSFER_ENCODING" not in application.seen[0]


def test_several_requests_on_one_connection_in_order(front):
    requests = [head("GET /1 HTTP/1.1"), head("GET /at-once HTTP/1.1"), head("GET /2 HTTP/1.1"),
                head("GET /at-once HTTP/1.1", "Connection: close")]
    given = front.ask(b"".join(requests))
    assert [given.find(text) for text in (b"GET /1", b"here", b"GET /2")] == sorted(
        given.find(text) for text in (b"GET /1", b"here", b"GET /2"))
    assert given.count(b"HTTP/1.1 200 OK") == 4 and given.endswith(b"here")


def test_what_is_taken_directly_is_answered_by_a_thread_in_its_turn(front, application):
    requests = [head("POST /directly HTTP/1.1", "Content-Length: 3") + b"one", head("GET /at-once HTTP/1.1"),
                head("POST /directly HTTP/1.1", "Content-Length: 3", "Connection: close") + b"two"]
    with front.connect() as connection:
        for request in requests:
            connection.sendall(request)
            time.sleep(0.01)
        given = everything(connection)
    assert [given.find(text) for text in (b"one", b"here", b"two")] == sorted(
        given.find(text) for text in (b"one", b"here", b"two")) and given.endswith(b"two")
    assert all(thread.startswith("lane") for thread in application.threads)
    assert front.ask(head("GET /directly/fault HTTP/1.1")).startswith(b"HTTP/1.1 500 ")


def test_requests_that_come_before_an_answer_wait_for_it(front, application):
    with front.connect() as connection:
        connection.sendall(head("POST /directly/wait HTTP/1.1", "Content-Length: 3") + b"one")
        wait_until(lambda: application.threads)
        for _ in range(3):
            connection.sendall(head("GET /at-once HTTP/1.1"))
            time.sleep(0.05)
        connection.sendall(head("GET /a HTTP/1.1", "Connection: close"))
        time.sleep(0.05)
        application.go.set()
        given = everything(connection)
    assert given.count(b"here") == 3 and given.index(b"one") < given.index(b"here") and given.endswith(b"GET /a  ")


def test_thousands_of_requests_in_one_piece(front):
    given = front.ask(head("GET /at-once HTTP/1.1") * 5000 + head("GET /at-once HTTP/1.1", "Connection: close"))
    assert given.count(b"here") == 5001


def test_http_1_0_ends_after_its_answer(front):
    assert front.ask(b"GET /a HTTP/1.0\r\n\r\n").endswith(b"GET /a  ")
    assert front.ask(b"GET /at-once HTTP/1.0\r\n\r\n").endswith(b"here")


def test_answers_without_content(front):
    given = front.ask(head("HEAD /a HTTP/1.1", "Connection: close"))
    assert given.endswith(b"\r\n\r\n") and b"Content-Length: 9" in given
    given = front.ask(head("GET /not-modified HTTP/1.1", "Connection: close"))
    assert given.startswith(b"HTTP/1.1 304 ") and given.endswith(b"\r\n\r\n") and b"Content-Length" not in given


def test_a_long_answer_is_streamed_and_closed(front, application):
    given = front.ask(head("GET /long HTTP/1.1", "Connection: close"))
    assert given.partition(b"\r\n\r\n")[2].count(b"x") == 40 * (1 << 20) and given.endswith(b"0\r\n\r\n")
    assert application.closed == 1


def test_who_expects_is_told_to_continue(front):
    with front.connect() as connection:
        connection.sendall(head("POST /a HTTP/1.1", "Content-Length: 2", "Expect: 100-continue", "Connection: close"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"ok")
        assert everything(connection).endswith(b"POST /a  ok")


@pytest.mark.parametrize("request_, status", [
    (b"\r\n\r\nrubbish\r\n\r\n", 400), (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    (head("GET /a HTTP/1.1", "Content-Length: 1", "Content-Length: 2"), 400),
    (head("GET http://b/ HTTP/1.1"), 400), (head("OPTIONS * HTTP/1.1"), 400), (b"GET /a HTTP/1.1\r\n\r\n", 400),
    (head("POST /a HTTP/1.1", "Transfer-Encoding: gzip, chunked"), 501),
    (head("POST /a HTTP/1.1", f"Content-Length: {1024 * 1024 + 1}"), 413),
    (head("GET /a HTTP/1.1", "X: " + "y" * 20000), 431)])
def test_what_is_no_request_is_refused_and_ends(front, application, request_, status):
    given = front.ask(request_)
    assert given.startswith(b"HTTP/1.1 %d " % status) and b"\r\nConnection: close\r\n" in given
    assert not application.seen


def test_a_body_of_the_largest_size_and_one_more(front, application):
    largest = b"x" * (1024 * 1024)
    whole = head("POST /a HTTP/1.1", f"Content-Length: {len(largest)}", "Connection: close") + largest
    assert front.ask(whole).partition(b"\r\n\r\n")[2].count(b"x") == len(largest)
    chunk = b"%x\r\n%b\r\n" % (len(largest), largest)
    begin = head("POST /a HTTP/1.1", "Transfer-Encoding: chunked", "Connection: close")
    assert front.ask(begin + chunk + b"0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    assert front.ask(begin + chunk + b"1\r\nx\r\n0\r\n\r\n").startswith(b"HTTP/1.1 413 ")
    assert len(application.seen) == 2 and front.front.held == 0


def test_a_fault_is_an_answer_and_the_front_goes_on(front, caplog):
    assert front.ask(head("GET /fault HTTP/1.1")).startswith(b"HTTP/1.1 500 ")
    assert front.ask(head("GET /evil HTTP/1.1")) == b""
    assert front.ask(head("GET /a HTTP/1.1", "Connection: close")).endswith(b"GET /a  ")
    assert [record.message for record in caplog.records] == [
        "the application failed", "the application failed within its answer"]


def test_as_many_wait_as_may_and_not_one_more(front, application):
    # Two threads, four may wait.
    asked = [front.connect() for _ in range(6)]
    for connection in asked:
        connection.sendall(head("GET /wait HTTP/1.1", "Connection: close"))
    wait_until(lambda: front.front.lane_of("/")._taken == 6)
    refused = front.ask(head("GET /wait HTTP/1.1"))
    assert refused.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: " in refused
    assert front.ask(head("GET /at-once HTTP/1.1", "Connection: close")).endswith(b"here")
    application.go.set()
    assert all(everything(connection).startswith(b"HTTP/1.1 200 ") for connection in asked)


def test_lanes_dont_wait_for_each_other(application):
    lanes = (Lane("/pki/", 1, 1, 10), Lane("", 1, 1, 10))
    with running(application, lanes=lanes, limits=CALM) as front:
        waiting = front.connect()
        waiting.sendall(head("GET /wait HTTP/1.1"))
        wait_until(lambda: application.seen)
        assert front.ask(head("GET /pki/x HTTP/1.1", "Connection: close")).endswith(b"GET /pki/x  ")
        application.go.set()


def test_what_is_under_way_is_answered_when_the_process_ends(application):
    with running(application, limits=CALM) as front:
        waiting, idle = front.connect(), front.connect()
        waiting.sendall(head("GET /wait HTTP/1.1"))
        wait_until(lambda: application.seen)
        threading.Timer(0.5, application.go.set).start()
    given = everything(waiting)
    assert given.endswith(b"GET /wait  ") and b"\r\nConnection: close\r\n" in given
    assert everything(idle) == b""


def wait_until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
