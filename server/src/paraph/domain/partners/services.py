# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.partners import policy
from paraph.domain.partners.events import Event
from paraph.domain.partners.models import DeviceType, Partner
from paraph.domain.partners.policy import Capability, Procedure
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden


def register(
    *, slug: str, name: dict[str, str], category: str, accepts: Iterable[str],
    description: dict[str, str] | None = None, procedures: Iterable[str] = (), minimum_level: str = "substantial",
    capabilities: Iterable[str] = (), website: str = "", fraud_contact: str = "", active: bool = True,
    caller: Caller,
) -> Partner:
    """The partner stands in directory, finder and door as described here; a known slug takes the new description.

    Refuses: Forbidden. Raises ValueError for a device, procedure, level or capability that does not exist.
    """
    if not policy.may_manage(caller):
        raise Forbidden()
    values = {
        "name": name, "description": description or {}, "category": Partner.Category(category),
        "accepts": [str(DeviceType(device)) for device in accepts],
        "procedures": [str(Procedure(procedure)) for procedure in procedures],
        "minimum_level": Partner.Level(minimum_level),
        "capabilities": [str(Capability(capability)) for capability in capabilities],
        "website": website, "fraud_contact": fraud_contact, "active": active}
    with transaction.atomic():
        row = Partner.objects.select_for_update().filter(slug=slug).first()
        if row is not None and all(getattr(row, column) == value for column, value in values.items()):
            return row
        event = Event.PARTNER_CHANGED if row else Event.PARTNER_REGISTERED
        row, _ = Partner.objects.update_or_create(slug=slug, defaults=values)
        audit.record(event, about=("partner", row.id), caller=caller,
                     facts={"slug": slug, "accepts": row.accepts, "level": row.minimum_level,
                            "capabilities": row.capabilities, "active": active})
    return row


def demo_partners(*, caller: Caller) -> list[Partner]:
    """The fictional partners of the demonstration: the citizen portal, a tax portal, a bank and a notaries' platform."""
    every = list(DeviceType)
    return [
        register(
            slug="guichet", category=Partner.Category.STATE, accepts=every, caller=caller,
            fraud_contact="securite@guichet.example",
            procedures=(Procedure.ADMINISTRATION, Procedure.TAXES),
            name={"fr": "Portail citoyen", "de": "Bürgerportal", "en": "Citizen portal"},
            description={"fr": "Vos démarches auprès de l’administration.",
                         "de": "Ihre Anliegen bei der Verwaltung.",
                         "en": "Your business with the administration."}),
        register(
            slug="vat", category=Partner.Category.STATE, caller=caller, procedures=(Procedure.VAT, Procedure.TAXES),
            accepts=[DeviceType.TOKEN, DeviceType.SMARTCARD, DeviceType.SIGNING_STICK],
            name={"fr": "Portail TVA", "de": "Mehrwertsteuerportal", "en": "VAT portal"},
            description={"fr": "Vos déclarations de TVA.", "de": "Ihre MwSt.-Erklärungen.",
                         "en": "Your VAT returns."}),
        register(
            slug="plume", category=Partner.Category.BANK, caller=caller, procedures=(Procedure.BANKING,),
            fraud_contact="fraude@plume.example",
            accepts=[DeviceType.TOKEN, DeviceType.SCAN, DeviceType.APP],
            name={"fr": "Banque de la Plume", "de": "Banque de la Plume", "en": "Banque de la Plume"},
            description={"fr": "Vos comptes et vos paiements.", "de": "Ihre Konten und Zahlungen.",
                         "en": "Your accounts and payments."}),
        register(
            slug="notaries", category=Partner.Category.PRIVATE, caller=caller, procedures=(Procedure.CONTRACTS,),
            accepts=[DeviceType.SMARTCARD, DeviceType.SIGNING_STICK, DeviceType.EID],
            minimum_level=Partner.Level.HIGH,
            name={"fr": "Actes en ligne", "de": "Urkunden online", "en": "Deeds online"},
            description={"fr": "Actes notariés signés avec une carte.", "de": "Notarielle Urkunden, mit Karte signiert.",
                         "en": "Notarial deeds signed with a card."}),
    ]
