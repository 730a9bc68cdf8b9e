# SPDX-License-Identifier: Apache-2.0
"""The holder's secret image, from the gallery or one of his own (R119, R122, R123)."""

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.audit import services as audit
from paraph.domain.authentication import gallery
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.models import Credential, OwnPicture
from paraph.domain.authentication.services.codes import UnknownImage
from paraph.kernel import confinement
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, Refusal

PROGRAM = "paraph.domain.authentication.pictures"
# The processor's time is the bound; on a busy machine the child's start alone may take many seconds by the clock.
LIMITS = confinement.Limits(cpu_seconds=5, seconds=30, memory_megabytes=768, answer_megabytes=1, at_once=2)


class UnusablePicture(Refusal):
    """Too large, too small, of another kind, or broken: the picture of before stays."""

    code = "unusable_picture"
    sentence = gettext_noop(
        "Cette image ne peut pas être utilisée. Prenez une photo ou un dessin (JPEG, PNG ou WebP) d’au moins 64 pixels de "
        "côté et de 5 Mo au plus.")
    status = 422


class PicturesBusy(Refusal):
    code = "pictures_busy"
    sentence = gettext_noop("Trop d’images sont en cours de préparation. Recommencez dans un instant.")
    status = 503
    retry_after = 10


def change_image(*, image: str, caller: Caller) -> None:
    """The next login shows this image and no other; a picture of his own is gone. Refuses: Forbidden (no full session),
    UnknownImage."""
    if caller.scope != "full":
        raise Forbidden()
    if image not in gallery.PICTURES:
        raise UnknownImage()
    with transaction.atomic():
        _change(image, caller)
        OwnPicture.objects.filter(identity_id=caller.identity).delete()


def drawn_anew(content: bytes) -> bytes:
    """The picture as we keep it, from what somebody sent; a confined child reads that. Nothing is changed.

    Refuses: UnusablePicture, PicturesBusy.
    """
    if len(content) > gallery.LARGEST:
        raise UnusablePicture()
    try:
        answer, drawn = confinement.run(PROGRAM, {}, content, LIMITS)
    except confinement.ChildFailed as error:
        raise UnusablePicture() from error
    except confinement.TooBusy as error:
        raise PicturesBusy() from error
    if answer["problem"]:
        raise UnusablePicture()
    return drawn


def use_own_picture(*, content: bytes, caller: Caller) -> None:
    """The next login shows this picture, drawn anew; the one before is gone.

    Refuses: Forbidden (no full session), UnusablePicture, PicturesBusy.
    """
    if caller.scope != "full":
        raise Forbidden()
    drawn = drawn_anew(content)
    with transaction.atomic():
        _change(gallery.OWN, caller)
        OwnPicture.objects.update_or_create(
            identity_id=caller.identity, defaults={"content": drawn, "set_at": caller.at})


def _change(image: str, caller: Caller) -> None:
    credential = Credential.objects.select_for_update().get(identity_id=caller.identity)
    Credential.objects.filter(pk=credential.pk).update(secret_image=image)
    audit.record(Event.IMAGE_CHANGED, about=("identity", caller.identity), caller=caller)
