"""Rate, quota, budget, concurrency: what each claims, and which options contradict each other."""

from typing import Any

import pytest

from policies.budget import Budget
from policies.claims import EVER, Claim, Outage, Queue, Reserve, Terms, Unit, Window
from policies.concurrency import Concurrency, QueueOptions
from policies.limit import Limit
from policies.ports import Entry
from policies.quota import Quota
from policies.rate import Rate
from tests.policies.scene import call, world

DAY, MONTH, ANY_DAY = Window("day"), Window("month"), Window(rolling=86_400.0)


def claims(cls: type[Limit], **options: Any) -> tuple[Claim, ...]:
    """What a policy of these options claims for a call of the key ``web``."""
    decision = cls(cls.Options(**options), world()).admit(call())
    assert isinstance(decision, Reserve)
    return decision.claims


def figures(made: tuple[Claim, ...]) -> list[tuple[str, int, str]]:
    """Unit, limit and window of each."""
    return [(claim.unit.value, claim.limit, claim.window.name) for claim in made]


def test_a_rate_is_a_rolling_window_for_each_unit_and_one_for_the_burst() -> None:
    """No interval of its length admits more, wherever it begins (I14)."""
    made = claims(Rate, requests=(600, 60.0), tokens=(200_000, 60.0), cost=(1_000_000, 3600.0), burst=(5, 10.0))

    assert figures(made) == [
        ("requests", 600, "60s"),
        ("tokens", 200_000, "60s"),
        ("cost", 1_000_000, "3600s"),
        ("requests", 5, "10s"),
    ]
    assert len({claim.account for claim in made}) == 4


def test_a_quota_counts_by_the_calendar_of_its_zone_or_in_any_such_time_or_for_ever() -> None:
    """A zone is a calendar's; a rolling window has none."""
    options = {"tokens": (5_000_000, MONTH), "zone": "Europe/Berlin"}

    assert figures(claims(Quota, requests=(1000, ANY_DAY), **options)) == [
        ("requests", 1000, "86400s"),
        ("tokens", 5_000_000, "month@Europe/Berlin"),
    ]
    assert figures(claims(Quota, requests=(1000, EVER))) == [("requests", 1000, "ever")]


def test_a_budget_is_in_millionths_of_a_dollar() -> None:
    """On one account for each subject."""
    assert figures(claims(Budget, limit=(500_000_000, MONTH))) == [("cost", 500_000_000, "month@UTC")]


def test_a_request_of_its_own_is_on_no_account() -> None:
    """``max_cost`` bounds each request alone, whoever it is of, beside the limit or without one."""
    alone, (beside, limit) = claims(Budget, max_cost=500_000), claims(Budget, max_cost=500_000, limit=(9, DAY))

    assert [(each.per_request, each.account, each.limit) for each in (*alone, beside)] == [(True, "", 500_000)] * 2
    assert not limit.per_request
    assert claims(Budget, max_cost=1, per=("team",))[0].per_request


def test_what_a_request_may_cost_is_watched_in_shadow_too() -> None:
    """As every claim of such an entry."""
    (claim,) = Budget.each(Budget.Options(max_cost=1), Entry("budget", shadow=True))

    assert claim.shadow


def test_slots_have_no_window_and_may_have_a_queue() -> None:
    """They are given back."""
    (plain,) = claims(Concurrency, limit=10)
    (queued,) = claims(Concurrency, limit=10, queue=QueueOptions(50, 2.0))

    assert figures((plain,)) == [("slots", 10, "ever")]
    assert (plain.queue, queued.queue) == (None, Queue(50, 2.0))


@pytest.mark.parametrize(
    ("cls", "options", "mode"),
    [
        (Rate, {"requests": (1, 1.0)}, "local"),
        (Concurrency, {"limit": 1}, "local"),
        (Quota, {"requests": (1, DAY)}, "leased_only"),
        (Budget, {"limit": (1, DAY)}, "leased_only"),
    ],
)
def test_an_outage_stops_what_is_hard_and_splits_what_is_not(cls: type[Limit], options: Any, mode: str) -> None:
    """H7: money and quotas never pass unasked for; rates and slots go on with each worker's share."""
    assert [claim.outage for claim in claims(cls, **options)] == [Outage(mode)]  # type: ignore[arg-type]
    assert [claim.outage.mode for claim in claims(cls, **options, outage=Outage("closed"))] == ["closed"]


