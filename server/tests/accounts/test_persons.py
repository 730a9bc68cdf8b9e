# SPDX-License-Identifier: Apache-2.0
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, IntegrityError

from paraph.domain.accounts import policy, queries, services
from paraph.domain.accounts.models import Acceptance, ContactPoint, Identity, LegalText, Person
from paraph.domain.accounts.policy import Claims, ContactProblem, UnusableContact
from paraph.domain.accounts.queries import MatchedBy
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def claims(**changes) -> Claims:
    values = {"family_names": "Specimen-Weiß", "given_names": "Marie Hélène", "birth_date": date(1985, 1, 1),
              "matricule": "1985010112357", "document_type": "identity_card", "document_country": "LU",
              "document_number": "AB12CD34E"}
    return Claims(**(values | changes))


@pytest.fixture
def person(system):
    return services.create_person(claims=claims(), document_expires_on=date(2030, 6, 30), caller=system)


@pytest.fixture
def identity(person, system):
    return services.create_identity(person_id=person.id, kind="private", device_family="server", caller=system)


def nobody(**changes) -> Claims:
    return claims(**({"family_names": "Other", "given_names": "Name", "matricule": "", "document_number": "ZZ999999"}
                     | changes))


@pytest.mark.parametrize(("found", "by"), [
    (nobody(matricule="1985010112357"), (MatchedBy.MATRICULE,)),
    (nobody(document_number="ab12 cd34e"), (MatchedBy.DOCUMENT,)),
    (nobody(family_names="SPECIMEN WEISS", given_names="marie-helene"), (MatchedBy.NAMES,)),
    (claims(), (MatchedBy.MATRICULE, MatchedBy.DOCUMENT, MatchedBy.NAMES)),
])
def test_a_person_is_found_by_each_of_three_ways(person, found, by):
    [match] = queries.find_matches(found)
    assert (match.person_id, match.by) == (str(person.id), by)
    assert queries.is_same_person(person.id, found)


@pytest.mark.parametrize("other", [
    nobody(), nobody(matricule="1990070041875"),
    nobody(family_names="Specimen-Weiß", given_names="Marie Hélène", birth_date=date(1985, 1, 2)),
    nobody(document_number="AB12CD34E", document_country="FR"),
    nobody(document_number="", document_country=""),
])
def test_anybody_else_is_not(person, other):
    assert queries.find_matches(other) == []
    assert not queries.is_same_person(person.id, other)


def test_an_earlier_document_still_finds_the_person(person, system):
    services.add_document(person_id=person.id, claims=claims(document_number="NEW12345"),
                          expires_on=date(2036, 1, 1), caller=system)
    for number in ("AB12CD34E", "NEW12345"):
        assert queries.is_same_person(person.id, nobody(document_number=number))
    assert [row.number for row in queries.documents_of(person.id)] == ["NEW12345", "AB12CD34E"]


def test_what_says_who_he_is_lies_sealed(person, identity, system):
    services.record_contact(identity_id=identity.id, kind="email", value="marie@post.example", read_back=True,
                            caller=system)
    with connection.cursor() as cursor:
        for table in ("accounts_person", "accounts_identitydocument", "accounts_identity", "accounts_contactpoint",
                      "audit_event", "audit_personalcopy"):
            cursor.execute(f"SELECT * FROM {table}")
            stored = b"".join(bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                              for row in cursor.fetchall() for value in row)
            for secret in ("Specimen", "Marie", "1985-01-01", "1985010112357", "AB12CD34E", identity.user_id,
                           "post.example"):
                assert secret.encode() not in stored, table


def test_only_officers_and_the_operator_make_people(caller, person):
    with pytest.raises(Forbidden):
        services.create_person(claims=claims(), document_expires_on=None, caller=caller)
    with pytest.raises(Forbidden):
        services.create_identity(person_id=person.id, kind="private", device_family="server", caller=caller)
    with pytest.raises(Forbidden):
        services.add_document(person_id=person.id, claims=claims(), expires_on=date(2030, 1, 1), caller=caller)
    officer = Caller(at=caller.at, channel="web", roles=frozenset({Role("1", "registration_officer")}))
    assert services.create_identity(person_id=person.id, kind="staff", device_family="server", caller=officer)


