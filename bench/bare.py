# SPDX-License-Identifier: Apache-2.0
"""The least that an application can do behind the front: an answer of fixed bytes, of the size of an OCSP answer."""

import os

_BODY = b"\x30" * int(os.environ["BENCH_ANSWER_OCTETS"])
_HEADERS = [("Content-Type", "application/ocsp-response"), ("Content-Length", str(len(_BODY)))]
_HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: {len(_BODY)}\r\nDate: ".encode()


class AtOnce:
    """Answers in the event loop."""

    def at_once(self, method, target, body):
        return _HEAD, _BODY


def in_a_thread(environ, start_response):
    start_response("200 OK", _HEADERS)
    return [_BODY]


at_once = AtOnce()
