# SPDX-License-Identifier: Apache-2.0
"""paraph ca request | approve | refuse | withdraw | approvals | do.

A deed that needs four eyes is asked for by one account of this machine, approved by another, and then done by either. What
an account is called is what the operating system says, also under sudo.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.certification import authorities, policy, queries, services
from paraph.domain.certification.models import Approval, Certificate
from paraph.domain.registration import services as registration
from paraph.interfaces import deeds
from paraph.interfaces.cli import signer_host
from paraph.interfaces.cli.saying import account, guarded, read_bytes, reads, say, say_all, writes
from paraph.interfaces.tree import tree_names
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound
from paraph.pki import names, profiles, x509
from paraph.pki.keys import ALGORITHMS

_NAMES = sorted({profile.name for profile in profiles.ALL})
_BY_HAND = sorted({profile.name for profile in profiles.ALL if profile.holder in policy.BY_HAND})
_USAGES = ("authentication", "signature")
_OF_PEOPLE = {usage: sorted({profile.name for profile in profiles.ALL if profile.holder == "natural"
                             and profile.usage == usage and not profile.validity_assured}) for usage in _USAGES}


def add_commands(group: argparse._SubParsersAction) -> None:
    """The commands of `paraph ca` that ask for, give and use approvals."""
    request = group.add_parser("request", help="ask a second person to allow something")
    _deeds(request.add_subparsers(dest="deed", required=True))
    do = writes(group.add_parser("do", help="do what was approved, once. What needs the signer's consent (an "
                                                    "authority, a key from elsewhere) as root on its host"))
    do.add_argument("approval", type=UUID, help="its number, as `paraph ca approvals` shows it")
    do.add_argument("--out", type=Path, help="write a certificate that was issued, with its chain, to this file (PEM)")
    do.set_defaults(handler=guarded(run_do))
    for name, text in (("approve", "allow what another asked"), ("refuse", "refuse it"), ("withdraw", "take it back")):
        command = writes(group.add_parser(name, help=text))
        command.add_argument("approval", type=UUID, help="its number, as `paraph ca approvals` shows it")
        if name == "approve":
            command.add_argument("hash", help="the hash of what you saw")
        command.set_defaults(handler=guarded(run_decide))
    listing = reads(group.add_parser("approvals", help="what was asked for and decided"))
    listing.set_defaults(handler=run_approvals)


def _deeds(asked: argparse._SubParsersAction) -> None:
    command = asked.add_parser("create-authority", help="one more issuing authority, for a kind or for a roll-over")
    command.add_argument("name")
    command.add_argument("--kind", required=True, choices=sorted(authorities.KINDS))
    command.add_argument("--common-name", required=True)
    command.add_argument("--algorithm", default="P-256", choices=ALGORITHMS)
    command = asked.add_parser("revoke-authority", help="revoke an authority's own certificate")
    command.add_argument("name")
    command.add_argument("--cause", required=True, choices=sorted(policy.CAUSES))
    command = asked.add_parser("declare-device", help="declare a device that holds keys")
    command.add_argument("name")
    command.add_argument("--reference", required=True, help="its certification")
    command.add_argument("--until", required=True, type=_day, help="the first day that is not covered, YYYY-MM-DD")
    command = asked.add_parser("waive", help="issue against findings of the gate until an end date")
    command.add_argument("--profile", required=True, choices=_NAMES)
    command.add_argument("--finding", required=True, action="append", help="a rule's code; may be repeated")
    command.add_argument("--ends", required=True, type=_day, help="the first day that is not covered, YYYY-MM-DD")
    command = asked.add_parser("put-in-force", help="put a version of a profile in force")
    command.add_argument("profile", choices=_NAMES)
    command.add_argument("version", type=int)
    command = asked.add_parser("take-out-of-force", help="issue no certificate of a profile any more")
    command.add_argument("profile", choices=_NAMES)
    command = asked.add_parser("reissue", help="replace a holder's certificates, for the same keys and device")
    command.add_argument("user_id")
    for usage in _USAGES:
        command.add_argument(f"--{usage}-profile", default="", choices=_OF_PEOPLE[usage], help="another than now")
    command.add_argument("--device", default="", help="the declared device that holds the keys")
    _issue(asked.add_parser("issue", help="one certificate for a request (PKCS#10): a seal, a server, a service"))
    for command in asked.choices.values():
        command.add_argument("--reason-given", required=True, metavar="TEXT", help="why it is needed")
        writes(command).set_defaults(handler=guarded(run_request))


def _issue(command: argparse.ArgumentParser) -> None:
    command.add_argument("request", type=Path, help="the certification request, PEM or DER")
    command.add_argument("--profile", required=True, choices=_BY_HAND)
    command.add_argument("--organisation", default="", help="its name, as its register has it")
    command.add_argument("--identifier", default="", help="such as NTRLU-B123456 or VATLU-12345678")
    command.add_argument("--country", default="", help="of its seat, two letters")
    command.add_argument("--locality", default="", help="of a server's operator")
    command.add_argument("--common-name", default="", help="of a seal (else the organisation's name) or a service")
    command.add_argument("--applicant", default="", help="who asks on behalf of the organisation")
    command.add_argument("--evidence", default="", help="where the verified papers are")
    command.add_argument("--identification", default="", choices=sorted(policy.IDENTIFICATIONS), help="how it was identified")
    command.add_argument("--device", default="", help="the declared device that holds the key")
    command.add_argument("--authority", default="", help="which authority issues; else the newest in service")


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def run_request(parsed: argparse.Namespace) -> int:
    caller = account()
    if parsed.dry_run:
        action, content = _draft(parsed, caller)
        return say(parsed, {"action": action, "content": content, "hash": policy.content_hash(action, content)})
    given = {"reason": parsed.reason_given, "caller": caller}
    match parsed.deed:
        case "waive":
            asked = services.ask_waiver(profile=parsed.profile, findings=parsed.finding, ends_at=parsed.ends, **given)
        case "put-in-force" | "take-out-of-force":
            asked = services.ask_standing(profile=parsed.profile, version=getattr(parsed, "version", None), **given)
        case "issue":
            asked = services.ask_issuance(**_issuance(parsed), **given)
        case "reissue":
            asked = registration.ask_reissue(
                identity_id=_identity(parsed).id, profiles=_profiles(parsed), device=parsed.device, **given)
        case _:
            action, content = _draft(parsed, caller)
            asked = services.ask_approval(action=action, content=content, **given)
    return say(parsed, _approval(asked))


def _draft(parsed: argparse.Namespace, caller: Caller) -> tuple[str, dict]:
    """What the approval would be about."""
    match parsed.deed:
        case "create-authority":
            return policy.CREATE_AUTHORITY, policy.authority_creation(
                parsed.name, parsed.kind, parsed.common_name, parsed.algorithm)
        case "revoke-authority":
            certificate = queries.certificate_of(queries.authority(parsed.name))
            return policy.REVOKE_AUTHORITY, policy.authority_revocation(certificate, parsed.cause)
        case "declare-device":
            return policy.DECLARE_DEVICE, policy.device_declaration(parsed.name, parsed.reference, parsed.until)
        case "waive":
            version = queries.profile_in_force(parsed.profile).version
            return policy.WAIVE_FINDINGS, policy.waiver(parsed.profile, version, parsed.finding)
        case "issue":
            return policy.ISSUE_BY_HAND, services.draft_issuance(**_issuance(parsed), caller=caller)
        case "reissue":
            old = queries.active_pair(str(_identity(parsed).id), caller.at)
            if old is None:
                raise registration.NoCertificateToReplace()
            return registration.REISSUE, registration.draft_reissue(
                queries.generation(old.generation), _profiles(parsed), parsed.device)
    return policy.profile_standing(parsed.profile, getattr(parsed, "version", None))


def _identity(parsed: argparse.Namespace) -> Identity:
    identity = accounts.identity_by_user_id(parsed.user_id)
    if identity is None:
        raise NotFound()
    return identity


def _profiles(parsed: argparse.Namespace) -> dict[str, str]:
    chosen = {usage: getattr(parsed, f"{usage}_profile") for usage in _USAGES}
    return {usage: name for usage, name in chosen.items() if name}


def _issuance(parsed: argparse.Namespace) -> dict:
    return {
        "profile": parsed.profile, "subject": _subject(parsed), "request": read_bytes(parsed.request),
        "applicant": parsed.applicant, "evidence": parsed.evidence, "identification": parsed.identification,
        "device": parsed.device, "authority": parsed.authority,
    }


def _subject(parsed: argparse.Namespace) -> names.Subject:
    match profiles.get(parsed.profile).holder:
        case "legal":
            return names.legal_person(name=parsed.organisation, identifier=parsed.identifier, country=parsed.country,
                                      common_name=parsed.common_name)
        case "web":
            return names.web_server(
                organization=parsed.organisation, locality=parsed.locality, country=parsed.country)
    return tree_names().subject(parsed.common_name)


def run_decide(parsed: argparse.Namespace) -> int:
    if parsed.dry_run:
        return say(parsed, _approval(queries.approval(parsed.approval)))
    caller = account()
    match parsed.action:
        case "approve":
            decided = services.approve(approval_id=parsed.approval, content_hash=parsed.hash, caller=caller)
        case "refuse":
            decided = services.refuse(approval_id=parsed.approval, caller=caller)
        case _:
            decided = services.withdraw(approval_id=parsed.approval, caller=caller)
    return say(parsed, _approval(decided))


def run_do(parsed: argparse.Namespace) -> int:
    caller = account()
    approval = queries.approval(parsed.approval)
    if parsed.dry_run:
        return say(parsed, {"can_be_done": deeds.waits(approval, caller), **_approval(approval)})
    with signer_host.consenting(approval, caller):
        came = deeds.perform(approval.id, caller)
    facts = {"done": approval.action, **_shown(approval.content)}
    if isinstance(came, Certificate):
        pem = "".join(x509.pem(encoded) for encoded in queries.chain(came))
        facts |= {"serial": came.serial, "not_after": came.not_after.isoformat()}
        if parsed.out:
            parsed.out.write_text(pem)
        else:
            facts["pem"] = pem
    return say(parsed, facts)


def run_approvals(parsed: argparse.Namespace) -> int:
    return say_all(parsed, [_approval(row) for row in queries.approvals()], "Nothing was asked for.")


def _approval(row: Approval) -> dict:
    return {
        "id": str(row.id), "action": row.action, "content": _shown(row.content), "hash": row.content_hash,
        "subject": row.subject, "reason": row.reason, "state": str(row.state), "asked_by": row.asked_by,
        "decided_by": row.decided_by, "ends_at": row.ends_at.isoformat(),
    }


def _shown(content: dict) -> dict:
    """Without the whole certification request: its key stands beside it as a digest."""
    return {name: value for name, value in content.items() if name != "request"}
