# SPDX-License-Identifier: Apache-2.0
"""What the operator sells, at which price, and by which way of identification. Bound once by `config`."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_noop

from paraph.kernel.errors import Refusal


class Use(StrEnum):
    PRIVATE = "private"
    PROFESSIONAL = "professional"


class Channel(StrEnum):
    """How a person is identified."""

    DESK = "desk"
    VIDEO = "video"
    BANK = "bank"
    APOSTILLE = "apostille"


class NotOffered(Refusal):
    """The catalogue has no such product, or not by this way of identification."""

    code = "not_offered"
    sentence = gettext_noop("Ce produit ne peut pas être commandé de cette façon. Rien n’a été enregistré.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class Product:
    """One device for one use. `price` in cents, VAT included. `channels`: the ways in which it can be ordered now."""

    device: str
    use: Use
    price: int
    channels: tuple[Channel, ...]

    @property
    def orderable(self) -> bool:
        return bool(self.channels)


# What this installation can deliver from order to activation. A product is added here when its whole path stands.
# Without a price it is not sold: where banks alone hand out Scans, the operator's profile names none (R331).
DELIVERABLE = {("token", Use.PRIVATE): (Channel.DESK,), ("scan", Use.PRIVATE): (Channel.DESK,)}


@dataclass(frozen=True)
class Catalogue:
    products: tuple[Product, ...]

    @classmethod
    def from_prices(cls, prices: dict[str, dict[str, int]]) -> "Catalogue":
        """From the operator profile: cents by device and use. What has no price is not sold."""
        return cls(tuple(
            Product(device=device, use=Use(use), price=price, channels=DELIVERABLE.get((device, Use(use)), ()))
            for device, uses in prices.items() for use, price in uses.items()))

    def find(self, device: str, use: str) -> Product:
        for product in self.products:
            if (product.device, product.use) == (device, use):
                return product
        raise NotOffered()


_catalogue = Catalogue(())


def use(catalogue: Catalogue) -> None:
    global _catalogue
    _catalogue = catalogue


def current() -> Catalogue:
    return _catalogue
