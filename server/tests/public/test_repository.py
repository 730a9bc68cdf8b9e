# SPDX-License-Identifier: Apache-2.0
"""The trust repository: what it lists is what is in force, and the disclosure statement is where certificates say it is."""

import re
from hashlib import sha256

import pypdfium2
import pytest
from cryptography import x509
from django.conf import settings
from lxml import html

from paraph.config import seeds
from paraph.domain.certification import authorities, policy, publication, queries, services
from paraph.interfaces.cli import ca
from paraph.interfaces.responders import application
from paraph.pki import oids
from paraph.pki.keys import SoftwareKey
from testkit import certification
from testkit.tree import MARIE

pytestmark = pytest.mark.django_db(transaction=True)
ANNEX_A = {
    "fr": ("joindre", "vérifications", "Limites de confiance", "Devoirs du titulaire", "vérifier son état", "responsabilité",
           "Accords, politiques", "Vie privée", "Remboursement", "Droit applicable", "audit"),
    "de": ("erreichen", "Prüfung", "Grenzen des Vertrauens", "Pflichten des Inhabers", "Status prüfen", "Haftung",
           "Vereinbarungen, Richtlinien", "Datenschutz", "Erstattung", "Anwendbares Recht", "Prüfung"),
    "en": ("reach us", "checks", "Limits of reliance", "Duties of subscribers", "checking the status", "liability",
           "agreements, policies", "Privacy", "Refunds", "Applicable law", "audit"),
}


@pytest.fixture
def house(db, system, signer):
    seeds.make_organisations(system)
    seeds.make_partners_and_texts(system)
    seeds.hold_ceremony(system)


def words(response) -> str:
    return " ".join(html.fromstring(response.content).xpath("//main")[0].text_content().split())


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())


