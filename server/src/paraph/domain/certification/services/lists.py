# SPDX-License-Identifier: Apache-2.0
"""How an authority's lists are cut."""

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.audit import services as audit
from paraph.domain.certification.events import Event
from paraph.domain.certification.models import Authority
from paraph.domain.certification.policy import permit_operator
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound, Refusal

MOST_SHARDS = 1024


class ShardsOnlyGrow(Refusal):
    """Certificates name the list of their shard for ever, so none can be taken away; there are at most 1024."""

    code = "shards_only_grow"
    sentence = gettext_noop("Le nombre de listes partielles peut seulement augmenter, jusqu’à 1024. Rien n’a été modifié.")


def arrange_lists(
    *, name: str, caller: Caller, shards: int | None = None, deltas: bool | None = None
) -> Authority:
    """From now on the authority spreads new certificates over so many lists, and has delta lists or not.

    Certificates issued before stay where they are. Refuses: Forbidden, NotFound, ShardsOnlyGrow.
    """
    permit_operator(caller)
    with transaction.atomic():
        authority = Authority.objects.select_for_update(of=("self",)).filter(name=name).first()
        if authority is None:
            raise NotFound()
        wanted = {"shards": authority.shards if shards is None else shards,
                  "deltas": authority.deltas if deltas is None else deltas}
        if not authority.shards <= wanted["shards"] <= MOST_SHARDS:
            raise ShardsOnlyGrow(shards=authority.shards)
        if wanted != {"shards": authority.shards, "deltas": authority.deltas}:
            Authority.objects.filter(pk=authority.pk).update(**wanted)
            authority.refresh_from_db()
            audit.record(Event.LISTS_ARRANGED, about=("authority", authority.id), caller=caller, facts=wanted)
    return authority
