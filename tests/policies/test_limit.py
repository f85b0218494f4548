"""What all limits have in common: what they claim, under which names, and that this is made once."""

import sys
from dataclasses import fields
from typing import Any

import pytest

from policies import POLICIES
from policies.base import Call, Deny, Principal
from policies.budget import Budget
from policies.claims import Claim, Reserve, Unit, Window
from policies.limit import SUBJECTS, Limit
from policies.ports import Entry, World
from policies.quota import Quota
from policies.rate import Rate
from policies.when import When
from tests.policies.scene import Loaded, call, target, world
from translators.facts import FailureKind

DAY, MONTH = Window("day"), Window("month")
WEB = Principal("web", team="growth", org="acme")


def budget(entry: Entry | None = None, **options: Any) -> Budget:
    """A budget of five dollars a month, where nothing else is said."""
    return Budget(Budget.Options(**{"limit": (5_000_000, MONTH), **options}), World(Loaded(), entry=entry or Entry()))


def claims(policy: Limit, asked: Call) -> tuple[Claim, ...]:
    """What it claims for a call."""
    decision = policy.admit(asked)
    assert isinstance(decision, Reserve)
    return decision.claims


def accounts(policy: Limit, asked: Call) -> list[str]:
    """The accounts that it claims for a call."""
    return [claim.account for claim in claims(policy, asked)]


def test_an_account_is_named_by_all_that_makes_it_one() -> None:
    """Kind, whom by, who, unit, window: what the limit's figure is, and where it stands in the file, is not in it."""
    policy = budget(per=("team",), zone="Europe/Berlin")
    dearer = budget(per=("team",), zone="Europe/Berlin", limit=(9_000_000, MONTH), alert=(), bound="tight")

    assert accounts(policy, call(principal=WEB)) == ["budget:team:growth:cost:month@Europe/Berlin"]
    assert accounts(dearer, call(principal=WEB)) == accounts(policy, call(principal=WEB))


def test_several_subjects_are_several_claims_of_one_reservation() -> None:
    """A key in a team in an organisation: there has to be room on all three (I5)."""
    assert accounts(budget(per=("key", "team", "org")), call(principal=WEB)) == [
        "budget:key:web:cost:month@UTC",
        "budget:team:growth:cost:month@UTC",
        "budget:org:acme:cost:month@UTC",
    ]


def test_conditions_make_accounts_of_their_own_whatever_their_order() -> None:
    """What counts streams only must not share an account with what counts everything."""
    plain = accounts(budget(), call())
    one = accounts(budget(Entry("budget", When(model=("a", "b")))), call())
    same = accounts(budget(Entry("budget", When(model=("b", "a")))), call())
    other = accounts(budget(Entry("budget", When(key=("a", "b")))), call())

    assert one == same
    assert len({*plain, *one, *other}) == 3


def test_what_only_watches_has_accounts_of_its_own() -> None:
    """It counts what it would have let pass, which is more than the real limit does."""
    (claim,) = claims(budget(Entry("budget", shadow=True)), call())

    assert claim.shadow
    assert claim.account == "shadow-budget:key:web:cost:month@UTC"


def test_a_claim_says_which_entry_of_the_chain_makes_it() -> None:
    """As the chain names it: a dotted path, perhaps."""
    assert [each.policy for each in claims(budget(Entry("my.own.Budget")), call())] == ["my.own.Budget"]
    assert [each.policy for each in claims(budget(), call())] == ["budget"]


def test_the_same_subjects_claim_the_very_same_objects() -> None:
    """Stores and the engine know a claim by its identity, and nothing is made twice."""
    policy = budget(per=("key", "team"))
    first, again = policy.admit(call(principal=WEB, id="1")), policy.admit(call(principal=WEB, id="2"))
    colleague = claims(policy, call(principal=Principal("job", team="growth")))

    assert first is again
    assert colleague[1] is claims(policy, call(principal=WEB))[1]
    assert colleague[0] is not claims(policy, call(principal=WEB))[0]


@pytest.mark.parametrize("per", ["user", "session", "tag:x", "ip"])
def test_names_that_clients_make_up_do_not_fill_the_memory(per: str) -> None:
    """However many there are, some thousands are kept."""
    policy = budget(per=(per,))
    for number in range(SUBJECTS + 10):
        text = str(number)
        claims(policy, call(user=text, session=text, ip=text, tags=frozenset({f"x={text}"})))

    assert all(len(kept) <= SUBJECTS for kept in vars(policy).values() if isinstance(kept, dict))


