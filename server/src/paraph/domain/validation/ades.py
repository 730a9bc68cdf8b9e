# SPDX-License-Identifier: Apache-2.0
"""The validation process of EN 319 102-1: basic signatures (clause 5.3), time-stamps (5.4), signatures with time (5.5) and
with archival material (5.6), chosen by the level that is found.

Everything is decided at the instants that trusted time-stamps prove; nothing here asks a clock or the network.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography import x509

from paraph.domain.validation import cms, paths, qualification, report
from paraph.domain.validation.cms import Container, Token, Unsound
from paraph.domain.validation.evidence import TOLERANCE, Archive, Fact, Status, status_at
from paraph.domain.validation.paths import Pool
from paraph.domain.validation.report import FAILED, INDETERMINATE, NOT_VALID, PASSED, UNDETERMINED, VALID, Finding

# RFC 3161 clause 4: stamps made before a revocation for one of these reasons stay good.
HARMLESS = {"superseded", "cessation_of_operation", "affiliation_changed"}
FAILURES = {"FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE", "NOT_YET_VALID"}
CRYPTO_CODES = {"HASH_FAILURE": "changed", "SIG_CRYPTO_FAILURE": "forged"}
LATER_CODES = {
    "suspicious": ("FORMAT_FAILURE", "changed_after_signing"),
    "not_examined": ("SIG_CONSTRAINTS_FAILURE", "later_changes_unknown"),
}
PATH_CODES = {
    "expired": ("OUT_OF_BOUNDS_NO_POE", "expired_unproven"), "not_yet_valid": ("NOT_YET_VALID", "not_yet_valid"),
    "weak_algorithm": ("CRYPTO_CONSTRAINTS_FAILURE", "weak_algorithm"),
}


@dataclass(frozen=True)
class Embedded:
    """One signature or document time-stamp as it stands in a file. `flaw` is what is wrong with its place there;
    `digest_of(name)` hashes what it covers; `end` is where that ends in the file."""

    field: str
    is_stamp: bool
    container: bytes
    digest_of: Callable[[str], bytes]
    end: int
    covers_all: bool
    later_changes: str = "none"
    flaw: str = ""
    claimed_at: datetime | None = None


@dataclass(frozen=True)
class World:
    """What a judgement relies on: certificates and anchors, answers and lists, the instant of the validation."""

    pool: Pool
    archive: Archive
    at: datetime


@dataclass
class Draft:
    """A signature's findings while the process runs."""

    embedded: Embedded
    findings: list[Finding] = field(default_factory=list)
    evidence: list[report.Evidence] = field(default_factory=list)
    stamps: list[report.Timestamp] = field(default_factory=list)
    intact: bool = False
    best: datetime | None = None
    path: list[x509.Certificate] = field(default_factory=list)
    container: Container | None = None

    def check(self, name: str, held: bool, detail: str = "") -> bool:
        self.findings.append(Finding(name, held, detail))
        return held


class Verdict(Exception):
    """The process ends here."""

    def __init__(self, sub_indication: str, code: str, verdict: str = "") -> None:
        super().__init__(code)
        self.sub_indication, self.code = sub_indication, code
        self.indication = FAILED if sub_indication in FAILURES else INDETERMINATE
        self.verdict = verdict or (NOT_VALID if self.indication == FAILED else UNDETERMINED)


# --- time-stamps ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stamp:
    """A document time-stamp after its judgement."""

    told: report.Timestamp
    at: datetime | None
    end: int


def judge_stamps(stamps: list[Embedded], world: World) -> tuple[list[Stamp], World]:
    """Newest first: each trusted one proves that everything it covers, older stamps too, existed at its time.

    The world that comes back knows since when the material in the document existed.
    """
    judged = []
    control = world.at
    for embedded in sorted(stamps, key=lambda one: one.end, reverse=True):
        told, at = _judge_token(embedded.container, embedded.digest_of, world, control, kind="document",
                                flaw=embedded.flaw)
        judged.append(Stamp(replace(told, field=embedded.field, covers_all=embedded.covers_all), at, embedded.end))
        if at is not None:
            if embedded.covers_all:
                world = replace(world, archive=replace(world.archive, proven=at))
            control = at
    return judged, world


