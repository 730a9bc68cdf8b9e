# SPDX-License-Identifier: Apache-2.0
"""The least that a WSGI application can do: an answer of fixed bytes, of the size of an OCSP answer."""

import os

_BODY = b"\x30" * int(os.environ["BENCH_ANSWER_OCTETS"])
_HEADERS = [("Content-Type", "application/ocsp-response"), ("Content-Length", str(len(_BODY)))]


def application(environ, start_response):
    start_response("200 OK", _HEADERS)
    return [_BODY]
