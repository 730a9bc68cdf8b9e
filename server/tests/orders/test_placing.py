# SPDX-License-Identifier: Apache-2.0
from dataclasses import fields
from datetime import UTC, date, datetime

import pytest

from paraph.domain.accounts.queries import acceptances
from paraph.domain.accounts.services import NothingAccepted
from paraph.domain.audit import queries as audit
from paraph.domain.notifications.models import Message
from paraph.domain.orders import policy, queries, services
from paraph.domain.orders.catalogue import NotOffered
from paraph.domain.orders.models import Order
from paraph.domain.orders.policy import Problem, birth_date_problem
from paraph.domain.organisations import services as organisations
from paraph.domain.reference import postcodes
from paraph.kernel import secrets, tokens
from paraph.kernel.errors import NotFound

pytestmark = pytest.mark.both_databases

ZONE = "IDLUXAB12CD34E4<<<<<<<<<<<<<<<\n8501019F3006302LUX<<<<<<<<<<<0\nSPECIMEN<<MARIE<<<<<<<<<<<<<<<"


@pytest.mark.requirement("R001")
def test_an_order_is_placed_under_a_reference_of_its_own(place, marie):
    first, second = place(), place(applicant=marie(given_names="Anne"))
    assert (first.state, first.product, first.use, first.channel, first.price) == (
        "placed", "token", "private", "desk", 4500)
    assert first.reference != second.reference
    assert tokens.check_reference(first.reference)
    assert [event.code for event in audit.about("order", first.id)] == ["orders.order.placed"]


@pytest.mark.requirement("R001")
def test_a_form_sent_twice_makes_one_order(place):
    attempt = tokens.uuid7()
    assert place(attempt=attempt).id == place(attempt=attempt).id
    assert Order.objects.count() == 1


@pytest.mark.requirement("R003", part="later: forms on paper through a bank")
@pytest.mark.requirement("R039", part="later: a passport is proposed first")
@pytest.mark.parametrize(("whose", "field", "value", "problem"), [
    ("applicant", "family_names", " ", "missing"),
    ("applicant", "given_names", "", "missing"),
    ("applicant", "street", "", "missing"),
    ("applicant", "postcode", "", "missing"),
    ("applicant", "city", "", "missing"),
    ("applicant", "country", "", "missing"),
    ("applicant", "country", "ZZ", "unknown"),
    ("applicant", "birth_date", date(2026, 11, 25), "future"),
    ("applicant", "postcode", "99", "postcode"),
    ("applicant", "postcode", "54290", "postcode"),
    ("applicant", "street", "rue du Fossé", "no_house_number"),
    ("applicant", "street", "2", "no_name"),
    ("applicant", "city", "1536", "no_name"),
    ("applicant", "birth_date", date(2016, 11, 24), "too_young"),
    ("applicant", "birth_date", date(2008, 11, 25), "too_young"),
    ("applicant", "family_names", "x" * 121, "too_long"),
    ("applicant", "city", "Luxem\nbourg", "characters"),
    ("document", "number", "", "missing"),
    ("document", "number", "1234", "length"),
    ("document", "number", "AB12/34", "characters"),
    ("document", "expires_on", date(2026, 11, 23), "expired"),
    ("document", "country", "US", "not_accepted"),
])
def test_each_missing_or_wrong_field_is_named(place, marie, card, whose, field, value, problem):
    made = marie(**{field: value}) if whose == "applicant" else card(**{field: value})
    with pytest.raises(services.IncompleteOrder) as refusal:
        place(**{whose: made})
    name = "type" if problem == "not_accepted" else field
    assert refusal.value.facts["problems"] == {f"{whose}.{name}": problem}
    assert not Order.objects.exists()


@pytest.mark.requirement("R038", part="later: video")
def test_who_is_eighteen_today_may_order(place, marie):
    place(applicant=marie(birth_date=date(2008, 11, 24)))
    assert Order.objects.exists()


@pytest.mark.parametrize(("today", "problem"), [(date(2026, 2, 28), Problem.TOO_YOUNG), (date(2026, 3, 1), None)])
def test_who_was_born_on_a_leap_day_is_of_age_on_the_first_of_march(today, problem):
    assert birth_date_problem(date(2008, 2, 29), today) is problem