def _judge_token(
    encoding: bytes, imprint_of: Callable[[str], bytes], world: World, control: datetime, *, kind: str, flaw: str = "",
) -> tuple[report.Timestamp, datetime | None]:
    try:
        token = cms.open_token(encoding, imprint_of)
    except Unsound as unsound:
        return report.Timestamp(kind=kind, at="", trusted=False, authority="", serial="", policy="",
                                code=flaw or unsound.code), None
    code = flaw or _distrust(token, world, control)
    authority = qualification.describe(token.container.certificate).name
    return report.Timestamp(kind=kind, at=token.at.isoformat(), trusted=not code, authority=authority,
                            serial=token.serial, policy=token.policy, code=code), None if code else token.at


def _distrust(token: Token, world: World, control: datetime) -> str:
    """Why the token's time is not trusted, judged at `control` (when it is known to have existed), or ""."""
    leaf = token.container.certificate
    if not qualification.may_stamp(leaf):
        return "not_for_stamping"
    if token.at > control + TOLERANCE:
        return "from_the_future"
    if control > leaf.not_valid_after_utc:
        return "expired"
    code = "unknown_issuer"
    for path in paths.paths(leaf, _with(world.pool, token.container)):
        code = paths.flaw(path, token.at) or _revoked_stamp(path, world, control, token.at)
        if not code:
            return ""
    return code


def _revoked_stamp(path: list[x509.Certificate], world: World, control: datetime, at: datetime) -> str:
    for certificate, issuer in zip(path, path[1:], strict=False):
        status = status_at(world.archive.facts(certificate, issuer, world.at), control)
        if status.state == "unknown":
            return "status_unknown"
        if status.state != "good":
            harmless = status.fact.reason in HARMLESS and at < status.fact.revoked_at
            if not harmless:
                return status.state
    return ""


# --- signatures -------------------------------------------------------------------------------------------------------


def judge(embedded: Embedded, world: World, stamps: list[Stamp]) -> report.Signature:
    """One signature, with the document time-stamps that cover it."""
    draft = Draft(embedded)
    try:
        _basic(draft)
        _time(draft, world, [stamp for stamp in stamps if stamp.end > embedded.end])
        _certificate(draft, world)
    except Verdict as end:
        return _told(draft, world, stamps, end)
    return _told(draft, world, stamps, None)


def _basic(draft: Draft) -> None:
    """Clause 5.3: format, signing certificate, cryptographic verification; and what came after in the file."""
    embedded = draft.embedded
    try:
        draft.container = cms.open_container(embedded.container, cms.DATA)
        draft.check("format", True)
        if embedded.flaw:
            raise Verdict("FORMAT_FAILURE", "covers_not_document")
        digest = embedded.digest_of(draft.container.algorithms["digest"])
        failure = cms.verify(draft.container, cms.DATA, digest)
    except Unsound as unsound:
        draft.check("format", False, f"{unsound.code} {unsound.detail}".strip())
        raise Verdict(unsound.sub_indication, unsound.code) from unsound
    if not draft.check("cryptographic_verification", not failure, failure):
        raise Verdict(failure, CRYPTO_CODES[failure])
    draft.intact = True
    if not draft.check("later_changes", embedded.later_changes not in LATER_CODES, embedded.later_changes):
        raise Verdict(*LATER_CODES[embedded.later_changes])


def _time(draft: Draft, world: World, covering: list[Stamp]) -> None:
    """Clause 5.5: the best signature time is the earliest that a trusted time-stamp proves, else the validation's."""
    proven = [stamp.at for stamp in covering if stamp.at is not None]
    control = min(proven, default=world.at)
    own = []
    for encoding in draft.container.tokens():
        told, at = _judge_token(encoding, lambda name: cms.digest_of(name, draft.container.value), world, control,
                                kind="signature")
        draft.stamps.append(told)
        draft.check("signature_timestamp", told.trusted, told.code)
        if told.code == "from_the_future" and proven:
            raise Verdict("TIMESTAMP_ORDER_FAILURE", "time_order")
        if at is not None:
            own.append(at)
    draft.best = min([*own, *proven], default=None)


