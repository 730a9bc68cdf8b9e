# SPDX-License-Identifier: Apache-2.0
import json

from joserfc import jwt
from joserfc.jwk import KeySet


def test_a_login_with_consent_gives_a_signed_assertion(person, program, bank, marie, clock):
    code = person.code_for(marie, clock.now())
    answer = program.redeem(code, bank)
    assert answer.status_code == 200, answer.content
    keys = KeySet.import_key_set(json.loads(program.get("/openid/jwks").content))
    token = jwt.decode(answer.json()["id_token"], keys, algorithms=["ES256"])
    print(token.header, token.claims)
    print(program.userinfo(answer.json()["access_token"]).content)
