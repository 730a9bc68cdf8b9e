# SPDX-License-Identifier: Apache-2.0
"""What anyone's programs ask of the PKI: status, lists, authorities' certificates, time-stamps.

Plain WSGI callables in front of Django: no middleware, no session, no cookie, no template. Bounded input, the
protocols' own errors, and nothing of what was sent is logged. `/pki/` itself and every other address go on to Django.

`/pki/ocsp` GET and POST · `/pki/crl/NAME.crl`, `NAME/SHARD.crl`, `…/delta.crl` · `/pki/ca/NAME.cer` and `.pem` · `/pki/tsa` POST
"""

import time
from collections.abc import Callable, Iterable

from paraph.interfaces.responders import ocsp, repository, tsa
from paraph.interfaces.responders.wire import Application

__all__ = ["application"]


class Responders:
    """The application of the web process: the responders, and `django_app` for all other addresses."""

    def __init__(self, django_app: Application, *, steady: Callable[[], float] = time.monotonic) -> None:
        self._django = django_app
        status = ocsp.Responder(steady)
        lists = repository.Lists()
        self._prefixes: tuple[tuple[str, Application], ...] = (
            ("/pki/crl/", lists), ("/pki/ca/", repository.Certificates()), ("/pki/ocsp/", status))
        self._exact: dict[str, Application] = {"/pki/ocsp": status, "/pki/ocsp/": status, "/pki/tsa": tsa.Stamps()}
        self.at_once = status.at_once
        self.takes_directly = status.takes_directly
        self.directly = status.directly

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith("/pki/"):
            return self._django(environ, start_response)
        chosen = self._exact.get(path)
        if chosen is None:
            chosen = next((one for prefix, one in self._prefixes if path.startswith(prefix)), self._django)
        return chosen(environ, start_response)


def application(django_app: Application, *, steady: Callable[[], float] = time.monotonic) -> Responders:
    return Responders(django_app, steady=steady)
