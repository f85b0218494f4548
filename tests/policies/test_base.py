"""The scratch pad of an attempt, and how it is read."""

from functools import partial
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.base import Attempt, Choice, Live, Policy, Principal, Route, Target
from tests.policies.scene import answered, call, failed, target, world
from translators.facts import Failure, FailureKind

A, B, C = target("a/m"), target("b/m"), target("c/m", tier=1)


def pad(*tried: Attempt, targets: tuple[Target, ...] = (A, B, C), now: float = 101.0) -> Route:
    return Route(call(*targets), tried, now)


def test_the_first_target_goes_first() -> None:
    """Nobody edited anything: the order of the list decides."""
    assert pad().choose() == Choice(A)


def test_the_lowest_score_goes_first_within_a_tier() -> None:
    """A later tier is not looked at while an earlier one has something left, whatever its score; no score counts 0."""
    route = pad()
    route.score(A, 2.0)
    route.score(B, 1.0)
    route.score(C, -9.0)

    assert route.choose().target is B


def test_ties_go_by_position() -> None:
    """Equal scores leave the order of the list."""
    route = pad()
    for each in (B, A):
        route.score(each, 1.0)

    assert route.choose().target is A


def test_a_dropped_target_is_not_chosen_but_stays_a_candidate() -> None:
    """Edits commute, so other policies go on seeing it."""
    route = pad()
    route.drop(A, "ill")
    route.drop(B, "ill")

    assert route.candidates == (A, B, C)
    assert route.choose().target is C


def test_when_all_are_dropped_the_soonest_return_is_told() -> None:
    """Those that nobody expects back do not count."""
    route = pad()
    route.drop(A, "ill", 150.0)
    route.drop(B, "ill", 120.0)
    route.drop(C, "gone")

    assert route.choose() == Choice(None, back_at=120.0)


@pytest.mark.parametrize(
    ("first", "second", "back_at"),
    [(120.0, 150.0, 150.0), (150.0, 120.0, 150.0), (120.0, None, None), (None, 120.0, None)],
)
def test_a_target_dropped_twice_is_back_when_both_let_it(
    first: float | None, second: float | None, back_at: float | None
) -> None:
    """The later moment counts; that nobody knows counts most."""
    route = pad(targets=(A,))
    route.drop(A, "ill", first)
    route.drop(A, "poor", second)

    assert route.choose() == Choice(None, back_at)


def test_nobody_expected_back_is_nowhere_to_go() -> None:
    """No moment is made up."""
    route = pad(targets=(A,))
    route.drop(A, "gone")

    assert route.choose() == Choice(None)


def test_after_a_failure_nothing_is_tried_unless_somebody_says_again() -> None:
    """Retrying is a decision, never a default."""
    tried = failed(FailureKind.TIMEOUT, A)
    silent, willing = pad(tried), pad(tried)
    willing.again("worth it")

    assert silent.choose() == Choice(None)
    assert willing.choose().target is B


def test_stop_beats_again() -> None:
    """In whichever order they are said."""
    for words in permutations(("stop", "again")):
        route = pad(failed(FailureKind.TIMEOUT, A))
        for word in words:
            getattr(route, word)("because")

        assert route.choose() == Choice(None)


def test_a_failed_target_waits_behind_all_others() -> None:
    """Own failures in this call outrank tier and score; with equal failures tier decides again."""
    once = (failed(FailureKind.TIMEOUT, A), failed(FailureKind.TIMEOUT, B))
    route, later = pad(*once), pad(*once, failed(FailureKind.TIMEOUT, C))
    for each in (route, later):
        each.again("worth it")

    assert route.choose().target is C
    assert later.choose().target is A


@pytest.mark.parametrize(
    ("credential", "status", "keys", "own"),
    [
        ("key 1", 401, 1, False),
        ("key 1", 401, 0, True),
        ("key 1", 403, 1, True),
        (None, 401, 1, True),
    ],
)
def test_one_bad_key_among_several_is_not_the_targets_fault(
    credential: str | None, status: int, keys: int, own: bool
) -> None:
    """A 401 of one key leaves the others; a 403, the last key's 401 or one without a key is the target's own."""
    at = target(live=Live(keys=keys))
    refused = Failure(FailureKind.AUTH, "no", status=status)

    assert Attempt(at, 100.0, 101.0, failure=refused, credential=credential).own_fault is own


