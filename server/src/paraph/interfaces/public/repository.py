# SPDX-License-Identifier: Apache-2.0
"""The trust repository: certificates of authorities, their lists, the policies in force, the disclosure statement."""

from functools import lru_cache
from hashlib import sha256

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import condition, require_safe

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import LegalText
from paraph.domain.certification import queries as certification
from paraph.domain.certification.models import Authority
from paraph.domain.certification.publication import crl, scopes
from paraph.domain.notifications import letters
from paraph.interfaces.public.legal import blocks
from paraph.kernel import clock
from paraph.kernel.errors import NotFound
from paraph.pki import profiles

LANGUAGES = ("fr", "de", "en")
DISCLOSURE = "disclosure"
# What a policy is for, in words for people, by the profile's usage.
USES = {
    "authentication": _("se connecter"),
    "signature": _("signer"),
    "seal": _("cachet d’une organisation"),
    "tls": _("serveur"),
    "ocsp": _("répondre sur l’état des certificats"),
    "tsu": _("horodater"),
}


@require_safe
def authorities(request: HttpRequest) -> HttpResponse:
    """The certificates of our authorities, for whoever wants to check what we issue."""
    policies = _policies()
    uses = {row["name"]: row["use"] for row in policies}
    listed = [_authority(authority, uses) for authority in certification.authorities() if authority.certificate_der]
    return render(request, "public/repository.html", {
        "authorities": listed, "policies": policies, "languages": LANGUAGES, "pki_url": settings.PKI_URL,
        "policy_arc": settings.OPERATOR.policy_arc})


def _authority(authority: Authority, uses: dict[str, object]) -> dict[str, object]:
    """Under the name that its certificate has, with what it is for. `uses`: what each profile in force is for."""
    der = bytes(authority.certificate_der)
    certificate = x509.load_der_x509_certificate(der)
    digest = sha256(der).hexdigest().upper()
    return {
        "authority": authority, "name": _common_name(certificate.subject),
        "issuer": "" if authority.parent_id is None else _common_name(certificate.issuer),
        # Each use once, in the order of the profiles.
        "uses": list(dict.fromkeys(str(uses[name]) for name in authority.profiles if name in uses)),
        "subject": certificate.subject.rfc4514_string({NameOID.ORGANIZATION_IDENTIFIER: "organizationIdentifier"}),
        "algorithm": authority.algorithm, "not_before": certificate.not_valid_before_utc,
        "fingerprint": " ".join(digest[start:start + 4] for start in range(0, len(digest), 4)),
        "serial": format(certificate.serial_number, "x"), "not_after": certificate.not_valid_after_utc,
        "revoked": certification.certificate_of(authority).revocation_date, "lists": list(_lists(authority)),
    }


def _common_name(name: x509.Name) -> str:
    return name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def _lists(authority: Authority):
    """The full list and those of the shards, with where they are, each with its delta."""
    for shard in scopes.shards(authority):
        newest = crl.newest_of(authority.name, shard)
        if newest is not None:
            yield {"shard": shard, "path": _path(scopes.list_address(authority, shard)), "list": newest,
                   "delta": _path(scopes.delta_address(authority, shard)) if authority.deltas else ""}


def _path(address: str) -> str:
    """Our own addresses, from this page on: a demonstration may be looked at under another name."""
    return address.replace(settings.PKI_URL, "/pki", 1)


def _policies() -> list[dict[str, object]]:
    """What stands in the certificates that are issued now: our identifier, and the one of the standard beside it."""
    found, arc = [], settings.OPERATOR.policy_arc
    for standing, since in certification.in_force():
        if not standing.is_authority:
            profile = profiles.get(standing.name, standing.version, arc)
            oids = [policy.oid for policy in profile.policies]
            found.append({
                "name": profile.name, "version": profile.version, "since": since, "use": USES.get(profile.usage, profile.usage),
                "own": [oid for oid in oids if oid.startswith(f"{arc}.")],
                "standard": [oid for oid in oids if not oid.startswith(f"{arc}.")],
            })
    return found


@require_safe
def disclosure(request: HttpRequest) -> HttpResponse:
    """What subscribers and relying parties must know (EN 319 411-1 annex A), as a page."""
    text = accounts.current_text(DISCLOSURE, request.caller.language, request.caller.at)
    return render(request, "public/disclosure.html", {"text": text, "blocks": blocks(text.body), "languages": LANGUAGES})


def _statement(language: str) -> LegalText:
    """Refuses: NotFound, also for a language in which there is none: the address says which it is."""
    text = accounts.current_text(DISCLOSURE, language, clock.bound().now()) if language in LANGUAGES else None
    if text is None or text.language != language:
        raise NotFound()
    return text


def _tag(request: HttpRequest, language: str) -> str:
    return f'"{_statement(language).sha256}"'


@require_safe
@condition(etag_func=_tag)
def disclosure_pdf(request: HttpRequest, language: str) -> HttpResponse:
    """The same as a file, at the address that stands in qualified certificates (EN 319 412-5 clause 4.3.4)."""
    text = _statement(language)
    answer = HttpResponse(_pdf(text.pk), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="pds-{language}.pdf"'
    answer["Content-Language"] = language
    patch_cache_control(answer, public=True, max_age=86400)
    return answer


@lru_cache(maxsize=8)
def _pdf(text_id: object) -> bytes:
    """Made once in each process: a text that was published never changes."""
    text = accounts.legal_text(text_id)
    return letters.pdf(render_to_string("public/disclosure_pdf.html", {
        "text": text, "blocks": blocks(text.body), "operator": settings.OPERATOR}))
