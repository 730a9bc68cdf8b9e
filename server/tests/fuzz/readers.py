# SPDX-License-Identifier: Apache-2.0
"""Readers of what programs and devices send: certificates and their status, makers' files, images, codes, passkeys, PDF."""

import base64
import json
from datetime import date
from functools import cache

from cryptography import x509 as outside
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp as outside_ocsp
from server.tests.fuzz.target import AT, KEY, target
from server.tests.pki import pskc_writer

from paraph.domain.devices.methods import webauthn
from paraph.domain.devices.methods.passkey import creation_options, relying_party, request_options
from paraph.interfaces.responders import ocsp as responder
from paraph.interfaces.responders import wire
from paraph.pki import csr, der, mrz, ocra, ocsp, profiles, pskc, scan, timestamps
from paraph.pki.lint import lint
from testkit import documents, tree
from testkit.signing_desk import Desk
from testkit.simulators.authenticator import Authenticator, b64, unb64

# --- certificate status, requests, stamps ---------------------------------------------------------------------------------


@cache
def _tree() -> tuple[tree.Made, tree.Made, tree.Made]:
    root = tree.make("root")
    issuing = tree.make("issuing", issuer=root)
    return root, issuing, tree.make("natural-signature-qcp-n-qscd", issuer=issuing)


@cache
def _ocsp_requests() -> list[bytes]:
    _, issuing, leaf = (outside.load_der_x509_certificate(one.der) for one in _tree())
    made = []
    for algorithm in (hashes.SHA1(), hashes.SHA256()):  # noqa: S303  (clients still ask with it)
        plain = outside_ocsp.OCSPRequestBuilder().add_certificate(leaf, issuing, algorithm)
        made += [plain.build(), plain.add_extension(outside.OCSPNonce(bytes(32)), critical=False).build()]
    return [one.public_bytes(serialization.Encoding.DER) for one in made]


@target("ocsp", _ocsp_requests)
def ocsp_request(data: bytes) -> None:
    try:
        request = ocsp.parse_request(data)
    except ocsp.OcspError:
        return
    # A serial may be negative: it was never issued, and is answered so.
    assert request.certificates and all(f"{int(one.serial, 16):x}" == one.serial for one in request.certificates)
    assert request.nonce is None or 1 <= len(request.nonce) <= 128
    assert all(one.encoding in data for one in request.certificates)


@target("ocsp-path", lambda: [b"/" + base64.b64encode(one) for one in _ocsp_requests()], words=(b"%2F", b"%3D", b"%00", b"//"))
def ocsp_path(data: bytes) -> None:
    try:
        request = responder._from_path("/pki/ocsp" + data.decode("latin-1"))
    except wire.Unreadable:
        return
    ocsp_request(request)


@cache
def _csr_seeds() -> list[bytes]:
    names = outside.SubjectAlternativeName([outside.DNSName("www.example.lu")])
    builder = outside.CertificateSigningRequestBuilder().subject_name(outside.Name([]))
    made = builder.add_extension(names, critical=False).sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return [made.public_bytes(encoding) for encoding in (serialization.Encoding.DER, serialization.Encoding.PEM)]


@target("csr", _csr_seeds, words=(b"-----BEGIN CERTIFICATE REQUEST-----", b"-----END CERTIFICATE REQUEST-----"))
def certification_request(data: bytes) -> None:
    try:
        request = csr.parse(data)
    except csr.Refused:
        return
    # Who could change a request would need its key: what is read is one of the seeds.
    assert outside.load_der_x509_csr(request.encoding).is_signature_valid


@cache
def _stamp_requests() -> list[bytes]:
    sha256 = der.sequence(der.object_identifier("2.16.840.1.101.3.4.2.1"))
    imprint = der.sequence(sha256, der.octet_string(bytes(32)))
    return [der.sequence(der.integer(1), imprint, *more) for more in (
        (), (der.integer(7), der.boolean(True)), (der.object_identifier("1.2.3"), der.integer(1 << 63)))]


