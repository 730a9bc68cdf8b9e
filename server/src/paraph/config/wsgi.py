# SPDX-License-Identifier: Apache-2.0
"""The web process: the responders in front, Django behind."""

import os
import threading

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paraph.config.settings")
django.setup(set_prefix=False)

from paraph.config import binding, demands  # noqa: E402  (need the settings)
from paraph.domain.certification import gate  # noqa: E402
from paraph.interfaces.front.threads import Lane  # noqa: E402
from paraph.interfaces.responders import application as with_responders  # noqa: E402
from paraph.kernel import rules  # noqa: E402

demands.refuse()
binding.bind_all()
threading.Thread(target=gate.prepare_pool, name="throw-away keys", daemon=True).start()
application = with_responders(WSGIHandler())
# Certificate status and time-stamps don't wait for pages, nor pages for them. A file that is too large for us still comes
# in up to the double, so that a page can say so.
LANES = (
    Lane("/pki/", threads=2, waiting=64, largest_body=64 * 1024),
    Lane("", threads=4, waiting=64, largest_body=2 * rules.current().document_megabytes * 1024 * 1024),
)
