# SPDX-License-Identifier: Apache-2.0
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.domain.audit.models import Event
from paraph.domain.authentication import queries, services
from paraph.domain.authentication.models import Credential
from paraph.kernel.errors import NotAllowed
from testkit import holders


@pytest.fixture
def new(db, signer, system):
    return holders.new(system)


def check(holder, caller, **codes):
    return services.check_initial_codes(identity_id=holder.identity.id, caller=caller, **codes)


def test_all_given_codes_must_be_right(new, caller):
    right = {"initial_password": holders.INITIAL_PASSWORD, "activation_code": holders.ACTIVATION_CODE,
             "challenge": holders.CHALLENGE}
    assert check(new, caller, **right) == "accepted"
    for name in right:
        assert check(new, caller, **{**right, name: "wrong"}) == "wrong"


@pytest.mark.requirement("R138", part="later: the app's passcode")
def test_a_secret_is_refused_where_another_is_expected(new, caller):
    assert check(new, caller, initial_password=holders.CHALLENGE) == "wrong"
    assert check(new, caller, challenge=holders.INITIAL_PASSWORD) == "wrong"
    assert check(new, caller, activation_code=holders.CHALLENGE) == "wrong"


def test_five_wrong_tries_end_a_code_for_ever_and_the_others_stay(new, caller):
    for _ in range(4):
        assert check(new, caller, challenge="000000") == "wrong"
    assert check(new, caller, challenge=holders.CHALLENGE) == "accepted", "the count is taken back by a right one"
    for _ in range(5):
        assert check(new, caller, challenge="000000") == "wrong"
    assert check(new, caller, challenge=holders.CHALLENGE) == "wrong"
    assert check(new, caller, initial_password=holders.INITIAL_PASSWORD) == "accepted"
    assert Credential.objects.get().challenge_tries == 5


def test_only_the_wrong_code_of_several_loses_a_try(new, caller):
    check(new, caller, initial_password=holders.INITIAL_PASSWORD, challenge="000000")
    credential = Credential.objects.get()
    assert (credential.initial_password_tries, credential.challenge_tries) == (0, 1)


def test_nobody_is_as_wrong_as_somebody(new, caller, hashes):
    wanted = {"initial_password": "wrong", "challenge": "000000"}
    with CaptureQueriesContext(connection) as unknown:
        assert services.check_initial_codes(identity_id=None, caller=caller, **wanted) == "wrong"
    of_one = len(hashes)
    with CaptureQueriesContext(connection) as known:
        assert check(new, caller, **wanted) == "wrong"
    assert len(hashes) - of_one == of_one == 2
    assert len(unknown) == len(known)


def test_codes_stand_hashed_and_nowhere_else(new):
    row = Credential.objects.get()
    stored = f"{row.initial_password_hash}{row.challenge_hash}{row.activation_code_hash}"
    journal = "".join(f"{event.facts}{event.personal}" for event in Event.objects.all())
    for secret in (holders.INITIAL_PASSWORD, holders.CHALLENGE, holders.ACTIVATION_CODE):
        assert secret not in stored + journal
    assert stored.count("$argon2id$") == 3


def test_new_codes_replace_the_old_until_activation(new, caller):
    services.set_initial(identity_id=new.identity.id, initial_password="Other12345", challenge="111111", caller=caller)
    assert check(new, caller, initial_password=holders.INITIAL_PASSWORD) == "wrong"
    assert check(new, caller, initial_password="Other12345", challenge="111111") == "accepted"
    services.complete_activation(identity_id=new.identity.id, password="Abc123", secret_image="tree", caller=caller)
    with pytest.raises(NotAllowed):
        services.set_initial(identity_id=new.identity.id, initial_password="Again12345", caller=caller)


def test_activation_sets_password_and_image_once(new, caller):
    arguments = {"identity_id": new.identity.id, "caller": caller}
    with pytest.raises(services.PasswordRefused) as refusal:
        services.complete_activation(password=holders.INITIAL_PASSWORD[:10], secret_image="tree", **arguments)
    assert refusal.value.problems == ["same_as_initial"]
    with pytest.raises(services.PasswordRefused):
        services.complete_activation(password="short", secret_image="tree", **arguments)
    with pytest.raises(services.UnknownImage):
        services.complete_activation(password="Abc123", secret_image="../etc", **arguments)
    with pytest.raises(services.UnknownImage):
        services.complete_activation(password="Abc123", secret_image="", **arguments)
    assert not queries.is_activated(new.identity.id)
    services.complete_activation(password="Abc123", secret_image="tree", **arguments)
    assert queries.is_activated(new.identity.id) and queries.secret_image(new.identity.id).id == "tree"
    with pytest.raises(NotAllowed):
        services.complete_activation(password="Def456", secret_image="sun", **arguments)
    assert queries.secret_image(new.identity.id).id == "tree"