@target("tsa", _stamp_requests)
def stamp_request(data: bytes) -> None:
    try:
        request = timestamps.parse_request(data)
        timestamps.check_imprint(request.hash_algorithm, request.imprint)
    except timestamps.TimestampError:
        return
    assert request.imprint in data and len(request.imprint) in (32, 48, 64)


@target("certificate", lambda: [_tree()[2].der, _tree()[1].der])
def certificate(data: bytes) -> None:
    """The strict reader and the rules: anything gets findings, never an exception; without findings it is the seed."""
    _, issuing, leaf = _tree()
    found = lint(data, profiles.get("natural-signature-qcp-n-qscd"), issuing.der)
    assert bool(found) == (data != leaf.der)


# --- devices ----------------------------------------------------------------------------------------------------------------


@cache
def _pskc_seeds() -> list[bytes]:
    writer = pskc_writer
    plain = writer.container(writer.package(
        "987654321", writer.plain(b"12345678901234567890"), method="hotp", digits=8))
    vault, secret = writer.Vault(KEY[:16]), b"12345678901234567890"
    sealed = vault.file(
        writer.package("T-1", vault.value(secret)), writer.package("S-1", vault.value(KEY), method="ocra",
                                                                   parameters="<Suite>OCRA-1:HOTP-SHA256-8:QH64</Suite>"))
    by_password = writer.Vault.of_password("qwerty", bytes(8), 20)
    parts = (by_password.method(), writer.package("T-1", by_password.value(secret)))
    derived = writer.container(writer.password_based(writer.base64_of(bytes(8)), 20, 16), *parts)
    return [plain, sealed, derived]


@target("pskc", _pskc_seeds, largest=8192, tries=200,
        words=(b"<!DOCTYPE x>", b"<!ENTITY", b"&lt;", b"<![CDATA[", b"]]>", b"xmlns:", b"AAAA", b"-1", b"99999999999"))
def makers_file(data: bytes) -> None:
    for given in ({"pre_shared_key": KEY[:16]}, {"password": "qwerty"}, {"plain_allowed": True}):
        try:
            report = pskc.read(data, at=AT, limits=pskc.Limits(iterations=50), **given)
        except pskc.Refused:
            continue
        assert report.good == all(not entry.problem for entry in report.entries)
        assert len({key.serial for key in report.keys}) == len(report.keys)
        assert all(16 <= len(key.secret) <= 64 for key in report.keys)


def _statement() -> scan.Statement:
    return scan.Statement(
        purpose=scan.Purpose.SIGN, partner="Banque « Um Eck »", text="Virement de 1 250,00 €\nà Müller", digits=6, at=AT,
        nonce=bytes(scan.NONCE_OCTETS), documents=(scan.Document("Contrat.pdf", bytes(32)),))


@target("scan-statement", lambda: [_statement().encode()])
def statement(data: bytes) -> None:
    try:
        read = scan.decode(data)
    except scan.Unreadable:
        return
    assert read.encode() == data
    assert all(scan.is_showable(text) for text in (read.partner, read.text, *(one.label for one in read.documents)))