def test_success_and_a_client_that_left_are_nobodys_fault() -> None:
    """Neither puts a target back in the order."""
    assert not answered(A).own_fault
    assert not failed(FailureKind.CANCELLED, A).own_fault
    assert failed(FailureKind.GARBLED, A).own_fault


def test_the_longest_wait_wins() -> None:
    """Over all waits for the chosen target and for any; other targets' waits do not matter."""
    route = pad()
    route.wait(1.0, A)
    route.wait(3.0, A)
    route.wait(2.0, A)
    route.wait(9.0, B)

    assert route.choose().wait == 3.0
    route.wait(4.0)
    assert route.choose().wait == 4.0


def test_only_a_committed_choice_is_told() -> None:
    """Looking where a request would go takes nothing; and only what asked about the chosen target hears of it."""
    heard: list[str] = []
    route = pad()
    for each in (A, B):
        route.when_chosen(each, partial(heard.append, each.name))
    choice = route.choose()
    assert heard == []
    choice.commit()

    assert heard == ["a/m"]


def test_a_shadowed_policy_is_noted_and_not_obeyed() -> None:
    """Each edit, under its name; none has an effect."""
    route = pad(failed(FailureKind.TIMEOUT, A))
    route.again("worth it")
    route.policy, route.shadow = "watcher", True
    heard: list[str] = []
    route.drop(B, "ill", 102.5)
    route.score(C, -1.0)
    route.wait(9.0)
    route.stop("enough")
    route.when_chosen(B, partial(heard.append, "b"))
    choice = route.choose()
    choice.commit()

    assert (choice.target, choice.wait, heard) == (B, 0.0, [])
    assert [(n.policy, n.verdict.value, n.target, n.why, n.value, n.shadow) for n in route.notes] == [
        ("engine", "again", None, "worth it", None, False),
        ("watcher", "drop", "b/m", "ill", 1.5, True),
        ("watcher", "score", "c/m", None, -1.0, True),
        ("watcher", "wait", None, None, 9.0, True),
        ("watcher", "stop", None, "enough", None, True),
    ]


def test_a_shadowed_again_does_not_retry() -> None:
    """Watching must not cause traffic."""
    route = pad(failed(FailureKind.TIMEOUT, A))
    route.shadow = True
    route.again("worth it")

    assert route.choose() == Choice(None)


def test_a_policy_without_verbs_changes_nothing() -> None:
    """All verbs may be left out."""
    idle = Policy(None, world())
    route = pad()
    idle.observe(route.call, answered(A))

    assert idle.admit(route.call) is None
    assert idle.route(route.call, route) is None
    assert (route.notes, route.choose()) == ([], Choice(A))


_TARGETS = st.sampled_from((A, B, C))
_SECONDS = st.floats(0, 10)
_EDITS = st.one_of(
    st.tuples(st.just("drop"), _TARGETS, st.just("ill"), st.none() | st.sampled_from((120.0, 150.0))),
    st.tuples(st.just("again"), st.just("worth it")),
    st.tuples(st.just("wait"), _SECONDS, st.none() | _TARGETS),
    st.tuples(st.just("stop"), st.just("enough")),
)


@given(
    st.lists(_EDITS, max_size=8),
    st.lists(st.tuples(_TARGETS, _SECONDS), max_size=3, unique_by=lambda x: x[0].name),
    st.booleans(),
    st.randoms(),
)
def test_the_order_of_edits_does_not_matter(edits, scores, retry, dice) -> None:  # type: ignore[no-untyped-def]
    """One scorer, any number of others: every order of their edits gives the same choice."""
    tried = (failed(FailureKind.TIMEOUT, A),) if retry else ()
    words = [*edits, *(("score", *score) for score in scores)]
    shuffled = dice.sample(words, len(words))
    choices = []
    for order in (words, shuffled):
        route = pad(*tried)
        for verb, *said in order:
            getattr(route, verb)(*said)
        choices.append(route.choose())

    assert choices[0] == choices[1]


def test_a_tenant_is_a_team_or_a_key_without_one() -> None:
    """A team's keys share what is theirs; a key's name is never taken for a team's."""
    one, colleague, loner, namesake = (
        Principal("web", team="growth"),
        Principal("batch", team="growth"),
        Principal("growth"),
        Principal("web"),
    )

    assert one.tenant == colleague.tenant
    assert len({each.tenant for each in (one, loner, namesake)}) == 3
