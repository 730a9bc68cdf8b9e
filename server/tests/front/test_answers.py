# SPDX-License-Identifier: Apache-2.0
"""What is written is what a client's parser (h11) reads, and what can't be written is not."""

import h11
import pytest

from paraph.interfaces.front.answers import BadAnswer, Writing
from paraph.interfaces.front.gateway import Answer, Asked, Rest


def asked(method=b"GET", version=b"1.1", closes=False):
    return Asked(method, b"/", version, [(b"host", b"a")], closes)


def answer(content=b"four", status=200, headers=(), pieces=None):
    rest = None if pieces is None else Rest(iter(pieces), lambda: None)
    return Answer(status, b"OK", list(headers), content, rest)


def written(writing):
    """All octets of the answer, as the front writes them."""
    data = writing.head(b"Wed, 25 Nov 2026 00:00:00 GMT")
    if not writing.has_content:
        return data
    data += writing.content(writing.answer.content)
    if writing.answer.rest is not None:
        is_all = False
        while not is_all:
            piece, is_all = writing.answer.rest.next()
            data += writing.content(piece)
    return data + writing.end()


def read(data, method=b"GET", ends=False):
    """(status, fields, content, whether the connection goes on) as a client reads it."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    if ends:
        client.receive_data(b"")
    response, content = client.next_event(), b""
    while isinstance(event := client.next_event(), h11.Data):
        content += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage) and not client.trailing_data[0]
    return response.status_code, dict(response.headers), content, client.their_state is h11.DONE


def test_a_short_answer_has_its_length_and_its_date():
    status, fields, content, goes_on = read(written(Writing(asked(), answer(headers=[(b"X-Y", b"1 \xe9")]), False)))
    assert (status, content, goes_on) == (200, b"four", True)
    assert fields[b"content-length"] == b"4" and fields[b"x-y"] == b"1 \xe9" and fields[b"date"].endswith(b"GMT")


def test_the_last_answer_says_that_it_is():
    assert read(written(Writing(asked(), answer(), True)))[3] is False


@pytest.mark.parametrize("pieces", [[], [b"five!"], [b"", b"x" * 300_000, b"y"]])
def test_an_answer_of_unknown_length_comes_in_chunks(pieces):
    data = written(Writing(asked(), answer(pieces=pieces), False))
    assert read(data)[2:] == (b"four" + b"".join(pieces), True)


def test_before_chunks_were_known_the_end_of_the_connection_was_the_end():
    writing = Writing(asked(version=b"1.0"), answer(pieces=[b"five"]), True)
    data = written(writing)
    assert b"chunked" not in data and writing.closes and read(data, ends=True)[2] == b"fourfive"


def test_a_length_that_the_application_gave_is_kept():
    right = answer(headers=[(b"Content-Length", b"8")], pieces=[b"five"])
    assert read(written(Writing(asked(), right, False)))[2:] == (b"fourfive", True)


@pytest.mark.parametrize("length", [b"3", b"5", b"-4", b"4, 4", b""])
def test_a_length_that_is_not_kept_breaks_the_answer_off(length):
    with pytest.raises(BadAnswer):
        written(Writing(asked(), answer(headers=[(b"Content-Length", length)]), False))


@pytest.mark.parametrize("status, method", [(204, b"GET"), (304, b"GET"), (200, b"HEAD")])
def test_answers_without_content(status, method):
    data = written(Writing(asked(method=method), answer(status=status), False))
    assert data.endswith(b"\r\n\r\n") and b"four" not in data
    assert read(data, method=method)[2:] == (b"", True)


def test_what_the_front_says_itself_is_not_taken_from_the_application():
    headers = [(b"Connection", b"upgrade"), (b"Transfer-Encoding", b"chunked"), (b"DATE", b"today"), (b"keep-alive", b"9")]
    data = written(Writing(asked(), answer(headers=headers), False))
    assert data.count(b"ate: ") == 1 and read(data)[2:] == (b"four", True)
    assert not any(name in data for name in (b"onnection", b"ransfer", b"eep-"))


@pytest.mark.parametrize("header", [
    (b"X", b"a\r\nSet-Cookie: b"), (b"X", b"a\nb"), (b"X", b"a\rb"), (b"X", b"a\0"), (b"X", b"\x7f"), (b"X y", b"a"),
    (b"X:", b"a"), (b"", b"a"), (b"X\r\nY", b"a"), (b"\xe9", b"a")])
def test_a_header_that_would_be_another_is_never_written(header):
    with pytest.raises(BadAnswer):
        Writing(asked(), answer(headers=[header]), False).head(b"now")


def test_so_is_a_reason():
    with pytest.raises(BadAnswer):
        Writing(asked(), Answer(200, b"OK\r\nX: y", [], b"", None), False).head(b"now")
