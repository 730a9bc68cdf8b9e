# SPDX-License-Identifier: Apache-2.0
"""The pre-issuance gate: nothing is signed that was not linted in its final bytes.

The bytes to be signed are signed by a throw-away key of the same kind as the issuer's and linted as a whole
certificate; then the issuer's key signs the same bytes, and what comes back is compared byte for byte and linted again.
"""

from functools import cache

from django.utils.translation import gettext_noop

from paraph.kernel.errors import Refusal
from paraph.pki import x509
from paraph.pki.keys import SoftwareKey
from paraph.pki.lint import Finding, lint
from paraph.pki.profiles import Profile


class SignatureMismatch(Refusal):
    """What the signer gave is not a signature of the issuer's key over the stored bytes. An alarm, never a routine."""

    code = "signature_mismatch"
    sentence = gettext_noop(
        "Le certificat n’a pas pu être signé correctement. L’exploitant est averti ; rien n’a été délivré."
    )
    status = 503


@cache
def _throw_away_key(algorithm: str) -> SoftwareKey:
    """One per kind and process: it signs what nobody will ever see."""
    return SoftwareKey.generate(algorithm)


def examine(tbs: bytes, algorithm: str, profile: Profile, issuer: bytes | None) -> list[Finding]:
    """What our rules say of the certificate that these bytes would become."""
    key = _throw_away_key(algorithm)
    certificate = x509.assemble(tbs, algorithm, key.sign(tbs))
    return lint(certificate, profile, issuer, verification_key=key.public_key_der)


def complete(tbs: bytes, algorithm: str, signature: bytes, profile: Profile, issuer: bytes | None) -> bytes:
    """The certificate, once the issuer's signature is known to belong to exactly these bytes.

    Refuses: SignatureMismatch.
    """
    certificate = x509.assemble(tbs, algorithm, signature)
    findings = lint(certificate, profile, issuer)
    if findings or x509.signed_part(certificate) != tbs:
        raise SignatureMismatch(findings=[finding.code for finding in findings])
    return certificate
