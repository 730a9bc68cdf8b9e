# SPDX-License-Identifier: Apache-2.0
"""The holder picks another secret image (R122, R123)."""

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.authentication import gallery
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.models import Credential
from paraph.domain.authentication.services.codes import UnknownImage
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden


def change_image(*, image: str, caller: Caller) -> None:
    """The next login shows this image and no other. Refuses: Forbidden (no full session), UnknownImage."""
    if caller.scope != "full":
        raise Forbidden()
    if image not in gallery.PICTURES:
        raise UnknownImage()
    with transaction.atomic():
        credential = Credential.objects.select_for_update().get(identity_id=caller.identity)
        Credential.objects.filter(pk=credential.pk).update(secret_image=image)
        audit.record(Event.IMAGE_CHANGED, about=("identity", caller.identity), caller=caller)