@pytest.mark.parametrize(("country", "right", "wrong"), [
    ("LU", ("1536", "L-1536", "L 1536", "LU-1536"), ("153", "15360", "0000", "B-1000", "１５３６")),
    ("BE", ("1000", "B-1000"), ("10000", "L-1536")), ("DE", ("54290", "D-54290"), ("5429", "542900")),
    ("FR", ("57100", "57 100", "F-57100"), ("5710", "5710A")), ("NL", ("1234 AB", "1234ab"), ("1234", "0234 AB")),
    ("PT", ("1000-205",), ("1000",)), ("IE", ("D02 X285", "0"), ("'", "D02\nX285\x00", "")),
    ("US", ("90210", "90210-1234"), ("-", "90210;")),
])
def test_postcodes_by_country(country, right, wrong):
    assert [text for text in right if not postcodes.is_possible(text, country)] == []
    assert [text for text in wrong if postcodes.is_possible(text, country)] == []


def test_a_hamlet_in_france_needs_no_number(place, marie):
    place(applicant=marie(country="FR", street="Lieu-dit Le Moulin", postcode="57100", city="Y"))
    assert Order.objects.exists()


@pytest.mark.requirement("R003", part="later: forms on paper through a bank")
def test_all_missing_items_are_named_at_once(place, marie, card):
    with pytest.raises(services.IncompleteOrder) as refusal:
        place(applicant=marie(family_names="", city=""), document=card(number=""), activation_code="")
    assert set(refusal.value.facts["problems"]) == {
        "applicant.family_names", "applicant.city", "document.number", "activation_code"}


@pytest.mark.requirement("R017", part="later: video and bank identification")
def test_the_document_is_stored_as_it_will_be_demanded(place, card):
    order = Order.objects.get(pk=place(document=card(number="ab12 cd-34e", mrz=ZONE)).pk)
    assert (order.document["type"], order.document["number"], order.document["country"],
            order.document["expires_on"]) == ("identity_card", "AB12CD34E", "LU", "2030-06-30")
    assert order.claims.document_number == "AB12CD34E"


@pytest.mark.requirement("R017", part="later: video and bank identification")
def test_a_document_is_good_through_its_last_day(place, card):
    assert place(document=card(expires_on=date(2026, 11, 24))).state == "placed"


@pytest.mark.parametrize(("zone", "changed", "problem"), [
    (ZONE.replace("34E4", "34E5"), {}, {"document.mrz": "mrz_check"}),
    ("IDLUX", {}, {"document.mrz": "mrz_layout"}),
    (ZONE, {"number": "AB12CD35E"}, {"document.number": "mrz_differs"}),
    (ZONE, {"country": "FR"}, {"document.country": "mrz_differs"}),
    (ZONE, {"expires_on": date(2030, 7, 1)}, {"document.expires_on": "mrz_differs"}),
])
def test_a_typed_zone_must_agree(place, card, zone, changed, problem):
    with pytest.raises(services.IncompleteOrder) as refusal:
        place(document=card(mrz=zone, **changed))
    assert refusal.value.facts["problems"] == problem


def test_a_typed_zone_must_agree_with_the_birth_date(place, card, marie):
    with pytest.raises(services.IncompleteOrder) as refusal:
        place(document=card(mrz=ZONE), applicant=marie(birth_date=date(1985, 1, 2)))
    assert refusal.value.facts["problems"] == {"document.birth_date": "mrz_differs"}


@pytest.mark.requirement("R014", part="later: required at activation of other devices")
@pytest.mark.parametrize(("code", "problem"), [
    ("1234", "length"), ("123456", "length"), ("", "missing"), ("12 45", "characters"), ("12\t45", "characters")])
def test_four_and_six_characters_are_refused(place, code, problem):
    with pytest.raises(services.IncompleteOrder) as refusal:
        place(activation_code=code)
    assert refusal.value.facts["problems"] == {"activation_code": problem}


@pytest.mark.requirement("R014", part="later: required at activation of other devices")
def test_five_characters_are_kept_under_a_keyed_hash(place):
    order = place(activation_code="aB3$é")
    assert secrets.verify_secret("aB3$é", order.activation_code_hash, "activation_code")
    assert not secrets.verify_secret("ab3$é", order.activation_code_hash, "activation_code")
    for field in fields(policy.Applicant):
        assert "aB3$é" not in str(order.applicant[field.name])


@pytest.mark.requirement("R015")
@pytest.mark.parametrize(("number", "code"), [("AB12CD34E", "CD34E"), ("ab 12-cd 34e", "CD34E"), ("1234", "")])
def test_the_last_five_characters_of_the_document_are_advised(number, code):
    assert policy.suggested_activation_code(number) == code


