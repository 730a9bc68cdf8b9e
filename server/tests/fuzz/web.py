# SPDX-License-Identifier: Apache-2.0
"""Readers of what comes over HTTP: a request's head, OpenID's parameters, credentials of programs, forms with files."""

import base64
import json
from datetime import timedelta
from unittest import mock

import h11
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import QueryDict
from django.http.multipartparser import MultiPartParserError
from django.test import RequestFactory
from server.tests.fuzz.target import AT, target

from paraph.domain.identity_provider import client_assertion, openid
from paraph.domain.identity_provider.client_assertion import Fault
from paraph.domain.notifications.channels import letter_spool, sms_gateway
from paraph.domain.notifications.channels.letter_spool import NoReceipt
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


# A public key, and what its private half signed once; that half is gone.
PROGRAMS_KEY = {"alg": "ES256", "crv": "P-256", "kid": "k1", "kty": "EC", "use": "sig",
                "x": "YGfXvjd3LviT63NRO9qhoh4EBOGfFmVHe6ymD40JL-0", "y": "gS17PQsIxJuHzx7kGAhXwz93sAGJlqAqCg7J7jFYHwk"}
STATEMENT = (
    b"eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpc3MiOiAiYmFuayIsICJzdWIiOiAiYmFuayIsICJhdWQiOiAiaHR0cD"
    b"ovL2xvY2FsaG9zdDo4MDAwIiwgImp0aSI6ICJ4IiwgImlhdCI6IDE3OTU1MTA4MDAsICJleHAiOiAxNzk1NTEwODYwfQ.he3jJjXAfSmtkZ4_Z"
    b"GqPwsFeW2StTyDDMLI7-ZdlBOl9aJlWCXvcagwY5VmEeP53MSwF8Z8akxuDXoTcalBA0Q")


@target("client-assertion", lambda: [STATEMENT], words=(b".", b"..", b"eyJ", b"e30", b"=", b"bm9uZQ"))
def signed_statement(data: bytes) -> None:
    """Only the very bytes that were signed prove anything."""
    registered = client_assertion.read_keys(PROGRAMS_KEY)
    try:
        statement = client_assertion.read(data.decode("latin-1"))
        client_assertion.prove(statement, registered, audiences=("http://localhost:8000",), at=AT)
    except Fault:
        assert data != STATEMENT
        return
    assert data == STATEMENT


@target("public-keys", lambda: [json.dumps({"keys": [PROGRAMS_KEY]}).encode()],
        words=(b'"d"', b'"RSA"', b'"n"', b'"e"', b"null", b"[]", b'"P-384"', b'"AQAB"'))
def public_keys(data: bytes) -> None:
    try:
        found = client_assertion.read_keys(json.loads(data))
    except (ValueError, RecursionError):  # also what is no JSON at all
        return
    assert found and all(client_assertion.KEY_ID.fullmatch(key.key_id) for key in found)


@target("letter-receipt", lambda: [json.dumps({
    "letter": "01a2102c-1353-7c87-90b2-32a395ece644", "sha256": "0" * 64, "outcome": "posted", "at": "2026-11-25T07:30:00Z",
    "reference": "RR1LU"}).encode()], words=(b"returned", b"null", b"../", b"+14:00", b"[", b"9999-12-31"))
def letter_receipt(data: bytes) -> None:
    try:
        receipt = letter_spool.read_receipt("a.json", data)
    except NoReceipt:
        return
    assert len(receipt.digest) == 64 and "/" not in receipt.message_id and receipt.at.utcoffset() == timedelta(0)


@target("gateway-answer", lambda: [b'{"messages": [{"id": "sms-1", "status": "queued"}]}'],
        words=(b"[", b"null", b"1e999", b"true"))
def gateway_answer(data: bytes) -> None:
    for path in ("messages.0.id", "messages.0", "0", "", "messages.-1.id"):
        found = sms_gateway.said_at(sms_gateway.parsed(data), path)
        assert found is None or isinstance(found, str)


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
