# SPDX-License-Identifier: Apache-2.0
"""Web sessions as Django keeps them, but under the digest of their name (settings.SESSION_ENGINE).

The browser's cookie holds the name. Who reads the database, or a copy of it, finds digests, and a digest opens nothing.
Django signs the content too, for databases that others write into. Whoever writes into ours needs no web session: he has the
rows of logins (decision 0023).
"""

import json
from hashlib import sha256
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils import timezone

from paraph.kernel import tokens
from paraph.kernel.prepared import Adding, Changing, Prepared

# What Django's column holds: 160 bits, far beyond any search for another name with the same digest.
LENGTH = 40

_change, _add = Changing(lambda name: Session.objects.filter(session_key=name)), Adding(Session)
_SESSION = Prepared(lambda name, now: Session.objects.filter(session_key=name, expire_date__gt=now))


def digest_of(name: str) -> str:
    return sha256(f"paraph web session {name}".encode()).hexdigest()[:LENGTH]


class SessionStore(db.SessionStore):
    """`session_key` is the name, in this process and in the cookie alone."""

    _former: str | None = None

    def _get_session_from_db(self) -> Session | None:
        row = _SESSION.first(name=digest_of(self.session_key), now=timezone.now())
        if row is None:
            # A name that nobody was given is not taken: the visitor gets one of ours.
            self._session_key = None
        return row

    def _get_new_session_key(self) -> str:
        # Asking the database whether somebody has the same would cost every visit a question.
        return tokens.cookie_secret()

    def encode(self, session_dict: dict[str, Any]) -> str:
        return json.dumps(session_dict, separators=(",", ":"))

    def decode(self, session_data: str) -> dict[str, Any]:
        """Content that can't be read, as of another version, is none: its visitor is a stranger."""
        try:
            content = json.loads(session_data)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    def exists(self, session_key: str) -> bool:
        return super().exists(digest_of(session_key))

    def create_model_instance(self, data: dict) -> Session:
        row = super().create_model_instance(data)
        row.session_key = digest_of(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        name = session_key or self.session_key or self._former
        if name is not None:
            self.model.objects.filter(session_key=digest_of(name)).delete()

    def cycle_key(self) -> None:
        """The content goes on under a name that the end of the request gives it, and the name of before opens nothing."""
        self._get_session()
        self._former = self._former or self._session_key
        self._session_key = None
        self.modified = True

    def create(self) -> None:
        """A new row, or the former one with its new name and content, if nobody has removed it."""
        former, self._former = self._former, None
        if former is None:
            super().create()
            return
        self._session_key = self._get_new_session_key()
        self.modified = True
        row = self.create_model_instance(self._get_session(no_load=True))
        if not _change(_columns(row), name=digest_of(former)):
            _add(**_columns(row))

    def save(self, must_create: bool = False) -> None:
        """As Django's, by statements that are written once. Refuses CreateError (the name is taken), UpdateError (the row
        was removed)."""
        if self.session_key is None:
            self.create()
            return
        row = self.create_model_instance(self._get_session(no_load=must_create))
        if not must_create:
            if not _change(_columns(row), name=row.session_key):
                raise UpdateError
            return
        try:
            with transaction.atomic():
                _add(**_columns(row))
        except IntegrityError as error:
            raise CreateError from error


def _columns(row: Session) -> dict[str, Any]:
    return {"session_key": row.session_key, "session_data": row.session_data, "expire_date": row.expire_date}
