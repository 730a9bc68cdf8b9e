# SPDX-License-Identifier: Apache-2.0
"""What certificates point to: `/pki/crl/NAME.crl`, `NAME/SHARD.crl`, their `…/delta.crl`, `/pki/ca/NAME.cer`, `.pem`."""

import re
from collections.abc import Callable, Iterator

from django.db import DatabaseError

from paraph.domain.certification.models import Authority, RevocationList
from paraph.domain.certification.publication import crl, ocsp, scopes
from paraph.interfaces.responders import wire
from paraph.kernel import clock
from paraph.pki.x509 import pem

_NAME = r"([a-z0-9][a-z0-9-]{0,39})"
_LIST = re.compile(rf"/pki/crl/{_NAME}(?:/([1-9][0-9]{{0,4}}))?(/delta)?\.crl")
_CERTIFICATE = re.compile(rf"/pki/ca/{_NAME}\.(cer|pem)")
_TYPE = "application/pkix-crl"
_LARGEST_HELD = 1 << 20
_BUSY = [("Retry-After", "5")]


class Lists:
    """The newest list of each scope. Short ones are kept in memory until there is a newer one, long ones are streamed."""

    def __init__(self) -> None:
        self._held: dict[tuple, tuple[object, bytes]] = {}

    def __call__(self, environ: dict, start_response: Callable):
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return wire.fail(start_response, 405, [("Allow", "GET, HEAD")])
        path = _LIST.fullmatch(environ["PATH_INFO"])
        if path is None:
            return wire.fail(start_response, 404)
        name, shard, delta = path[1], int(path[2] or scopes.WHOLE), path[3] is not None
        try:
            newest = crl.newest_of(name, shard, delta=delta)
            if newest is None:
                return wire.fail(start_response, 404)
            short = None if newest.octets > _LARGEST_HELD else self._bytes((name, shard, delta), newest)
        except DatabaseError:
            return wire.fail(start_response, 503, _BUSY)
        finally:
            wire.release_connection()
        age = ocsp.cache_seconds(newest.next_update, clock.bound().now())
        headers = [
            ("Cache-Control", f"max-age={age}, public, must-revalidate"),
            ("Last-Modified", wire.http_date(newest.this_update)),
            ("Expires", wire.http_date(newest.next_update)),
        ]
        # The number names the list as well as a digest of its bytes, which may be many.
        tag = f'"{newest.number}"'
        if short is None:
            return wire.conditional_stream(
                environ, start_response, _TYPE, newest.octets, lambda: _stream(newest), headers, tag)
        return wire.conditional(environ, start_response, _TYPE, short, headers, tag)

    def _bytes(self, key: tuple, newest: RevocationList) -> bytes:
        held = self._held.get(key)
        if held is None or held[0] != newest.pk:
            held = self._held[key] = (newest.pk, b"".join(crl.content(newest)))
        return held[1]


def _stream(newest: RevocationList) -> Iterator[bytes]:
    try:
        yield from crl.content(newest)
    finally:
        wire.release_connection()


class Certificates:
    """Authorities' own certificates, for whoever builds a chain."""

    def __call__(self, environ: dict, start_response: Callable):
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return wire.fail(start_response, 405, [("Allow", "GET, HEAD")])
        path = _CERTIFICATE.fullmatch(environ["PATH_INFO"])
        if path is None:
            return wire.fail(start_response, 404)
        try:
            encoding = (
                Authority.objects.filter(name=path[1]).exclude(certificate_der=b"")
                .values_list("certificate_der", flat=True).first()
            )
        except DatabaseError:
            return wire.fail(start_response, 503, _BUSY)
        finally:
            wire.release_connection()
        if encoding is None:
            return wire.fail(start_response, 404)
        headers = [("Cache-Control", "max-age=86400, public")]
        if path[2] == "pem":
            text = pem(bytes(encoding)).encode("ascii")
            return wire.conditional(environ, start_response, "application/x-pem-file", text, headers)
        return wire.conditional(environ, start_response, "application/pkix-cert", bytes(encoding), headers)