@pytest.mark.parametrize(
    ("cls", "options"),
    [(Rate, {"tokens": (1, 1.0)}), (Quota, {"tokens": (1, DAY)}), (Budget, {"limit": (1, DAY), "max_cost": 1})],
)
def test_the_terms_are_on_every_claim_of_tokens_and_money(cls: type[Limit], options: Any) -> None:
    """How amounts are found, and what is done where they do not fit."""
    made = claims(cls, **options, bound="tight", output=4000, on_insufficient="clamp", on_exceed="finish")

    assert {claim.terms for claim in made} == {Terms("tight", 4000, clamp=True, finish=True)}


def test_alerts_are_those_of_quotas_and_budgets() -> None:
    """At 80 %, at 90 % and at the end, if nothing else is said."""
    assert claims(Budget, limit=(1, DAY))[0].alerts == claims(Quota, requests=(1, DAY))[0].alerts == (0.8, 0.9, 1.0)
    assert claims(Quota, requests=(1, DAY), alert=(0.5,))[0].alerts == (0.5,)
    assert claims(Rate, requests=(1, 1.0))[0].alerts == ()


OPEN = Outage("open", 5, 60.0)


@pytest.mark.parametrize(
    ("cls", "options", "why"),
    [
        (Rate, {}, "nothing is limited"),
        (Rate, {"requests": (5, 1.0), "burst": (5, 1.0)}, "shorter window"),
        (Rate, {"requests": (5, 1.0), "bound": "tight"}, "none is limited here"),
        (Rate, {"requests": (5, 1.0), "output": 5}, "none is limited here"),
        (Rate, {"requests": (5, 1.0), "burst": (1, 0.5), "outage": OPEN}, "single limit"),
        (Rate, {"cost": (5, 1.0), "outage": OPEN}, "single limit"),
        (Rate, {"per": ("target",), "tokens": (5, 1.0), "on_insufficient": "clamp"}, "asks another one"),
        (Quota, {}, "nothing is limited"),
        (Quota, {"requests": (5, DAY), "on_exceed": "finish"}, "none is limited here"),
        (Quota, {"requests": (5, DAY), "tokens": (5, DAY), "outage": OPEN}, "single limit"),
        (Quota, {"requests": (5, EVER), "zone": "Europe/Berlin"}, "calendar windows"),
        (Quota, {"per": ("key", "upstream"), "tokens": (5, DAY), "on_insufficient": "clamp"}, "asks another one"),
        (Budget, {}, "nothing is limited"),
        (Budget, {"max_cost": 5, "zone": "Europe/Berlin"}, "calendar windows"),
        (Budget, {"limit": (5, ANY_DAY), "zone": "Europe/Berlin"}, "calendar windows"),
        (Budget, {"limit": (5, DAY), "per": ("target",), "on_insufficient": "clamp"}, "asks another one"),
        (Concurrency, {"limit": 5, "per": ("upstream",), "queue": QueueOptions()}, "asks another one"),
    ],
)
def test_options_that_contradict_each_other_are_refused(cls: type[Limit], options: Any, why: str) -> None:
    """With the reason, at the time the file is read."""
    with pytest.raises(ValueError, match=why):
        cls.Options(**options)


@pytest.mark.parametrize("outage", [OPEN, Outage("closed")])
def test_a_single_limit_may_be_open_to_a_bounded_amount(outage: Outage) -> None:
    """The amount is of that limit's unit."""
    assert claims(Rate, requests=(5, 1.0), outage=outage)[0].outage == outage
    assert claims(Quota, tokens=(5, DAY), outage=outage)[0].outage == outage
    assert claims(Concurrency, limit=5, outage=outage)[0].outage == outage
    assert claims(Budget, limit=(5, DAY), outage=outage)[0].outage == outage
    assert {claim.unit for claim in claims(Rate, requests=(5, 1.0))} == {Unit.REQUESTS}
