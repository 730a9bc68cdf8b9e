# SPDX-License-Identifier: Apache-2.0
"""What a rule is, and how a module of rules declares its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from paraph.pki.lint.reading import Examined
from paraph.pki.profiles import Profile


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: the rule's code, the clause that demands it, and a sentence for whoever corrects it."""

    code: str
    clause: str
    message: str


class Looked(Protocol):
    """What a rule may look at: the certificate, its profile, its issuer, and the key that must have signed it."""

    certificate: Examined
    profile: Profile
    issuer: Examined
    verification_key: bytes


Check = Callable[[Looked], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    clause: str
    check: Check


class Rules(list[Rule]):
    """The rules of one module, in the order in which they are declared."""

    def declare(self, code: str, clause: str) -> Callable[[Check], Check]:
        def keep(check: Check) -> Check:
            self.append(Rule(code, clause, check))
            return check

        return keep
