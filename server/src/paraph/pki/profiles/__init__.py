# SPDX-License-Identifier: Apache-2.0
"""Certificate profiles as versioned data: what each kind of certificate must say, and where it is demanded.

A profile that has issued a certificate is never edited: a change is a new version beside the old one, so that the daily
re-check and an expert years later know the rules of that day. `editions` names the documents and the editions that the
profile was written against; `clauses` names the clause behind each property.

Policies of ours are written relative to the operator's arc (".2"); `get` puts the arc before them. The default is the
example arc 2.999, and the notices say so: what is issued here is a demonstration, also where the profile has the form
of a qualified certificate.
"""

from dataclasses import replace
from functools import cache

from paraph.pki import oids
from paraph.pki.profiles.catalogue import ALL, EDITIONS, TIME_STAMP_POLICY
from paraph.pki.profiles.kind import Profile, Qualified, add_years
from paraph.pki.profiles.writing import Request, instruction

__all__ = ["ALL", "EDITIONS", "TIME_STAMP_POLICY", "Profile", "Qualified", "Request", "UnknownProfile", "add_years", "get",
           "instruction"]

_BY_VERSION = {(profile.name, profile.version): profile for profile in ALL}
_NEWEST = {profile.name: profile for profile in sorted(ALL, key=lambda profile: profile.version)}


class UnknownProfile(KeyError):
    """No profile has this name and version."""


@cache
def get(name: str, version: int | None = None, arc: str = oids.EXAMPLE_POLICIES) -> Profile:
    """The newest version of a profile, or one given version, with the operator's policies under `arc`."""
    try:
        profile = _NEWEST[name] if version is None else _BY_VERSION[name, version]
    except KeyError as error:
        raise UnknownProfile(name) from error
    policies = (
        replace(policy, oid=arc + policy.oid) if policy.oid.startswith(".") else policy for policy in profile.policies
    )
    return replace(profile, policies=tuple(policies))
