# SPDX-License-Identifier: Apache-2.0
from django.db.models import QuerySet

from paraph.domain.keys.lifecycle import KeyState
from paraph.domain.keys.models import Key
from paraph.kernel.errors import NotFound


class NoActiveKey(NotFound):
    """No key of this purpose was made yet: the ceremony has not taken place."""

    code = "no_active_key"
    sentence = "Aucune clé n’est encore prête pour cet usage : la cérémonie des clés n’a pas eu lieu."


def active(purpose: str) -> Key:
    """The newest active key of this purpose. Refuses: NoActiveKey."""
    key = all_active(purpose).first()
    if key is None:
        raise NoActiveKey(purpose=purpose)
    return key


def all_active(purpose: str) -> QuerySet[Key]:
    """Every active key of this purpose, newest first: during a rotation there are two."""
    return Key.objects.filter(purpose=purpose, state=KeyState.ACTIVE).order_by("-made_at", "-id")


def by_key_id(key_id: str) -> Key:
    """Refuses: NotFound."""
    key = Key.objects.filter(key_id=key_id).exclude(key_id="").first()
    if key is None:
        raise NotFound()
    return key


def reserved() -> QuerySet[Key]:
    """Keys whose making was begun and not finished."""
    return Key.objects.filter(state=KeyState.RESERVED).order_by("made_at")