@target("scan-image", lambda: [scan.image_text(scan.seal(KEY, 1, _statement().encode(), bytes(12))).encode()])
def image(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        payload = scan.payload_of(text)
    except scan.Unreadable:
        return
    assert scan.payload_of(scan.image_text(payload)) == payload
    try:
        opened = scan.open_sealed(KEY, 1, payload)
    except scan.Unreadable:
        return
    assert opened == _statement().encode()


@target("scan-code", lambda: [b"1234567890", b"0000000000"])
def device_code(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    drawn = scan.device_random_of(text)
    assert drawn is None or text.startswith(drawn)
    assert scan.same("123456", text) == (text == "123456")


@target("ocra", lambda: [b"OCRA-1:HOTP-SHA256-6:QH64\x00" + b"ab" * 32, b"OCRA-1:HOTP-SHA1-8:C-QN08-PSHA1\x0012345678",
                         b"OCRA-1:HOTP-SHA512-8:QA10-S064-T1M\x00SIG1234567"], tries=500)
def ocra_code(data: bytes) -> None:
    name, _, question = data.partition(b"\x00")
    try:
        of = ocra.suite(name.decode("utf-8", "replace"))
        code = ocra.code(
            KEY, of, question.decode("utf-8", "replace"), counter=1 if of.counter else None,
            pin="1234" if of.pin_algorithm else None,
            session=b"s" if of.session_octets else None, step=5 if of.step_seconds else None)
    except ValueError:
        return
    assert code.isdigit() and code.isascii() and len(code) == of.digits


@target("mrz", lambda: [
    b"I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"], largest=200, tries=500)
def zone(data: bytes) -> None:
    try:
        read = mrz.parse(data.decode("utf-8", "replace"), today=date(2026, 11, 24))
    except mrz.MalformedZone:
        return
    assert isinstance(read.is_sound, bool)


HERE = relying_party({"attestation": "direct", "self_attestation": True}, url="http://localhost:8000", name="Paraph")


@cache
def _passkey() -> tuple[dict, Authenticator, webauthn.Registration]:
    """What the browser sent for a new passkey, the authenticator that made it, and what we read in it."""
    authenticator = Authenticator(own_attestation=True)
    options = creation_options(HERE, challenge=KEY, user_handle=b64(KEY), name="Marie", known=(), seconds=180)
    sent = authenticator.make(options)
    return json.loads(sent), authenticator, webauthn.judge_registration(sent, HERE, KEY, AT)


@cache
def _passkey_answers() -> list[bytes]:
    _, authenticator, known = _passkey()
    options = request_options(HERE, challenge=KEY, seconds=180)
    return [authenticator.use(options).encode()]


@target("passkey-attestation", lambda: [unb64(_passkey()[0]["response"]["attestationObject"])], tries=200,
        words=(b"none", b"packed", b"fido-u2f", b"tpm", b"android-key", b"apple", b"x5c", b"sig", b"\x5f", b"\x9f", b"\xbf"))
def passkey_attestation(data: bytes) -> None:
    sent, _, known = _passkey()
    bent = sent | {"response": sent["response"] | {"attestationObject": b64(data)}}
    told = webauthn.judge_registration(json.dumps(bent), HERE, KEY, AT)
    if isinstance(told, webauthn.Fault):
        return
    # Without an attestation nobody vouches for the rest; with it nothing can be changed.
    assert told.credential_id == known.credential_id
    assert told.attestation.kind == "none" or told.public_key == known.public_key


@target("passkey-answer", _passkey_answers, tries=200, words=(b'"userHandle":"",', b"null", b"\\u0000", b"{", b"[", b"1e999"))
def passkey_answer(data: bytes) -> None:
    _, _, known = _passkey()
    read = webauthn.read_answer(data.decode("utf-8", "replace"))
    if isinstance(read, webauthn.Fault):
        return
    told = webauthn.judge_assertion(
        read, HERE, KEY, public_key=known.public_key, user_handle=b64(KEY), backup_eligible=False)
    right = webauthn.read_answer(_passkey_answers()[0].decode())
    signed = (read.authenticator_data, read.client_data) == (right.authenticator_data, right.client_data)
    assert isinstance(told, webauthn.Fault) or signed


# --- documents ----------------------------------------------------------------------------------------------------------------


@cache
def _desk() -> tuple[Desk, bytes]:
    desk = Desk(AT)
    return desk, desk.sign(documents.pdf(), desk.pki.holder(), AT)


@target("pdf", lambda: [_desk()[1], documents.pdf()], largest=200_000, tries=15, slow=True,
        words=(b"/ByteRange [0 1 2 3]", b"/Encrypt", b"%%EOF", b"xref", b"/Prev 0", b"endobj", b"9999999999", b"<<", b">>"))
def document(data: bytes) -> None:
    """What the child program does with a foreign file: it answers, and never says "valid" of signed bytes that changed."""
    desk, signed = _desk()
    told = desk.judge(data, AT)
    start = signed.index(b"/ByteRange [") + 12
    _, first, second, rest = (int(number) for number in signed[start : signed.index(b"]", start)].split())
    same = data[:first] == signed[:first] and data[second : second + rest] == signed[second : second + rest]
    assert same or not any(one.intact for one in told.signatures)