@pytest.mark.requirement("R005", part="later: post, apostille, video")
def test_exactly_one_active_registration_authority(place, desks, system):
    for wrong in (None, "", tokens.uuid7(), desks["desk-closed"].id):
        with pytest.raises(services.AuthorityNotChosen):
            place(authority_id=wrong)
    organisations.set_active(organisation_id=desks["desk-north"].id, active=False, caller=system)
    with pytest.raises(services.AuthorityNotChosen):
        place(authority_id=desks["desk-north"].id)


@pytest.mark.requirement("R005", part="later: post, apostille, video")
def test_the_order_is_in_the_queue_of_its_authority_only(place, desks):
    order = place(authority_id=desks["desk-north"].id)
    assert [row.id for row in queries.queue([desks["desk-north"].id])] == [order.id]
    assert not queries.queue([desks["operator"].id, desks["bank-plume"].id])


@pytest.mark.parametrize("changed", [{"channel": "video"}, {"use": "professional"}, {"product": "app"},
                                     {"product": "eid"}, {"product": "nothing"}])
def test_what_this_house_cannot_deliver_is_not_sold(place, changed):
    with pytest.raises(NotOffered):
        place(**changed)


@pytest.mark.requirement("R019", part="later: e-Access")
@pytest.mark.requirement("R020", part="later: video and chips")
def test_an_order_without_email_and_mobile_is_legal(place, marie):
    order = place(applicant=marie(email="", mobile=""))
    assert (order.state, order.applicant["email"], order.applicant["mobile"]) == ("placed", "", "")
    assert not Message.objects.exists()


@pytest.mark.requirement("R020", part="later: video and chips")
@pytest.mark.parametrize(("mobile", "problem"), [
    ("+352 24 550 550", "not_mobile"), ("628123456", "voicemail"), ("+352 661 1", "not_a_number"),
    ("maison", "not_a_number")])
def test_a_number_that_cannot_receive_an_sms_is_refused(place, marie, mobile, problem):
    with pytest.raises(services.IncompleteOrder) as refusal:
        place(applicant=marie(mobile=mobile))
    assert refusal.value.facts["problems"] == {"applicant.mobile": problem}


@pytest.mark.parametrize(("mobile", "stored"), [("621 123 456", "+352621123456"), ("+49 151 23456789", "+4915123456789"),
                                                ("00352691000111", "+352691000111")])
def test_mobiles_are_kept_as_e164(place, marie, mobile, stored):
    assert place(applicant=marie(mobile=mobile)).applicant["mobile"] == stored


def test_the_terms_are_accepted_in_the_name_of_the_order(place, terms):
    order = place()
    [accepted] = acceptances(order.id)
    assert (accepted.kind, accepted.version, accepted.sha256, accepted.language, accepted.channel) == (
        "terms", terms.version, terms.sha256, "fr", "web")
    with pytest.raises(NothingAccepted):
        place(texts=[])
    assert Order.objects.count() == 1


def test_the_customer_is_told_by_mail(place):
    order = place()
    message = Message.objects.get()
    assert (message.template, message.channel, message.recipient["email"]) == (
        "order_placed", "mail", "marie@post.example")
    assert order.reference in message.content["text"]
    assert "23 janvier 2027" in message.content["text"]


@pytest.mark.requirement("R089", part="later: chips on hold")
def test_sixty_days_from_placing_the_last_day_included():
    placed = datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC)  # one second before midnight in Luxembourg
    assert policy.activation_deadline(placed) == datetime(2027, 1, 23, 23, 0, tzinfo=UTC)
    assert policy.last_day(policy.activation_deadline(placed)) == date(2027, 1, 23)
    summer = datetime(2026, 8, 30, 22, 0, tzinfo=UTC)  # midnight: the 31st has begun; 60 days later winter time holds
    assert policy.activation_deadline(summer) == datetime(2026, 10, 30, 23, 0, tzinfo=UTC)


def test_the_link_opens_the_order_and_nothing_else_does(place):
    order, other = place(), place()
    secret = queries.follow_secret(order.id)
    assert len(secret) == 43
    assert queries.by_reference(order.reference.lower(), secret).id == order.id
    for reference, wrong in ((order.reference, secret[:-1]), (other.reference, secret), ("P-0000-0000-0", secret),
                             ("", queries.follow_secret("")), (order.reference, "é" * 43)):
        with pytest.raises(NotFound):
            queries.by_reference(reference, wrong)
