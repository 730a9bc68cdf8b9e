# SPDX-License-Identifier: Apache-2.0
"""What a profile is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from paraph.pki import oids
from paraph.pki.x509 import Policy


@dataclass(frozen=True, kw_only=True)
class Qualified:
    """What a certificate states as a qualified one (EN 319 412-5): its type and whether the key lives in a QSCD."""

    type: str
    in_qscd: bool


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One kind of certificate. `extensions` maps each extension that must be present to whether it is critical.

    `holder` is "natural" (a person), "legal" (an organisation), "web" (a server), "authority" or "service"; `years` are
    calendar years, exact for persons and organisations and a maximum for the others, `life` is a time in their place;
    `key_years` is the shorter time in which a time-stamping key signs. `in_device`: its key lives in a device that the
    operator declared.
    """

    name: str
    version: int
    holder: str
    usage: str
    issuer: str
    years: int
    key_usage: tuple[str, ...]
    extensions: Mapping[str, bool]
    clauses: Mapping[str, str]
    editions: tuple[str, ...]
    level: str = ""
    path_length: int | None = None
    purposes: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    qualified: Qualified | None = None
    key_years: int | None = None
    life: timedelta | None = None
    in_device: bool = False
    can_be_suspended: bool = False
    key_algorithms: tuple[str, ...] = ("P-256", "P-384", "RSA-3072", "RSA-4096")

    @property
    def is_authority(self) -> bool:
        return self.holder == "authority"

    @property
    def names_ocsp(self) -> bool:
        """Whether it says where to ask for its status: authorities have lists, a responder is not asked of itself."""
        return self.usage not in ("ca", "ocsp") and not self.validity_assured

    @property
    def validity_assured(self) -> bool:
        """Whether it is never revoked, because it ends before anybody could ask for it (EN 319 412-1 clause 5.2)."""
        return oids.VALIDITY_ASSURED in self.extensions

    @property
    def has_exact_life(self) -> bool:
        return self.holder in ("natural", "legal")

    @property
    def is_self_signed(self) -> bool:
        return self.issuer == self.name

    def clause(self, code: str, otherwise: str) -> str:
        """The clause behind the property that a lint rule checks, or `otherwise` where the profile adds nothing."""
        return self.clauses.get(code, otherwise)

    def not_after(self, not_before: datetime) -> datetime:
        """`years` calendar years later in UTC, as certificates are read; 29 February becomes 28 February (R072).

        A `life` counts its last second, as EN 319 411-1 and the Baseline Requirements do.
        """
        if self.life is not None:
            return not_before + self.life - timedelta(seconds=1)
        return add_years(not_before, self.years)


def add_years(at: datetime, years: int) -> datetime:
    """The same instant of the year `years` calendar years later, in the zone of `at`; 29 February becomes the 28th."""
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, day=28)
