# SPDX-License-Identifier: Apache-2.0
from itertools import chain, combinations

import pytest

from paraph.domain.orders.catalogue import Catalogue, Channel, Use
from paraph.domain.orders.policy.finder import Against, Answers, PartnerFacts, advise

CATALOGUE = Catalogue.from_prices({
    "token": {"private": 4500, "professional": 6500}, "smartcard": {"private": 9500, "professional": 11500},
    "signing_stick": {"private": 12500, "professional": 14500}, "app": {"private": 1500, "professional": 2500}})


def partner(slug, accepts, procedures=()):
    return PartnerFacts(slug=slug, accepts=frozenset(accepts), procedures=frozenset(procedures))


PARTNERS = [
    partner("guichet", ("token", "smartcard", "signing_stick", "app"), ("administration", "taxes")),
    partner("vat", ("token", "smartcard"), ("vat", "taxes")),
    partner("bank", ("token", "app"), ("banking",)),
    partner("deeds", ("smartcard", "signing_stick"), ("contracts",)),
]


def devices(**answers):
    return {one.product.device for one in advise(Answers(**answers), CATALOGUE, PARTNERS).proposals}


def subsets(values):
    return chain.from_iterable(combinations(values, size) for size in range(len(values) + 1))


@pytest.mark.requirement("R009")
@pytest.mark.parametrize("use", list(Use))
@pytest.mark.parametrize("can_come", [True, False])
def test_private_never_recommends_professional_nor_the_other_way_round(use, can_come):
    for chosen in subsets(("guichet", "vat", "bank", "deeds")):
        advice = advise(Answers(use=use, partners=frozenset(chosen), can_come=can_come), CATALOGUE, PARTNERS)
        assert {one.product.use for one in (*advice.proposals, *advice.rejected)} == {use}


@pytest.mark.requirement("R010")
@pytest.mark.parametrize(("procedures", "expected"), [
    ((), {"token", "smartcard", "signing_stick", "app"}),
    (("taxes",), {"token", "smartcard", "signing_stick", "app"}),
    (("vat",), {"token", "smartcard"}),
    (("banking",), {"token", "app"}),
    (("vat", "banking"), {"token"}),
    (("contracts", "banking"), set()),
    (("unknown",), {"token", "smartcard", "signing_stick", "app"}),
])
def test_procedures_narrow_by_the_partner_matrix(procedures, expected):
    assert devices(use=Use.PRIVATE, procedures=frozenset(procedures)) == expected


@pytest.mark.requirement("R011")
def test_a_partner_that_refuses_a_device_removes_it_and_says_so():
    for chosen in subsets(PARTNERS):
        advice = advise(Answers(use=Use.PRIVATE, partners=frozenset(one.slug for one in chosen)), CATALOGUE, PARTNERS)
        for proposal in advice.proposals:
            assert all(proposal.product.device in one.accepts for one in chosen)
        for rejected in advice.rejected:
            refusing = {one.slug for one in chosen if rejected.product.device not in one.accepts}
            assert set(rejected.reasons) == {(Against.PARTNER, slug) for slug in refusing}
        assert len(advice.proposals) + len(advice.rejected) == 4


@pytest.mark.requirement("R012", part="later: video, bank and apostille can be ordered")
def test_whoever_cannot_come_has_video_for_two_pairs_his_bank_and_the_apostille():
    for use in Use:
        for proposal in advise(Answers(use=use, can_come=False), CATALOGUE, PARTNERS).proposals:
            video = (proposal.product.device, use) in {("app", Use.PRIVATE), ("smartcard", Use.PROFESSIONAL)}
            assert (Channel.VIDEO in proposal.ways) == video
            assert Channel.DESK not in proposal.ways
            assert {Channel.BANK, Channel.APOSTILLE} <= set(proposal.ways)


@pytest.mark.requirement("R012", part="later: video, bank and apostille can be ordered")
def test_only_what_can_be_ordered_today_is_said_to_be_available():
    here = advise(Answers(use=Use.PRIVATE), CATALOGUE, PARTNERS).proposals
    assert [one.product.device for one in here if one.available] == ["token"]
    assert here[0].product.device == "token"
    abroad = advise(Answers(use=Use.PRIVATE, can_come=False), CATALOGUE, PARTNERS)
    assert not any(one.available for one in abroad.proposals)
    assert not any(one.available for one in advise(Answers(use=Use.PROFESSIONAL), CATALOGUE, PARTNERS).proposals)


def test_each_proposal_names_the_partners_that_accept_it():
    token = advise(Answers(use=Use.PRIVATE), CATALOGUE, PARTNERS).proposals[0]
    assert token.partners == ("guichet", "vat", "bank")
