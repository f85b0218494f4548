"""A chain of policies, compiled."""

from typing import Any

import pytest
import structlog

from policies.base import Attempt, Call, Deny, Note, Outcome, OutcomeKind, Policy, Route, Verdict
from policies.when import When
from proxy.engine.chain import Chain, Link
from tests.policies.scene import answered, call, target, world
from translators.facts import FailureKind

pytestmark = pytest.mark.anyio

NO = Deny(FailureKind.RATE_LIMITED, "Too many.")
A = target("a/m")
OVER = Outcome(OutcomeKind.OK, (), 101.0)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


class Silent(Policy):
    """Has no verb of its own."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("admit", "route", "observe", "settle"):
            raise AssertionError(f"{name} was looked up on a policy that does not have it")
        return super().__getattribute__(name)


class Saying(Policy):
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self, decision: Deny | None = None) -> None:
        super().__init__(None, world())
        self.asked: list[str] = []
        self._decision = decision

    def admit(self, call: Call) -> Deny | None:
        self.asked.append("admit")
        return self._decision

    def route(self, call: Call, route: Route) -> None:
        self.asked.append("route")
        route.drop(A, "so")

    def observe(self, call: Call, attempt: Attempt) -> None:
        self.asked.append("observe")

    def settle(self, call: Call, outcome: Outcome) -> None:
        self.asked.append("settle")


class Waiting(Policy):
    """Admits and settles after a while."""

    settled = False
    decision: Deny | None = NO

    async def admit(self, call: Call) -> Deny | None:  # type: ignore[override]
        return self.decision

    async def settle(self, call: Call, outcome: Outcome) -> None:  # type: ignore[override]
        self.settled = True


class Breaking(Policy):
    """Breaks on every attempt."""

    def observe(self, call: Call, attempt: Attempt) -> None:
        raise RuntimeError("no")


async def _admitted(chain: Chain, asked: Call, notes: list[Note]) -> Deny | None:
    denial = chain.admit(asked, notes, [])
    return denial if denial is None or isinstance(denial, Deny) else await denial


async def all_verbs(chain: Chain, asked: Call) -> tuple[Deny | None, list[Note], Route]:
    notes: list[Note] = []
    denial = await _admitted(chain, asked, notes)
    route = Route(asked, (), 101.0)
    chain.route(asked, route)
    chain.observe(asked, answered(A))
    await chain.settle(asked, OVER)
    return denial, notes, route


async def test_a_verb_that_a_policy_does_not_have_is_not_called() -> None:
    """An absent verb costs nothing, not even a look-up."""
    denial, notes, route = await all_verbs(Chain("default", [Link("silent", Silent(None, world()))]), call(A))

    assert (denial, notes, route.notes) == (None, [], [])


async def test_each_verb_is_called_once_and_noted_under_the_links_name() -> None:
    """The name is the YAML's, not the class's."""
    policy = Saying()
    denial, notes, route = await all_verbs(Chain("default", [Link("mine", policy)]), call(A))

    assert policy.asked == ["admit", "route", "observe", "settle"]
    assert (denial, notes) == (None, [Note("mine", Verdict.PASS)])
    assert route.notes == [Note("mine", Verdict.DROP, A.name, "so")]


async def test_the_first_denial_ends_admission() -> None:
    """Whoever comes after it is not asked."""
    denier, later = Saying(NO), Saying()
    notes: list[Note] = []

    denial = await _admitted(Chain("default", [Link("one", denier), Link("two", later)]), call(A), notes)

    assert (denial, later.asked) == (NO, [])
    assert notes == [Note("one", Verdict.DENY, why="Too many.")]


async def test_a_policy_may_wait_for_its_decision() -> None:
    """Admission and settling may be coroutines."""
    policy = Waiting(None, world())
    chain = Chain("default", [Link("store", policy)])

    denial = await _admitted(chain, call(A), [])
    await chain.settle(call(A), OVER)

    assert (denial, policy.settled) == (NO, True)


async def test_those_behind_one_that_waits_are_asked_when_it_has_decided() -> None:
    """Whether it lets the request pass at once or later makes no difference to the others."""
    before, behind = Saying(), Saying(NO)
    patient = Waiting(None, world())
    patient.decision = None
    links = [Link("before", before), Link("store", patient), Link("cache", patient), Link("behind", behind)]
    notes: list[Note] = []

    assert await _admitted(Chain("default", links), call(A), notes) == NO
    assert [note.policy for note in notes] == ["before", "store", "cache", "behind"]


async def test_a_shadowed_policy_is_asked_everything_and_decides_nothing() -> None:
    """Its verdicts are noted as such, the next policy is asked, the target stays."""
    shadowed, later = Saying(NO), Saying()
    denial, notes, route = await all_verbs(
        Chain("default", [Link("one", shadowed, shadow=True), Link("two", later, When(stream=True))]), call(A)
    )

    assert shadowed.asked == ["admit", "route", "observe", "settle"]
    assert (denial, notes) == (None, [Note("one", Verdict.DENY, why="Too many.", shadow=True)])
    assert route.notes == [Note("one", Verdict.DROP, A.name, "so", shadow=True)]
    assert route.choose().target == A


async def test_the_shadow_ends_with_its_link() -> None:
    """The policy behind a shadowed one acts."""
    links = [Link("one", Saying(), shadow=True), Link("two", Saying())]
    _, _, route = await all_verbs(Chain("default", links), call(A))

    assert [note.shadow for note in route.notes] == [True, False]
    assert route.choose().target is None


@pytest.mark.parametrize("applies", [True, False])
async def test_a_policy_is_asked_about_its_own_requests_only(applies: bool) -> None:
    """``when`` holds for every verb."""
    policy = Saying()
    await all_verbs(
        Chain("default", [Link("mine", policy, When(model=("fast",)))]), call(A, model="fast" if applies else "x")
    )

    assert policy.asked == (["admit", "route", "observe", "settle"] if applies else [])


async def test_a_fault_in_observing_keeps_no_other_policy_from_it() -> None:
    """A breaker behind it has to hear of the attempt, or a probe's slot stays taken."""
    later = Saying()
    with structlog.testing.capture_logs():
        Chain("default", [Link("one", Breaking(None, world())), Link("two", later)]).observe(call(A), answered(A))

    assert later.asked == ["observe"]
