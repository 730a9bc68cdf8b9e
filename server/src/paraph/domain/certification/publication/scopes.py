# SPDX-License-Identifier: Apache-2.0
"""Which lists an authority has, and where they are: the full one (shard 0), one for each shard, and their deltas.

A certificate names the list of its shard for ever, so addresses follow from the authority's and never change. The full
list carries all that the authority issued; a shard's list says in its critical issuing distribution point which it is,
so that nobody can pass one off as another (RFC 5280 clause 5.2.5).
"""

from paraph.domain.certification.models import Authority, Certificate
from paraph.pki.crl import Scope

WHOLE = 0


def shard_of(authority: Authority, serial: str) -> int:
    """Where a new certificate will stand. Serials are random, so shards grow alike and nobody can choose his."""
    return 1 + int(serial, 16) % authority.shards if authority.shards else WHOLE


def shards(authority: Authority) -> range:
    """The whole, and each shard."""
    return range(WHOLE, authority.shards + 1)


def list_address(authority: Authority, shard: int) -> str:
    if shard == WHOLE:
        return authority.list_url
    return f"{authority.list_url.removesuffix('.crl')}/{shard}.crl"


def delta_address(authority: Authority, shard: int) -> str:
    return f"{list_address(authority, shard).removesuffix('.crl')}/delta.crl"


def scope(authority: Authority, shard: int) -> Scope | None:
    return None if shard == WHOLE else Scope(addresses=(list_address(authority, shard),))


def listed(authority: Authority, shard: int):
    """The certificates that stand on the list, in the order of their entries."""
    rows = Certificate.objects.filter(authority=authority).exclude(revocation_date=None)
    return (rows if shard == WHOLE else rows.filter(crl_shard=shard)).order_by("serial")


def changes(authority: Authority, shard: int):
    """What changed of those certificates."""
    return authority.changes.all() if shard == WHOLE else authority.changes.filter(shard=shard)
