# SPDX-License-Identifier: Apache-2.0
"""Vectors of RFC 6962's reference tree (the eight well-known leaves of the certificate transparency test suite)."""

from hashlib import sha256

import pytest

from paraph.domain.audit import merkle

LEAVES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.requirement("RFC 6962 2.1")
def test_roots_agree_with_the_published_tree():
    frontier = merkle.Frontier()
    assert frontier.root() == sha256(b"").digest()
    for content, root in zip(LEAVES, ROOTS, strict=True):
        frontier.add(merkle.leaf_hash(content))
        assert frontier.root().hex() == root


@pytest.mark.requirement("RFC 6962 2.1.1")
@pytest.mark.parametrize("size", range(1, 9))
def test_inclusion_proofs_hold_and_foreign_ones_do_not(size):
    leaves = [merkle.leaf_hash(content) for content in LEAVES[:size]]
    root = bytes.fromhex(ROOTS[size - 1])
    for index, leaf in enumerate(leaves):
        path = merkle.inclusion_proof(leaves, index)
        assert merkle.verify_inclusion(leaf, index, size, path, root)
        assert not merkle.verify_inclusion(merkle.leaf_hash(b"foreign"), index, size, path, root)
        assert not merkle.verify_inclusion(leaf, index + 1, size, path, root)
