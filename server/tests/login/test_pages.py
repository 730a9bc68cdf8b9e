# SPDX-License-Identifier: Apache-2.0


def test_the_whole_way(visitor, marie, clock):
    page = visitor.get("/login/?next=/verify/")
    assert page.status_code == 200
    print(page.content.decode())
    page = visitor.get("/login/password?next=/verify/&device=token")
    assert page.status_code == 200
    print(page.content.decode())
    answer = visitor.first_step(marie.user_id, "Wrong1", next="/verify/")
    print(answer.content.decode())
    answer = visitor.first_step(marie.user_id, next="/verify/")
    assert answer["Location"] == "/login/code"
    page = visitor.get("/login/code")
    print(page.content.decode())
    answer = visitor.second_step(marie.code(clock.now()))
    assert answer["Location"] == "/verify/"
