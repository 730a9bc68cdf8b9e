# SPDX-License-Identifier: Apache-2.0
from django.core.exceptions import ValidationError

from paraph.domain.partners.models import Partner
from paraph.kernel.errors import NotFound


def directory() -> list[Partner]:
    """Every partner that the service works with today, State first, then by slug."""
    order = {Partner.Category.STATE: 0, Partner.Category.BANK: 1, Partner.Category.PRIVATE: 2}
    return sorted(Partner.objects.filter(active=True), key=lambda partner: (order[partner.category], partner.slug))


def accepting(device: str) -> list[Partner]:
    """The partners at which this device opens the door."""
    return [partner for partner in directory() if partner.accepts_device(device)]


def partner(partner_id: object) -> Partner:
    """Raises NotFound."""
    try:
        return Partner.objects.get(pk=partner_id)
    except (Partner.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def by_slug(slug: str) -> Partner:
    """Raises NotFound."""
    row = Partner.objects.filter(slug=slug, active=True).first()
    if row is None:
        raise NotFound()
    return row
