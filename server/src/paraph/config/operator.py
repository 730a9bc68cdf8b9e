# SPDX-License-Identifier: Apache-2.0
"""The operator profile: names, numbers, addresses, prices and rules of the organisation that runs the service."""

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from paraph.config.environment import SettingError
from paraph.kernel.rules import Rules, from_mapping
from paraph.pki.profiles import TIME_STAMP_POLICY
from paraph.signer.values import ASSURANCE, PASSKEY_LEVELS, House

PACKAGE = Path(__file__).resolve().parents[1]
# The second folder holds the profile of the acceptance tests.
FOLDERS = (PACKAGE / "config" / "profiles", PACKAGE.parents[1] / "tests" / "profiles")


@dataclass(frozen=True)
class Operator:
    """What templates, letters and certificates say of the operator. `texts` are free entries of the profile."""

    slug: str
    name: str
    service: str
    legal_name: str
    country: str
    phone: str
    email: str
    inbound_emails: tuple[str, ...]
    address: dict[str, str]
    hours: dict[str, str]
    website: str
    policy_arc: str
    prices: dict[str, dict[str, int]]
    names: dict[str, str]
    certificates: dict[str, str]
    legal: dict[str, Any]
    demonstration: bool
    notice: dict[str, str]
    flags: dict[str, bool]
    passkeys: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, dict[str, int]] = field(default_factory=dict)
    channels: dict[str, Any] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)

    @property
    def rules_in_force(self) -> Rules:
        return replace(self.rules, lockout_lanes=self.flags.get("lockout_lanes", False))

    def house(self, url: str) -> House:
        """What the signer may state in the operator's name."""
        levels = {**PASSKEY_LEVELS, **self.passkeys.get("levels", {})} if self.flags.get("passkey") else {}
        return House(issuer=url, timestamp_policies=(f"{self.policy_arc}{TIME_STAMP_POLICY}",),
                     passkey_levels=tuple((grade, f"{ASSURANCE}{level}") for grade, level in levels.items()))

    def hours_in(self, language: str) -> str:
        return self.hours.get(language, self.hours["fr"])

    def notice_in(self, language: str) -> str:
        return self.notice.get(language, self.notice.get("fr", ""))


def load(name: str) -> Operator:
    """Reads a profile by name or path. Refuses one that lacks an entry, in one sentence."""
    named = [folder / f"{name}.toml" for folder in FOLDERS if (folder / f"{name}.toml").exists()]
    path = named[0] if named else Path(name)
    try:
        content = tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingError(f"the operator profile {name} can't be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"the operator profile {name} is not valid TOML: {error}") from error
    content["rules"] = from_mapping(content.get("rules", {}))
    content["inbound_emails"] = tuple(content["inbound_emails"])
    try:
        return Operator(**content)
    except TypeError as error:
        raise SettingError(f"the operator profile {name}: {error}") from error
