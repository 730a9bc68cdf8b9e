# SPDX-License-Identifier: Apache-2.0
"""The answer of a validation as values: the same for a page, for a program and for an expert years later."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

# The process and its edition, and the version of our own rules: a stored report says what it was made with.
PROCESS = "ETSI EN 319 102-1 V1.4.1"
RULES_VERSION = "1"

VALID, NOT_VALID, UNDETERMINED = "valid", "not_valid", "undetermined"
PASSED, INDETERMINATE, FAILED = "TOTAL_PASSED", "INDETERMINATE", "TOTAL_FAILED"


@dataclass(frozen=True)
class Finding:
    """One check of the process: its name, whether it held, and what was found."""

    check: str
    held: bool
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What a certificate says. `serial` is lower-case hex; `policies` are OIDs; instants are ISO 8601 in UTC."""

    subject: dict[str, str]
    issuer: str
    serial: str
    not_before: str
    not_after: str
    sha256: str
    key: str
    policies: list[str] = field(default_factory=list)
    qualified: bool = False
    in_qscd: bool = False
    seal: bool = False
    demonstration: bool = False

    @property
    def name(self) -> str:
        return self.subject.get("common_name") or " ".join(
            self.subject[part] for part in ("given_name", "surname") if self.subject.get(part))


@dataclass(frozen=True, kw_only=True)
class Timestamp:
    """A time-stamp token. `kind` is "signature" or "document"; a token that is not trusted proves nothing."""

    kind: str
    at: str
    trusted: bool
    authority: str
    serial: str
    policy: str
    code: str = ""
    field: str = ""
    covers_all: bool = False


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """An OCSP answer or a list that was used. `source` is "document" or "live"."""

    about: str
    kind: str
    status: str
    source: str
    this_update: str
    next_update: str = ""
    revoked_at: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Signature:
    """One signature. `verdict` and `code` are for people, `indication` and `sub_indication` are the standard's.

    `signed_at` is the best signature time: proven by a time-stamp where `time_proven`, else the instant of the validation;
    `claimed_at` is what the signer's side wrote. `later_changes`: none, proofs, forms, suspicious, not_examined.
    `legal_level`: qualified, advanced_qualified_certificate, advanced, or empty where none may be asserted; `burden` says who
    must prove: contesting_party, relying_party, or empty.
    """

    field: str
    verdict: str
    code: str
    indication: str
    sub_indication: str = ""
    intact: bool = False
    level: str = ""
    signed_at: str = ""
    time_proven: bool = False
    claimed_at: str = ""
    covers_all: bool = False
    later_changes: str = "none"
    legal_level: str = ""
    burden: str = ""
    certificate: Certificate | None = None
    chain: list[Certificate] = field(default_factory=list)
    timestamps: list[Timestamp] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    algorithms: dict[str, str] = field(default_factory=dict)

    @property
    def handwritten_equivalent(self) -> bool:
        """eIDAS Art. 25 (2): only a qualified signature of a person, and only one that was found valid."""
        return self.legal_level == "qualified"


@dataclass(frozen=True, kw_only=True)
class Report:
    """The answer about one file. `code` says what the file as a whole is: signed, no_signature, encrypted, not_pdf,
    too_large, damaged, empty, too_costly."""

    code: str
    verdict: str
    at: str
    sha256: str
    size: int
    signatures: list[Signature] = field(default_factory=list)
    timestamps: list[Timestamp] = field(default_factory=list)
    process: str = PROCESS
    rules: str = RULES_VERSION

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The report that a child program or a stored file tells. Unknown names are refused with TypeError."""
        given = dict(values)
        given["signatures"] = [_signature(entry) for entry in values.get("signatures", ())]
        given["timestamps"] = [Timestamp(**entry) for entry in values.get("timestamps", ())]
        return cls(**given)


def _signature(values: dict[str, Any]) -> Signature:
    given = dict(values)
    if values.get("certificate"):
        given["certificate"] = Certificate(**values["certificate"])
    for name, kind in (("chain", Certificate), ("timestamps", Timestamp), ("evidence", Evidence), ("findings", Finding)):
        given[name] = [kind(**entry) for entry in values.get(name, ())]
    return Signature(**given)
