# SPDX-License-Identifier: Apache-2.0
"""What must hold of the bytes that are signed and of the result, without database and without our own validator."""

import subprocess
from datetime import UTC, datetime

import pytest

from paraph.domain.signing import pades
from testkit import documents
from testkit.small_pki import SmallPKI

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki():
    return SmallPKI(AT)


def sign(pki, holder, content, at=AT):
    placed = pades.place(content, certificate=holder.der, name="Marie Muster", at=at)
    material = pades.Material(
        [holder.der, pki.issuing.der, pki.root.der, pki.tsu.der],
        [pki.answer(holder.serial, at), pki.answer(pki.tsu.serial, at)], [pki.revocation_list(pki.root, at)])
    return pades.complete(
        placed, signature=holder.key.sign(placed.attributes), chain=[holder.der, pki.issuing.der],
        stamp=lambda imprint: pki.stamp(imprint, at), material=lambda: material)


def test_pdfsig_accepts_the_signature_and_names_the_signer(pki, tmp_path):
    holder = pki.holder()
    path = tmp_path / "signed.pdf"
    path.write_bytes(sign(pki, holder, documents.pdf()))
    told = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in told
    assert "Signer Certificate Common Name: Marie Muster" in told
    assert "ETSI.CAdES.detached" in told