def test_an_identity_has_a_serial_number_and_a_user_id_of_its_own(person, identity, system):
    other = services.create_identity(person_id=person.id, kind="private", device_family="chip", caller=system)
    assert len(identity.ssn) == 20 and identity.ssn.isdecimal()
    assert len(identity.user_id) == 8
    assert (identity.ssn, identity.user_id) != (other.ssn, other.user_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Identity.objects.filter(pk=other.pk).update(ssn=identity.ssn)


def test_a_user_id_is_found_as_people_type_it(identity):
    typed = f" {identity.user_id[:4].lower()} {identity.user_id[4:]} "
    assert queries.identity_by_user_id(typed).id == identity.id
    assert queries.identity_by_user_id("22222222") is None


def test_a_closed_identity_opens_no_door(identity, system):
    services.close_identity(identity_id=identity.id, caller=system)
    assert queries.identity_by_user_id(identity.user_id) is None
    with pytest.raises(NotAllowed):
        services.close_identity(identity_id=identity.id, caller=system)


@pytest.mark.parametrize("wrong", ["", "nothing", None])
def test_unknown_ids_are_not_found(wrong, system):
    for ask in (queries.person, queries.identity, queries.contact, queries.legal_text):
        with pytest.raises(NotFound):
            ask(wrong)
    with pytest.raises(NotFound):
        services.close_identity(identity_id=wrong, caller=system)


@pytest.mark.requirement("R019", part="later: e-Access")
@pytest.mark.requirement("R020", part="later: video and chips")
def test_nobody_needs_an_email_or_a_mobile(identity):
    contact = queries.contact(identity.id)
    assert (contact.email, contact.mobile, contact.postal) == (None, None, None)


def test_codes_go_only_to_contacts_that_an_officer_read_back(identity, system, caller):
    services.record_contact(identity_id=identity.id, kind="mobile", value="621123456", read_back=False, caller=caller)
    assert queries.contact(identity.id).mobile is None
    with pytest.raises(Forbidden):
        services.record_contact(identity_id=identity.id, kind="mobile", value="621123456", read_back=True, caller=caller)
    services.record_contact(identity_id=identity.id, kind="mobile", value="621123456", read_back=True, caller=system)
    services.record_contact(identity_id=identity.id, kind="mobile", value="691000111", read_back=True, caller=system)
    assert queries.contact(identity.id).mobile == "+352691000111"
    assert ContactPoint.objects.filter(identity=identity, ended_at=None).count() == 1


def test_a_postal_address_is_kept_in_its_parts(identity, system):
    address = {"name": "Marie Hélène Specimen-Weiß", "street": "2, rue du Fossé", "postcode": "L-1536",
               "city": "Luxembourg", "country": "LU"}
    services.record_contact(identity_id=identity.id, kind="postal", read_back=True, value=address, caller=system)
    assert queries.contact(identity.id).postal == address


@pytest.mark.parametrize(("typed", "problem"), [
    ("628123456", ContactProblem.VOICEMAIL), ("+352 658 123 456", ContactProblem.VOICEMAIL),
    ("+352 24 550 550", ContactProblem.NOT_MOBILE), ("12", ContactProblem.NOT_A_NUMBER),
    ("", ContactProblem.NOT_A_NUMBER), ("+33 1 23 45 67 89", ContactProblem.NOT_MOBILE)])
def test_numbers_that_no_sms_reaches(typed, problem):
    with pytest.raises(UnusableContact) as unusable:
        policy.normal_mobile(typed)
    assert unusable.value.problem == problem


@pytest.mark.parametrize("typed", ["", "marie", "marie@", "marie@post", "marie @post.example"])
def test_what_is_no_email_address(typed):
    with pytest.raises(UnusableContact):
        policy.normal_email(typed)


@pytest.fixture
def terms(system):
    def publish(**changes):
        values = {"kind": "terms", "version": "1", "language": "fr", "title": "Conditions", "body": "Oui.",
                  "effective_at": system.at, "authoritative": True, "caller": system}
        return services.publish_text(**(values | changes))

    return publish


def test_a_text_is_in_force_from_its_instant_and_falls_back_to_what_prevails(terms, system):
    first = terms()
    second = terms(version="2", effective_at=system.at + timedelta(days=1), body="Oui et non.")
    german = terms(language="de", body="Ja.", authoritative=False)
    assert queries.current_text("terms", "fr", system.at).id == first.id
    assert queries.current_text("terms", "de", system.at).id == german.id
    assert queries.current_text("terms", "en", system.at).id == first.id
    assert queries.current_text("terms", "fr", system.at + timedelta(days=1)).id == second.id
    with pytest.raises(NotFound):
        queries.current_text("terms", "fr", system.at - timedelta(microseconds=1))


def test_a_published_text_never_changes(terms):
    text = terms()
    assert terms().id == text.id
    with pytest.raises(services.TextAlreadyPublished):
        terms(body="Non.")
    for change in (LegalText.objects.all().update, LegalText.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(body="Non.") if change.__name__ == "update" else change()


def test_an_acceptance_names_the_text_by_its_digest_and_stays(terms, caller):
    text = terms()
    services.accept(subject_id="order", texts=[text.id], language="en", channel="web", caller=caller)
    [accepted] = queries.acceptances("order")
    assert (accepted.sha256, accepted.language, accepted.accepted_at) == (text.sha256, "fr", caller.at)
    with pytest.raises(DatabaseError), transaction.atomic():
        Acceptance.objects.all().update(language="de")
    with pytest.raises(NotFound):
        services.accept(subject_id="order", texts=[text.id, caller.trace], language="fr", channel="web", caller=caller)
    assert len(queries.acceptances("order")) == 1


def test_own_texts_say_the_numbers_that_the_rules_say(system):
    texts = services.publish_own_texts(version="1", effective_at=system.at, authoritative="fr", operator="Nous",
                                       phone="+352 1", email="a@b.example", address="1, rue X", website="b.example",
                                       repository="https://b.example/pki/", policy_arc="2.999.7",
                                       hours={"fr": "matin", "de": "morgens"}, notice={"fr": "Essai."}, caller=system)
    assert len(texts) == 9
    assert [text.language for text in texts if text.authoritative] == ["fr", "fr", "fr"]
    for text in texts:
        assert "{" not in text.body
        if text.kind == "terms":
            assert "60" in text.body and "30" in text.body and "+352 1" in text.body
        if text.kind == "disclosure":
            assert "2.999.7" in text.body and "24" in text.body and "1, rue X" in text.body
            assert ("morgens" if text.language == "de" else "matin") in text.body
    assert Person.objects.count() == 0
