# SPDX-License-Identifier: Apache-2.0
"""A desk that signs documents with a small PKI to each level, as the product does it and as another program does."""

from io import BytesIO

from asn1crypto import cms, tsp
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from paraph.domain.signing import pades
from paraph.domain.validation import pdf
from paraph.domain.validation.services import Trust
from testkit.small_pki import SmallPKI


class _Stamper(TimeStamper):
    def __init__(self, pki, at):
        super().__init__()
        self.pki, self.at = pki, at

    async def async_request_tsa_response(self, req):
        token = cms.ContentInfo.load(self.pki.stamp(req["message_imprint"]["hashed_message"].native, self.at))
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})

    async def async_timestamp(self, message_digest, md_algorithm):
        return cms.ContentInfo.load(self.pki.stamp(message_digest, self.at))


def library_signer(pki, holder):
    """The other program's signer with the holder's key."""
    key = holder.key.private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    registry = SimpleCertificateStore()
    registry.register(asn1_x509.Certificate.load(pki.issuing.der))
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(holder.der), signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=registry)


class Desk:
    """A small PKI that signs documents to any level, so that each can be validated."""

    def __init__(self, at, name="Essai"):
        self.pki = SmallPKI(at, name=name)

    def sign(self, content, holder, at, *, key=None):
        """Level B-LTA, as the product does it."""
        placed = pades.place(content, certificate=holder.der, name="Marie Muster", at=at)
        pki = self.pki
        material = pades.Material(
            [holder.der, pki.issuing.der, pki.root.der, pki.tsu.der],
            [pki.answer(holder.serial, at), pki.answer(pki.tsu.serial, at)], [pki.revocation_list(pki.root, at)])
        return pades.complete(
            placed, signature=(key or holder.key).sign(placed.attributes), chain=[holder.der, pki.issuing.der],
            stamp=lambda imprint: pki.stamp(imprint, at), material=lambda: material)

    def sign_elsewhere(self, content, holder, *, stamped_at=None, field="Ailleurs", md="sha256"):
        """Level B-B, or B-T with a time-stamp, made by another program."""
        output = signers.sign_pdf(
            IncrementalPdfFileWriter(BytesIO(content)),
            signers.PdfSignatureMetadata(field_name=field, md_algorithm=md, subfilter=SigSeedSubFilter.PADES),
            signer=library_signer(self.pki, holder), timestamper=_Stamper(self.pki, stamped_at) if stamped_at else None)
        return output.getvalue()

    def lists(self, at):
        return self.pki.revocation_list(self.pki.root, at), self.pki.revocation_list(self.pki.issuing, at)

    def trust(self, at, **given):
        """As the service trusts: its own root, and its two lists as they stand at `at`."""
        return Trust(anchors=(self.pki.root.der,), certificates=(self.pki.issuing.der,), lists=self.lists(at), **given)

    def judge(self, content, at):
        """The child program's work in this process: the same answer, faster."""
        return pdf.validate(content, at, anchors=[self.pki.root.der], certificates=[self.pki.issuing.der],
                            lists=list(self.lists(at)))
