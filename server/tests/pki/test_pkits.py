# SPDX-License-Identifier: Apache-2.0
"""NIST's path validation suite (PKITS) judges our paths and lists: domain.validation's `paths` and `evidence`.

No wrong path is accepted. Right paths that we refuse are refused on purpose, each with its reason below; what does not apply
is what asks for settings that do not exist here.
"""

import json
import warnings
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from paraph.domain.validation import evidence, paths

SUITE = Path(__file__).parent / "pkits"
CASES = json.loads((SUITE / "pkits.json").read_text())
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)

# Case → why it does not apply.
SETTINGS = "the user's own policies or the demand for one: we let every policy be, and `qualification` reads the leaf's"
DELTAS = "deltas are not used: the whole list in force counts (RFC 5280 clause 6.3.3 with use-deltas off)"
NOT_APPLICABLE = {
    "all_certs_same_policy_test1_with_constraint_mismatch": SETTINGS,
    "all_certificates_no_policies_test2_force_explicit": SETTINGS,
    "different_policies_test3_force_explicit": SETTINGS,
    "different_policies_test3_force_explicit_with_user_set": SETTINGS,
    "invalid_deltacrl_test4": DELTAS,
    "valid_deltacrl_test5": DELTAS,
}

# Why right paths are refused.
CONSTRAINTS = "constraints of names and policies, their mapping and inhibition are not weighed: such a path is not relied upon"
DSA = "no profile, and no algorithm catalogue (TS 119 312), knows DSA"
NAMES = "names are compared as they are written: RFC 5280 clause 4.1.2.6 demands that authorities write them alike"
OTHER_KEY = "a list counts under the key that signed the certificate, not under another key of the same authority"
PARTS = "lists for some reasons, and lists of one authority for another (indirect), are left aside"
# Sections of the suite in which right paths are refused as "unknown_extension" and for nothing else.
REFUSED_SECTIONS = dict.fromkeys(("408", "409", "410", "411", "412", "413"), CONSTRAINTS)
REFUSED_CASES = {
    "valid_dsa_signatures_test4": DSA,
    "valid_dsa_parameter_inheritance_test5": DSA,
    "valid_name_chaining_whitespace_test3": NAMES,
    "valid_name_chaining_whitespace_test4": NAMES,
    "valid_name_chaining_capitalization_test5": NAMES,
    "valid_rollover_from_printablestring_to_utf8string_test10": NAMES,
    "valid_utf8string_case_insensitive_match_test11": NAMES,
    "valid_separate_certificate_and_crl_keys_test19": OTHER_KEY,
    "valid_basic_self_issued_old_with_new_test1": OTHER_KEY,
    "valid_basic_self_issued_new_with_old_test4": OTHER_KEY,
    "valid_basic_self_issued_crl_signing_key_test6": OTHER_KEY,
    "valid_self_issued_pathlenconstraint_test15": OTHER_KEY,
    "valid_self_issued_pathlenconstraint_test17": OTHER_KEY,
    "valid_onlysomereasons_test18": PARTS,
    "valid_onlysomereasons_test19": PARTS,
    "valid_idp_with_indirectcrl_test22": PARTS,
    "valid_idp_with_indirectcrl_test24": PARTS,
    "valid_idp_with_indirectcrl_test25": PARTS,
    "valid_crlissuer_test28": PARTS,
    "valid_crlissuer_test29": PARTS,
    "valid_crlissuer_test30": PARTS,
    "valid_crlissuer_test33": PARTS,
}


def read(folder, name):
    return (SUITE / folder / name).read_bytes()


def flaws(case):
    """What is wrong with each path that was found; an empty text for one that is right."""
    leaf = paths.readable(read("certs", case["cert"]))
    if leaf is None:
        return ["unreadable"]
    pool = paths.Pool.of([read("certs", "TrustAnchorRootCertificate.crt")],
                         [read("certs", name) for name in case.get("other_certs", ())])
    lists = [read("crls", name) for name in ("TrustAnchorRootCRL.crl", *case.get("crls", ()))]
    archive = evidence.Archive((), tuple(("live", one) for one in lists), AT)
    return [paths.flaw(path, AT) or status(archive, path) for path in paths.paths(leaf, pool)] or ["no_path"]


def status(archive, path):
    """The first state on the path that is not good."""
    for certificate, issuer in zip(path, path[1:], strict=False):
        state = evidence.status_at(archive.facts(certificate, issuer, AT), AT).state
        if state != "good":
            return state
    return ""


def ours(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old encodings that the suite holds on purpose
        return flaws(case)


def is_refused_on_purpose(case):
    if case["name"] in REFUSED_CASES:
        return True
    return case["id"].startswith(tuple(REFUSED_SECTIONS)) and set(ours(case)) == {"unknown_extension"}


@pytest.mark.requirement("RFC 5280 6.1")
@pytest.mark.requirement("RFC 5280 6.3")
@pytest.mark.parametrize("case", [case for case in CASES if "error" in case and case["name"] not in NOT_APPLICABLE],
                         ids=lambda case: case["name"])
def test_no_wrong_path_is_accepted(case):
    assert "" not in ours(case)


@pytest.mark.requirement("RFC 5280 6.1")
@pytest.mark.parametrize("case", [case for case in CASES if "error" not in case and case["name"] not in NOT_APPLICABLE],
                         ids=lambda case: case["name"])
def test_a_right_path_is_accepted_or_refused_on_purpose(case):
    assert ("" in ours(case)) != is_refused_on_purpose(case)


def test_how_many_are_judged():
    """246 cases: 6 do not apply; of the right ones some are refused on purpose."""
    said = Counter(
        "not applicable" if case["name"] in NOT_APPLICABLE else
        "wrong" if "error" in case else "refused on purpose" if is_refused_on_purpose(case) else "right"
        for case in CASES)
    assert said == {"wrong": 131, "right": 37, "refused on purpose": 72, "not applicable": 6}
    assert {*NOT_APPLICABLE, *REFUSED_CASES} <= {case["name"] for case in CASES}
