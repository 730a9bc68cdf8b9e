# SPDX-License-Identifier: Apache-2.0
"""The web process: the responders in front, Django behind."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paraph.config.settings")
django.setup(set_prefix=False)

from paraph.config import binding, demands  # noqa: E402  (need the settings)
from paraph.interfaces.responders import application as with_responders  # noqa: E402

demands.refuse()
binding.bind_all()
application = with_responders(WSGIHandler())