def _certificate(draft: Draft, world: World) -> None:
    """Clauses 5.2.6 and 5.6: path, use and status of the certificate at the best signature time."""
    leaf, at = draft.container.certificate, draft.best or world.at
    candidates = list(paths.paths(leaf, _with(world.pool, draft.container)))
    if not draft.check("certificate_path", bool(candidates)):
        raise Verdict("NO_CERTIFICATE_CHAIN_FOUND", "unknown_issuer")
    flaws = [paths.flaw(path, at) for path in candidates]
    draft.path = candidates[flaws.index("") if "" in flaws else 0]
    flaw = "" if "" in flaws else flaws[0]
    if not draft.check("path_validation", not flaw, flaw):
        raise Verdict(*PATH_CODES.get(flaw, ("CHAIN_CONSTRAINTS_FAILURE", "path_not_allowed")))
    if not draft.check("key_usage", qualification.may_sign_documents(leaf)):
        raise Verdict("CHAIN_CONSTRAINTS_FAILURE", "wrong_certificate")
    for depth, (certificate, issuer) in enumerate(zip(draft.path, draft.path[1:], strict=False)):
        status = status_at(world.archive.facts(certificate, issuer, world.at), at)
        draft.evidence += [_evidence(certificate, fact) for fact in (status.fact, status.later) if fact is not None]
        draft.check("revocation", status.state == "good", f"{format(certificate.serial_number, 'x')} {status.state}")
        if status.state != "good":
            raise _bad_status(status, depth, proven=draft.best is not None)


def _bad_status(status: Status, depth: int, *, proven: bool) -> Verdict:
    if status.state == "unknown":
        return Verdict("TRY_LATER", "status_unknown")
    if depth:
        return Verdict("REVOKED_CA_NO_POE", "authority_revoked")
    word = "suspended" if status.state == "on_hold" else "revoked"
    # Nothing proves that it was made before: with a proven time that is certain, without one it may still be shown.
    return Verdict("REVOKED_NO_POE", f"{word}_at_signing" if proven else f"{word}_unproven",
                   NOT_VALID if proven else UNDETERMINED)


def _with(pool: Pool, container: Container) -> Pool:
    more = Pool.of((), container.others).found
    together = {name: [*pool.found.get(name, ()), *more.get(name, ())] for name in {*pool.found, *more}}
    return Pool(pool.anchors, together)


# --- telling ----------------------------------------------------------------------------------------------------------


def _told(draft: Draft, world: World, stamps: list[Stamp], end: Verdict | None) -> report.Signature:
    embedded = draft.embedded
    described = qualification.describe(draft.container.certificate) if draft.container else None
    level = qualification.legal_level(described) if described and end is None else ""
    return report.Signature(
        field=embedded.field,
        verdict=end.verdict if end else VALID,
        code=end.code if end else "valid",
        indication=end.indication if end else PASSED,
        sub_indication=end.sub_indication if end else "",
        intact=draft.intact,
        level=_level(draft, world, stamps),
        signed_at=(draft.best or world.at).isoformat() if draft.intact else "",
        time_proven=draft.best is not None,
        claimed_at=embedded.claimed_at.isoformat() if embedded.claimed_at else "",
        covers_all=embedded.covers_all,
        later_changes=embedded.later_changes,
        legal_level=level,
        burden={"": "", "qualified": "contesting_party"}.get(level, "relying_party"),
        certificate=described,
        chain=[qualification.describe(certificate) for certificate in draft.path],
        timestamps=draft.stamps,
        evidence=draft.evidence,
        findings=draft.findings,
        algorithms=draft.container.algorithms if draft.container else {},
    )


def _level(draft: Draft, world: World, stamps: list[Stamp]) -> str:
    """The baseline level that is really there: a time-stamp that is not trusted, or status that is missing, adds none."""
    if not draft.intact:
        return ""
    if draft.best is None:
        return "B-B"
    inside = replace(world.archive, answers=tuple(one for one in world.archive.answers if one[0] == "document"),
                     lists=tuple(one for one in world.archive.lists if one[0] == "document"))
    pairs = list(zip(draft.path, draft.path[1:], strict=False))
    complete = bool(pairs) and all(
        status_at(inside.facts(certificate, issuer, world.at), draft.best).state == "good"
        for certificate, issuer in pairs)
    if not complete:
        return "B-T"
    sealed = any(stamp.at is not None and stamp.told.covers_all for stamp in stamps)
    return "B-LTA" if sealed else "B-LT"


def _evidence(certificate: x509.Certificate, fact: Fact) -> report.Evidence:
    return report.Evidence(
        about=format(certificate.serial_number, "x"), kind=fact.kind, status=fact.status, source=fact.source,
        this_update=fact.this_update.isoformat(),
        next_update=fact.next_update.isoformat() if fact.next_update else "",
        revoked_at=fact.revoked_at.isoformat() if fact.revoked_at else "", reason=fact.reason)
