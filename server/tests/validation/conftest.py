# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.signing import pades
from paraph.domain.validation.services import Trust
from testkit.small_pki import SmallPKI


class Desk:
    """A small PKI that signs documents to any level, so that each can be validated."""

    def __init__(self, at):
        self.pki = SmallPKI(at)

    def sign(self, content, holder, at, *, key=None):
        placed = pades.place(content, certificate=holder.der, name="Marie Muster", at=at)
        pki = self.pki
        material = pades.Material(
            [holder.der, pki.issuing.der, pki.root.der, pki.tsu.der],
            [pki.answer(holder.serial, at), pki.answer(pki.tsu.serial, at)], [pki.revocation_list(pki.root, at)])
        return pades.complete(
            placed, signature=(key or holder.key).sign(placed.attributes), chain=[holder.der, pki.issuing.der],
            stamp=lambda imprint: pki.stamp(imprint, at), material=lambda: material)

    def trust(self, at, **given):
        """As the service trusts: its own root, and its two lists as they stand at `at`."""
        pki = self.pki
        return Trust(anchors=(pki.root.der,), certificates=(pki.issuing.der,),
                     lists=(pki.revocation_list(pki.root, at), pki.revocation_list(pki.issuing, at)), **given)


@pytest.fixture
def desk(clock):
    return Desk(clock.now())