@pytest.mark.requirement("EN 319 411-1 Annex A")
@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_the_disclosure_statement_has_the_parts_of_annex_a_as_page_and_as_file(client, house, language):
    page = client.get("/pki/disclosure/", headers={"Accept-Language": language})
    headings = [heading.text_content() for heading in html.fromstring(page.content).xpath("//main//h2")][:11]
    assert [heading.split(".")[0] for heading in headings] == [str(number) for number in range(1, 12)]
    for heading, word in zip(headings, ANNEX_A[language], strict=True):
        assert word in heading
    answer = client.get(f"/pki/pds-{language}.pdf")
    assert answer["Content-Type"] == "application/pdf" and answer["Content-Language"] == language
    text = pdf_text(answer.content)
    for said in (settings.OPERATOR.legal_name, settings.OPERATOR.phone, settings.OPERATOR.policy_arc,
                 "1, rue de la Plume", settings.OPERATOR.notice[language][:13], *headings[:2]):
        assert said in text and said in words(page)
    again = client.get(f"/pki/pds-{language}.pdf", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.requirement("EN 319 412-5 4.3.4")
def test_a_qualified_certificate_names_addresses_at_which_the_files_are(client, house, system):
    made = services.issue(
        attempt="a", profile="natural-signature-qcp-n", subject_id="identity-marie", subject=MARIE,
        public_key_der=SoftwareKey.generate("P-256").public_key_der, generation="g", identification="desk", key_id="k",
        caller=system)
    statements = x509.load_der_x509_certificate(bytes(made.der)).extensions.get_extension_for_oid(
        x509.ObjectIdentifier(oids.QC_STATEMENTS)).value.value
    named = re.findall(rb"https?://[^\x00-\x20]+?\.pdf", statements)
    assert len(named) == 3
    secure = settings.URL.replace("http://", "https://", 1)
    for address in named:
        path = address.decode().removeprefix(secure)
        assert path.startswith("/pki/pds-")
        assert client.get(path).content.startswith(b"%PDF-")


def test_only_the_languages_that_there_are(client, house):
    for wrong in ("/pki/pds-it.pdf", "/pki/pds-FR.pdf"):
        assert client.get(wrong).status_code == 404
    assert client.post("/pki/pds-fr.pdf").status_code == 405


def test_the_responders_leave_the_pages_to_django(house):
    seen = []
    front = application(lambda environ, start: seen.append(environ["PATH_INFO"]) or [b""])
    for path in ("/pki/", "/pki/disclosure/", "/pki/pds-fr.pdf"):
        front({"PATH_INFO": path, "REQUEST_METHOD": "GET"}, lambda *_: None)
    assert seen == ["/pki/", "/pki/disclosure/", "/pki/pds-fr.pdf"]


def test_lists_of_shards_and_deltas_are_linked_and_there(client, house, system, signer):
    services.arrange_lists(name="issuing", shards=2, deltas=True, caller=system)
    publication.refresh(system.at, signer)
    document = html.fromstring(client.get("/pki/").content)
    links = [link for link in document.xpath("//main//a/@href") if "/crl/" in link]
    assert links == ["/pki/crl/root.crl", *(f"/pki/crl/issuing{tail}.crl" for tail in
                     ("", "/delta", "/1", "/1/delta", "/2", "/2/delta"))]
    assert "partie 2" in words(client.get("/pki/"))


def test_the_policies_in_force_are_listed_with_their_identifiers(client, house, system):
    def rows():
        cells = [[cell.text_content() for cell in row.xpath("./td")]
                 for row in html.fromstring(client.get("/pki/").content).xpath("//main//tbody/tr")]
        return {row[1]: [row[0], *row[2:4]] for row in cells}

    arc = settings.OPERATOR.policy_arc
    assert rows()["natural-signature-ncp 1"] == ["signer", f"{arc}.2", "0.4.0.2042.1.1"]
    assert rows()["ocsp 1"] == ["répondre sur l’état des certificats", f"{arc}.8", "–"]
    certification.in_force(system, "natural-signature-ncp", None)
    assert "natural-signature-ncp 1" not in rows() and "ocsp 1" in rows()


@pytest.mark.parametrize(("language", "root", "use"), [
    ("fr", "Autorité racine", "se connecter"), ("de", "Oberste Zertifizierungsstelle", "anmelden"),
    ("en", "Root authority", "log")])
def test_authorities_stand_under_the_names_of_their_certificates_with_what_they_are_for(client, house, language, root, use):
    page = html.fromstring(client.get(f"/pki/?language={language}", follow=True).content)
    headings = [heading.text_content() for heading in page.xpath("//main//h2")]
    assert headings[:2] == ["Paraph Demonstration Root CA", "Paraph Demonstration Issuing CA"]
    assert not {"root", "issuing"} & set(headings)
    first, second = (heading.getnext().text_content() for heading in page.xpath("//main//h2")[:2])
    assert root in first and use not in first
    assert use in second and "Paraph Demonstration Root CA" in second
    shown = [" ".join(code.text_content().split()) for code in page.xpath("//main//code")]
    for authority in queries.authorities():
        digest = sha256(bytes(authority.certificate_der)).hexdigest().upper()
        assert " ".join(digest[start:start + 4] for start in range(0, 64, 4)) in shown


def test_a_revoked_authority_is_not_to_be_relied_on(client, house, system):
    assert "ne vous y fiez plus" not in words(client.get("/pki/"))
    authority = queries.authority("issuing")
    deed = policy.authority_revocation(queries.certificate_of(authority), "compromised")
    certification.approved(system, policy.REVOKE_AUTHORITY, deed)
    authorities.revoke_authority(name="issuing", reason="compromised", caller=certification.operator(system, "anna"))
    assert "ne vous y fiez plus" in words(client.get("/pki/"))


def test_an_empty_house_says_so(client, db):
    page = words(client.get("/pki/"))
    assert "Aucune autorité n’est encore créée" in page
    assert ca.tree_names().disclosures[0][1].endswith("/pki/pds-en.pdf")
