# SPDX-License-Identifier: Apache-2.0
"""What anyone's programs ask of the PKI: status, lists, authorities' certificates, time-stamps.

Plain WSGI callables in front of Django: no middleware, no session, no cookie, no template. Bounded input, the
protocols' own errors, and nothing of what was sent is logged. `/pki/` itself and every other address go on to Django.

`/pki/ocsp` GET and POST · `/pki/crl/NAME.crl`, `NAME/SHARD.crl`, `…/delta.crl` · `/pki/ca/NAME.cer` and `.pem` · `/pki/tsa` POST
"""

import time
from collections.abc import Callable

from paraph.interfaces.responders import ocsp, repository, tsa
from paraph.interfaces.responders.wire import Application

__all__ = ["application"]


def application(django_app: Application, *, steady: Callable[[], float] = time.monotonic) -> Application:
    """Return the application of the web process: the responders, and `django_app` for all other addresses."""
    status = ocsp.Responder(steady)
    lists = repository.Lists()
    authorities = repository.Certificates()
    stamps = tsa.Stamps()
    prefixes: tuple[tuple[str, Application], ...] = (
        ("/pki/crl/", lists), ("/pki/ca/", authorities), ("/pki/ocsp/", status))
    exact: dict[str, Application] = {"/pki/ocsp": status, "/pki/ocsp/": status, "/pki/tsa": stamps}

    def dispatch(environ: dict, start_response: Callable):
        path = environ["PATH_INFO"]
        if not path.startswith("/pki/"):
            return django_app(environ, start_response)
        chosen = exact.get(path)
        if chosen is None:
            chosen = next((one for prefix, one in prefixes if path.startswith(prefix)), django_app)
        return chosen(environ, start_response)

    return dispatch
