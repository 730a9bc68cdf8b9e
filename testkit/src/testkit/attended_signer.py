# SPDX-License-Identifier: Apache-2.0
"""A signer in this process with an operator beside it, who allows on the signer's host whatever the service asks for.

For tests and benchmarks of everything but the signer: there a ceremony is open whenever an authority is to be certified,
and every key from elsewhere is allowed with the name that it is to have. What the signer refuses without such an
operator is tested in server/tests/signer.
"""

from typing import Any

from paraph.kernel import tokens
from paraph.signer.client import InProcessSigner, SignerRefusal
from paraph.signer.core import Signer
from paraph.signer.purposes import certificates


class AttendedSigner(InProcessSigner):
    def __init__(self, core: Signer) -> None:
        super().__init__(core)
        self.core = core

    def _ask(self, call: str, **given: Any) -> Any:
        if call == "sign" and given["purpose"] in ("root", "issuing") and (read := _certificate(given["data"])):
            if given["purpose"] == "root":
                return self._in_a_ceremony(call, given)
            self._allow(read)
        return super()._ask(call, **given)

    def _in_a_ceremony(self, call: str, given: dict[str, Any]) -> Any:
        held = self.core.open_ceremony(attempt=str(tokens.uuid7()))
        try:
            return super()._ask(call, **given)
        finally:
            self.core.close_ceremony(attempt=str(tokens.uuid7()), ceremony=held)

    def _allow(self, certificate: certificates.Certificate) -> None:
        try:
            self.core.allow_certificate(
                attempt=f"allow-{certificate.serial:x}", public_key_der=certificate.public_key_der, subject=certificate.subject,
                purposes=sorted(certificate.purposes or ()))
        except SignerRefusal as refusal:
            # A key of the signer's own needs nobody's leave.
            if refusal.code != "wrong_purpose":
                raise


def _certificate(data: bytes) -> certificates.Certificate | None:
    try:
        return certificates.read(data)
    except SignerRefusal:
        return None
