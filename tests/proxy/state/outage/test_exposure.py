"""What an outage may cost at worst, as ``check`` says it."""

from dataclasses import replace

import pytest

from policies.claims import Claim, Outage
from proxy.state.outage import worst_case
from tests.proxy.state.leases.fleet import budget, rate, slots


@pytest.mark.parametrize(
    ("claim", "amount", "words"),
    [
        (budget(100), 0, "what is leased is used up, then nothing passes; all of it was held before"),
        (replace(slots(9), outage=Outage()), 0, "or 30s are over"),
        (replace(budget(100), outage=Outage("closed")), 0, "nothing passes"),
        (replace(budget(100), outage=Outage("open", 50, 60.0)), 48, "12 cost for each of 4 workers, for 60s at most"),
        (replace(rate(99), outage=Outage("local")), 96, "24 requests for each of 4 workers and window"),
        (replace(rate(3), outage=Outage("local")), 0, "the limit is less than one for each of 4 workers"),
        (
            replace(slots(9), outage=Outage("local")),
            6,
            "2 slots for each of 4 workers, if one of them had taken all before",
        ),
        (budget(100, shadow=True), None, "it only counts, and never refuses"),
    ],
)
def test_the_worst_case_of_each_mode_is_a_number_with_words(claim: Claim, amount: int | None, words: str) -> None:
    """H7: for four workers, and leases of half a minute."""
    (exposure,) = worst_case([claim], 4, 30.0, lambda unit, amount: f"{amount} {unit}")

    assert exposure.claim is claim
    assert exposure.amount == amount
    assert words in exposure.words
