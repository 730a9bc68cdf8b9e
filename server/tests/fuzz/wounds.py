# SPDX-License-Identifier: Apache-2.0
"""Our own engine: a target's examples, and the same with wounds. It is everywhere, and the same seed tries the same again."""

import random
from collections.abc import Iterator

from server.tests.fuzz.target import Target


def examples(of: Target, seed: int, count: int) -> Iterator[bytes]:
    """`count` inputs of our own, the same for the same seed: the examples, then examples with wounds."""
    chance = random.Random(f"{of.name} {seed}")  # noqa: S311  (it decides what is tried, nothing secret)
    seeds = of.seeds()
    yield from seeds
    for _ in range(count):
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 3, 8))):
            _wound(content, of, seeds, chance)
        yield bytes(content[: of.largest])


def _wound(content: bytearray, of: Target, seeds: list[bytes], chance: random.Random) -> None:
    place = chance.randrange(len(content) + 1)
    length = chance.choice((1, 2, 4, 16, 256))
    match chance.randrange(7):
        case 0 if content:
            content[place % len(content)] ^= 1 << chance.randrange(8)
        case 1 if content:
            content[place % len(content)] = chance.choice((0, 1, 0x30, 0x7F, 0x80, 0x84, 0xFF, chance.randrange(256)))
        case 2:
            del content[place : place + length]
        case 3:
            content[place:place] = content[place : place + length] * chance.choice((1, 2, 50))
        case 4:
            content[place:place] = chance.randbytes(length)
        case 5:
            content[place:place] = chance.choice(of.words or (b"\x00", b"\xff\xff", b"\x30\x80"))
        case _:
            other = chance.choice(seeds)
            begin = chance.randrange(len(other) + 1)
            content[place : place + length] = other[begin : begin + length]
