# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How long and how much anyone may ask of a process. Times are seconds, sizes octets.

    `pace` is what a body must come with, and an answer be taken with, on average: of `octets` the time allowed is
    `body_seconds` (or `answer_seconds`) and one second more for each `pace`.
    """

    connections: int = 1000
    idle_seconds: float = 15
    head_seconds: float = 10
    head_octets: int = 16 * 1024
    body_seconds: float = 10
    answer_seconds: float = 10
    pace: int = 32 * 1024
    held_octets: int = 256 * 1024 * 1024
    ending_seconds: float = 2

    def time_for_body(self, octets: int) -> float:
        return self.body_seconds + octets / self.pace

    def time_for_answer(self, octets: int) -> float:
        return self.answer_seconds + octets / self.pace
