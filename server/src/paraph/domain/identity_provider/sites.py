# SPDX-License-Identifier: Apache-2.0
"""Where the partners' own services are, for whoever has to begin again there."""

from dataclasses import dataclass

from paraph.domain.identity_provider import openid
from paraph.domain.identity_provider.models import AuthorisationRequest
from paraph.domain.partners.models import Partner


@dataclass(frozen=True)
class Site:
    """Where a partner's service begins."""

    partner: Partner
    address: str


def site_of_request(request_id: object) -> Site | None:
    """The site from which this request came, whatever became of it: the partner's registered one, else the origin that
    the answer would have gone to."""
    row = AuthorisationRequest.objects.select_related("client__partner").filter(pk=request_id).first()
    if row is None:
        return None
    partner = row.client.partner
    return Site(partner, partner.website or openid.origin_of(row.redirect_address))
