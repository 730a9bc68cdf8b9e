# SPDX-License-Identifier: Apache-2.0
"""What is read without a parser is what the parser would have read; everything else is left to it."""

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paraph.interfaces.front import quick

POST = b"POST /pki/ocsp HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
GET = b"GET /pki/ocsp/MEIwQDA%2B HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def by_h11(data):
    """(method, target, body, closes) of the one request that `data` is; None when it is no request or not one alone."""
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(data)
    try:
        request = parser.next_event()
        if not isinstance(request, h11.Request):
            return None
        body = b""
        while isinstance(event := parser.next_event(), h11.Data):
            body += event.data
    except h11.RemoteProtocolError:
        return None
    if not isinstance(event, h11.EndOfMessage) or parser.trailing_data[0]:
        return None
    return bytes(request.method), bytes(request.target), body, parser.their_state is not h11.DONE


def flat(begun):
    return begun.head.method, begun.head.target, begun.body, begun.head.closes


def fields_by_h11(data):
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(data)
    request = parser.next_event()
    return [(bytes(name), bytes(value)) for name, value in request.headers]


@pytest.mark.parametrize("data", [
    POST, GET, POST.replace(b"Host", b"hOST"), POST.replace(b"3\r\n", b" 3 \r\nConnection: keep-alive\r\n"),
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_the_simple_ones(data):
    begun = quick.read(data)
    assert begun.is_whole and flat(begun) == by_h11(data)


def test_the_head_goes_on_to_an_application_as_the_parser_reads_it():
    data = b"GET /a?b=%2F HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=\"2\"\r\nX-Y:\t z: 1 \r\nX_Y:\r\ncookie: c=3\r\n\r\n"
    asked = quick.read(data).asked()
    assert asked.fields == fields_by_h11(data) and (b"cookie", b'a=1; b="2"') in asked.fields
    assert (asked.method, asked.target, asked.version, asked.closes) == (b"GET", b"/a?b=%2F", b"1.1", False)


def test_a_body_that_is_on_its_way():
    begun = quick.read(POST[:-2])
    assert not begun.is_whole and (begun.head.length, begun.body) == (3, b"a")


@pytest.mark.parametrize("data", [
    POST + b"d", POST + POST, POST[:40], POST[:-4],
    POST.replace(b"Content-Length: 3", b"Transfer-Encoding: chunked"),
    POST.replace(b"Host: a", b"Host: a\r\nTransfer-Encoding: chunked"),
    POST.replace(b"Host: a", b"Host: a\nTransfer-Encoding: chunked"),
    POST.replace(b"Host: a", b"Host: a\r\nContent-Length: 3"),
    POST.replace(b"Content-Length: 3", b"Content-Length: 3\r\nContent-Length: 0"),
    POST.replace(b"Content-Length: 3", b"Content-Length : 3"),
    POST.replace(b"Content-Length: 3", b"Content-Length: +3"),
    POST.replace(b"Content-Length: 3", b"Content-Length: 3, 3"),
    POST.replace(b"Content-Length: 3", b"X: Content-Length: 3"),
    POST.replace(b"Content-Length: 3\r\n", b""),
    POST.replace(b"Host: a", b"Host: a\r\n folded"),
    POST.replace(b"Host: a\r\n", b""),
    POST.replace(b"Host: a", b"Host: a\r\nHost: b"),
    POST.replace(b"Host: a", b"Host: a\r\nExpect: 100-continue"),
    POST.replace(b"Host: a", b"Host: a\r\nConnection: close, x"),
    POST.replace(b"HTTP/1.1", b"HTTP/1.0"), POST.replace(b"POST", b"PUT"), POST.replace(b"/pki/ocsp ", b"/pki ocsp "),
    GET.replace(b"Host: a", b"Host: a\r\nX y"), GET.replace(b"Host: a", b"Host: a\r\n: y"),
    GET.replace(b"Host: a", b"Host: a\r\n(: y"), GET.replace(b"Host: a", b"Host: a\r\nX: \r y"),
    GET.replace(b"/pki", b"/\x7f"), GET.replace(b"/pki", b"http://a/pki"), GET.replace(b"\r\n", b"\n", 1),
    GET.replace(b"Host: a", b"Host: a\r\nIf-None-Match: *"),
    GET.replace(b"Host: a", b"Host: a\r\nX: \xe9"), GET.replace(b"Host: a", b"Host: a\r\nX: \0"),
    GET.replace(b"Host: a", b"Host: a\r\nX: " + b"a" * 9000),
])
def test_the_others_are_left_to_the_parser(data):
    assert quick.read(data) is None


_FIELDS = st.sampled_from([
    b"Host: a", b"host:b", b"Content-Length: 3", b"content-length:0", b"Content-Length : 3", b"Connection: close",
    b"connection: keep-alive", b"Connection: upgrade", b"Transfer-Encoding: chunked", b"X: y", b"X y", b" z", b"",
    b"X: a\nHost: c", b"X-Content-Length: 3", b"X: \r", b":", b"Accept: */*", b"Keep-Alive: 3"])


@given(st.sampled_from([b"POST", b"GET", b"HEAD", b"post"]), st.sampled_from([b"/a", b"*", b"http://a/", b"/\xe9", b"/a b"]),
       st.lists(_FIELDS, max_size=5), st.sampled_from([b"", b"abc", b"abcd", b"0\r\n\r\n"]))
@example(b"POST", b"/a", [b"Host: a", b"Content-Length: 3"], b"abc")
def test_never_read_otherwise_than_the_parser(method, target, fields, body):
    data = b"%b %b HTTP/1.1\r\n%b\r\n%b" % (method, target, b"".join(field + b"\r\n" for field in fields), body)
    begun = quick.read(data)
    if begun is not None and not begun.is_whole:
        assert by_h11(data) is None
        data += b"x" * (begun.head.length - len(begun.body))
        begun = quick.read(data)
    if begun is not None:
        assert begun.is_whole and flat(begun) == by_h11(data) and begun.asked().fields == fields_by_h11(data)
