# SPDX-License-Identifier: Apache-2.0
"""Our own rules for certificates: the gate that each one passes before it is signed, and again every day after.

A rule has a stable code and the clause that demands it; it speaks about one certificate, its profile and its issuer,
and yields a sentence for each thing that is wrong. The certificate is read by our strict reader, not by the code that
wrote it. The rules stand in `fields` (RFC 5280's basic fields), `extensions`, `subject` and `qualified`.
"""

from collections.abc import Iterator
from functools import lru_cache

from paraph.pki import der
from paraph.pki.lint import extensions, fields, qualified, subject
from paraph.pki.lint.reading import Examined, read
from paraph.pki.lint.rule import Finding, Rule
from paraph.pki.profiles import Profile

RULES: tuple[Rule, ...] = (*fields.RULES, *extensions.RULES, *subject.RULES, *qualified.RULES)
UNREADABLE = "encoding"


def lint(
    certificate: bytes, profile: Profile, issuer: bytes | None, *, verification_key: bytes | None = None
) -> list[Finding]:
    """Everything that is wrong with a certificate under its profile; an empty list means that it may be issued.

    `issuer` is the issuer's certificate, None for one that signs itself. `verification_key` (SubjectPublicKeyInfo) is
    the key that made the signature, when it is not the issuer's: the throw-away key of the gate.
    """
    try:
        examined = read(certificate)
    except der.Malformed as error:
        return [Finding(UNREADABLE, "ITU-T X.690; RFC 5280 clause 4.1", str(error))]
    context = Context(examined, profile, _read_issuer(issuer) if issuer else examined, verification_key)
    return [finding for rule in RULES for finding in _apply(rule, context)]


# The same few stand above each certificate.
_read_issuer = lru_cache(maxsize=64)(read)


class Context:
    """What a rule may look at."""

    def __init__(self, certificate: Examined, profile: Profile, issuer: Examined, key: bytes | None) -> None:
        self.certificate = certificate
        self.profile = profile
        self.issuer = issuer
        self.verification_key = key or issuer.public_key_der


def _apply(rule: Rule, context: Context) -> Iterator[Finding]:
    clause = context.profile.clause(rule.code, rule.clause)
    try:
        for message in rule.check(context):
            yield Finding(rule.code, clause, message)
    except der.Malformed as error:
        yield Finding(rule.code, clause, f"can't be read: {error}")