@pytest.mark.parametrize("per", ["team", "user", "session", "org", "tag:env"])
def test_without_a_subject_a_request_passes_or_is_refused_or_is_counted_with_its_like(per: str) -> None:
    """As ``without`` says."""
    passes, refuses, together = (budget(per=(per,), without=each) for each in ("pass", "refuse", "together"))
    denial = refuses.admit(call())

    assert passes.admit(call()) is None
    assert isinstance(denial, Deny)
    assert (denial.kind, denial.code) == (FailureKind.BAD_REQUEST, "missing_required_parameter")
    assert accounts(together, call()) == [f"budget:{per.replace(':', '.')}::cost:month@UTC"]


def test_a_subject_that_is_missing_leaves_the_others_alone() -> None:
    """A key without a team still has the key's limit."""
    assert accounts(budget(per=("key", "team")), call()) == ["budget:key:web:cost:month@UTC"]


def test_two_values_of_a_tag_are_refused() -> None:
    """Whoever could choose the account would choose the empty one."""
    denial = budget(per=("tag:env",)).admit(call(tags=frozenset({"env=a", "env=b"})))

    assert isinstance(denial, Deny)
    assert (denial.kind, denial.param) == (FailureKind.BAD_REQUEST, "switchgear.tags")


def test_a_limit_of_places_claims_each_that_the_call_may_go_to() -> None:
    """If one does not fit, the others are asked: the claim says where it holds."""
    asked = call(target("a/x"), target("b/x"))
    quota = Quota(Quota.Options(per=("upstream",), requests=(10, DAY)), world())

    assert [(each.account, each.place) for each in claims(quota, asked)] == [
        ("quota:upstream:a:requests:day@UTC", "a"),
        ("quota:upstream:b:requests:day@UTC", "b"),
    ]
    assert [each.place for each in claims(quota, call(target("b/y")))] == ["b"]


@pytest.mark.parametrize("per", [("key",), ("key", "team"), ("user",), ("session",), ("tag:env",), ("model", "org")])
def test_a_known_subject_takes_one_call_of_a_function(per: tuple[str, ...]) -> None:
    """The verb itself and nothing else: what decides is read by none of Python's."""
    policy, asked, called = budget(per=per), call(principal=WEB, session="s"), []
    policy.admit(asked)

    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_name) if event == "call" else None)
    try:
        policy.admit(asked)
    finally:
        sys.setprofile(None)

    assert called == ["admit"]


LIMITS = [cls for cls in POLICIES.values() if issubclass(cls, Limit)]


@pytest.mark.parametrize("cls", LIMITS)
def test_the_shared_options_are_spelled_and_explained_alike(cls: type[Limit]) -> None:
    """Whoever knows one limit knows them all."""
    known = {option.name: option for option in fields(Budget.Options)}
    shared = [option for option in fields(cls.Options) if option.name in known.keys() - {"limit", "outage"}]

    assert len(shared) >= 2
    assert [option.metadata for option in shared] == [known[option.name].metadata for option in shared]


def test_limits_say_what_they_need() -> None:
    """A price for what counts money; a shared store for what is more than one request's own."""
    one_cost = Budget.Options(max_cost=1)
    requests, money = Rate.Options(requests=(1, 1.0)), Rate.Options(requests=(1, 1.0), cost=(1, 1.0))

    assert [Budget.claims_cost(one_cost), Rate.claims_cost(requests), Rate.claims_cost(money)] == [True, False, True]
    assert [Budget.hard(one_cost), Rate.hard(requests), Budget.hard(Budget.Options(limit=(1, DAY)))] == [
        False,
        True,
        True,
    ]


def test_every_claim_of_a_chain_can_be_told_before_anybody_asks() -> None:
    """With ``*`` for the subject: for ``check``, and for the checks of a file."""
    options = Rate.Options(per=("key", "tag:env"), requests=(5, 60.0), burst=(2, 1.0))

    made = Rate.claims(options, Entry("rate"))

    assert [(kind, claim.account) for kind, claim in made] == [
        ("key", "rate:key:*:requests:60s"),
        ("key", "rate:key:*:requests:1s"),
        ("tag:env", "rate:tag.env:*:requests:60s"),
        ("tag:env", "rate:tag.env:*:requests:1s"),
    ]
    assert {claim.unit for _, claim in made} == {Unit.REQUESTS}
