# SPDX-License-Identifier: Apache-2.0
"""The product finder (R009–R012): from four answers to products, with the reasons for and against each.

It recommends nothing that can't be ordered today without saying so, and hides nothing: what was left out is listed
with what speaks against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from paraph.domain.orders.catalogue import Catalogue, Channel, Product, Use

# Video identification exists for these pairs only (R006, R007).
VIDEO = frozenset({("app", Use.PRIVATE), ("smartcard", Use.PROFESSIONAL)})


class Against(StrEnum):
    PARTNER = "partner"
    """A partner that was chosen refuses the device."""
    PROCEDURE = "procedure"
    """No partner that offers a chosen procedure accepts the device."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    use: Use
    procedures: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
    can_come: bool = True


@dataclass(frozen=True, kw_only=True)
class PartnerFacts:
    """What the finder needs of a partner of the directory."""

    slug: str
    accepts: frozenset[str]
    procedures: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A product that answers; `ways` are how one could be identified for it, `now` those that exist here today."""

    product: Product
    ways: tuple[Channel, ...]
    now: tuple[Channel, ...]
    partners: tuple[str, ...]
    """The partners of the directory that accept it."""

    @property
    def available(self) -> bool:
        return bool(self.now)


@dataclass(frozen=True, kw_only=True)
class Rejected:
    product: Product
    reasons: tuple[tuple[Against, str], ...]
    """Each with the partner's slug or the procedure."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    proposals: tuple[Proposal, ...]
    rejected: tuple[Rejected, ...]


def advise(answers: Answers, catalogue: Catalogue, partners: Iterable[PartnerFacts]) -> Advice:
    """Products for this use only (R009); what can be ordered today first, then the cheaper."""
    known = list(partners)
    proposals, rejected = [], []
    for product in catalogue.products:
        if product.use != answers.use:
            continue
        reasons = tuple(_against(product.device, answers, known))
        if reasons:
            rejected.append(Rejected(product=product, reasons=reasons))
            continue
        ways = _ways(product, can_come=answers.can_come)
        proposals.append(Proposal(
            product=product, ways=ways, now=tuple(way for way in ways if way in product.channels),
            partners=tuple(partner.slug for partner in known if product.device in partner.accepts)))
    proposals.sort(key=lambda proposal: (not proposal.available, proposal.product.price))
    return Advice(proposals=tuple(proposals), rejected=tuple(rejected))


def _against(device: str, answers: Answers, partners: list[PartnerFacts]) -> Iterable[tuple[Against, str]]:
    for partner in partners:
        if partner.slug in answers.partners and device not in partner.accepts:
            yield Against.PARTNER, partner.slug
    for procedure in sorted(answers.procedures):
        offering = [partner for partner in partners if procedure in partner.procedures]
        if offering and not any(device in partner.accepts for partner in offering):
            yield Against.PROCEDURE, procedure


def _ways(product: Product, *, can_come: bool) -> tuple[Channel, ...]:
    """R012: whoever can't come has video for two pairs, his bank if it knows him, and the apostille."""
    if can_come:
        return (Channel.DESK,)
    video = (Channel.VIDEO,) if (product.device, product.use) in VIDEO else ()
    return (*video, Channel.BANK, Channel.APOSTILLE)
