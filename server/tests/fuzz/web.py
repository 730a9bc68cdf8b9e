# SPDX-License-Identifier: Apache-2.0
"""Readers of what comes over HTTP: a request's head, OpenID's parameters, credentials of programs, forms with files."""

import base64
from unittest import mock

import h11
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import QueryDict
from django.http.multipartparser import MultiPartParserError
from django.test import RequestFactory
from server.tests.fuzz.target import target

from paraph.domain.identity_provider import openid
from paraph.interfaces.front import quick
from paraph.interfaces.openid import programs


@target("http", lambda: [b"POST /pki/ocsp HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
                         b"GET /pki/ocsp/MEo= HTTP/1.1\r\nhost: a\r\n\r\n"],
        tries=500, words=(b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"Content-Length : 5\r\n", b"\r\n ",
                          b"\r", b"\n", b"Connection: close\r\n", b"+3", b"\t", b"HTTP/1.0"))
def simple_request(data: bytes) -> None:
    """What is read without a parser is read as h11 reads it: the same head, and the same end of the body."""
    begun = quick.read(data)
    if begun is None:
        return
    head, body = begun.head, begun.body + b"x" * (begun.head.length - len(begun.body))
    parser = h11.Connection(h11.SERVER)
    parser.receive_data(data + body[len(begun.body):])
    event = parser.next_event()
    assert isinstance(event, h11.Request) and (event.method, event.target) == (head.method, head.target)
    assert begun.asked().fields == list(event.headers)
    content = b""
    while isinstance(event := parser.next_event(), h11.Data):
        content += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage) and content == body and parser.trailing_data[0] == b""


@target("openid", lambda: [
    b"response_type=code&client_id=guichet&redirect_uri=https%3A%2F%2Fguichet.example%2Fback&scope=openid+profile&state=s&nonce=n"
    b"&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&max_age=60&prompt=login"],
    words=(b"&scope=openid", b"%00", b"%ff", b"prompt=none", b"&state=", b"&request=x", b"%EF%BC%91"))
def authentication_request(data: bytes) -> None:
    try:
        parameters = dict(QueryDict(data).lists())
        address = openid.single(parameters, "redirect_uri")
        wanted = openid.read_request(parameters, {"openid", "profile"})
    except (openid.ProtocolError, SuspiciousOperation):
        return
    assert wanted.scopes and set(wanted.scopes) <= {"openid", "profile"}
    assert "\x00" not in "".join((wanted.state, wanted.nonce, *wanted.levels))
    if openid.is_usable_redirect(address):
        back = openid.with_parameters(address, {"state": wanted.state, "code": "c"})
        assert openid.origin_of(back) == openid.origin_of(address) and "\n" not in back and "\r" not in back


@target("client-credentials", lambda: [b"Basic " + base64.b64encode(b"guichet:s%2Fcret+1"), b"basic eDp5"],
        words=(b"Basic ", b"Bearer ", b"%00", b"%ff", b"=", base64.b64encode(b"\x00:"), base64.b64encode(b"\xff\xfe:x")))
def client_credentials(data: bytes) -> None:
    """Whatever stands in the header, only two texts without null characters reach the database."""
    asked = []
    request = RequestFactory().post("/openid/token", headers={"Authorization": data.decode("latin-1")})
    request.caller = None
    with mock.patch.object(programs.services, "authenticate_client", lambda **given: asked.append(given)):
        programs._client(request)
    for given in asked:
        assert "\x00" not in given["client_id"]
        given["client_id"].encode(), given["secret"].encode()


BOUNDARY = b"----of-ours"


def _forms() -> list[bytes]:
    part = b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
    file = part % (BOUNDARY, b"document", b'; filename="a.pdf"\r\nContent-Type: application/pdf', b"%PDF-1.7")
    end = b"--%b--\r\n" % BOUNDARY
    name = part % (BOUNDARY, b"name", b"", "Zoé".encode())
    return [name + end, file + end, name + file + end]


@target("multipart", _forms, words=(
    b"--" + BOUNDARY, b'filename="../../x"', b"filename*=UTF-8''%2e%2e%2fx", b"Content-Transfer-Encoding: base64\r\n",
    b"\r\n\r\n", b"\x00", b'name=""', b"Content-Type: multipart/mixed\r\n"))
def form(data: bytes) -> None:
    request = RequestFactory().generic(
        "POST", "/verify/", data, content_type="multipart/form-data; boundary=" + BOUNDARY.decode())
    try:
        values, files = request.POST, request.FILES
    except (MultiPartParserError, SuspiciousOperation, BadRequest):
        return
    assert sum(len(values.getlist(name)) for name in values) <= 200
    for file in files.values():
        assert not {"/", "\\", "\x00"} & set(file.name)
