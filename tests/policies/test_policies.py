"""The table of policies."""

from dataclasses import fields, is_dataclass
from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import POLICIES
from policies.base import Policy, Route
from policies.breaker import Breaker
from policies.limit import Limit
from policies.retry import Retry
from policies.strategy import Strategy, StrategyName
from tests.policies.scene import call, failed, target, world
from translators.facts import FailureKind


def test_the_table_is_sorted_by_name() -> None:
    """A reader finds a name where it would be in a dictionary."""
    every = ["access", "breaker", "budget", "concurrency", "quota", "rate", "retry", "strategy"]
    assert list(POLICIES) == sorted(POLICIES) == every


LIMITS = [name for name, cls in POLICIES.items() if issubclass(cls, Limit)]


@pytest.mark.parametrize("cls", [cls for name, cls in POLICIES.items() if name not in LIMITS])
def test_every_policy_that_limits_nothing_works_without_options(cls: type[Policy]) -> None:
    """``- breaker`` alone is a legal chain entry."""
    assert cls(cls.Options(), world()).options == cls.Options()


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_without_a_number_is_none(name: str) -> None:
    """``- budget`` alone would limit nothing, and look as if it did."""
    with pytest.raises((ValueError, TypeError), match=r"nothing is limited|missing 1 required"):
        POLICIES[name].Options()


@pytest.mark.parametrize("cls", POLICIES.values(), ids=POLICIES)
def test_every_option_is_explained_with_an_example(cls: type[Policy]) -> None:
    """The help stands in the JSON Schema, where an editor shows it."""
    assert is_dataclass(cls.Options)
    assert [option.name for option in fields(cls.Options) if "Example: " not in option.metadata["help"]] == []


@pytest.mark.parametrize("cls", POLICIES.values(), ids=POLICIES)
def test_a_shorthand_names_an_option(cls: type[Policy]) -> None:
    """``strategy: weighted`` sets ``by``, ``budget: $5/day`` sets ``limit``."""
    assert cls.shorthand is None or cls.shorthand in {option.name for option in fields(cls.Options)}


@settings(max_examples=60, deadline=None)
@given(
    by=st.sampled_from(get_args(StrategyName)),
    history=st.lists(
        st.tuples(st.sampled_from(FailureKind), st.integers(0, 2), st.none() | st.floats(0, 50)), max_size=3
    ),
    tiers=st.tuples(*[st.integers(0, 1)] * 3),
    now=st.floats(101, 300),
)
def test_the_order_of_a_chain_does_not_matter_for_routing(by, history, tiers, now) -> None:  # type: ignore[no-untyped-def]
    """After any history breaker, strategy and retry come to the same choice in each of their six orders."""
    choices = []
    for order in permutations(("breaker", "strategy", "retry")):
        chain = chain_of(order, by)
        targets = [target(f"{name}/m", tier=tier) for name, tier in zip("abc", tiers, strict=True)]
        asked, tried = call(*targets, deadline=250.0), []
        for kind, at, hint in history:
            tried.append(failed(kind, targets[at], retry_after=hint))
            for policy in chain:
                policy.observe(asked, tried[-1])
        route = Route(asked, tuple(tried), now)
        for policy in chain:
            policy.route(asked, route)
        choice = route.choose()
        choices.append((choice.target and choice.target.name, choice.back_at, choice.wait))

    assert len(set(choices)) == 1


def chain_of(order: tuple[str, ...], by: str) -> list[Policy]:
    """Three policies of one world, easily alarmed."""
    shared = world()
    options = {
        "breaker": Breaker.Options(failures=(1, 30.0), open=20.0),
        "strategy": Strategy.Options(by=by),  # type: ignore[arg-type]
        "retry": Retry.Options(attempts=4, on=tuple(FailureKind), ambiguous=4),
    }
    return [POLICIES[name](options[name], shared) for name in order]
