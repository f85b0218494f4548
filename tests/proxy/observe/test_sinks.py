"""What is noted of a finished request: the same, whether it was rendered by itself or as one of its kind."""

import io
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.base import Attempt, Call, Note, Outcome, OutcomeKind, Principal, Target, Verdict
from policies.claims import EVER, Claim, Standing, Unit
from proxy.engine.story import Held, Round, Story
from proxy.observe import sinks
from proxy.observe.log import RecordLog
from proxy.observe.metrics import Metrics
from proxy.observe.plain import kind_of
from proxy.observe.record import render
from proxy.observe.records import Records
from proxy.observe.sinks import Notebook
from translators.facts import Endpoint, Failure, FailureKind, Usage

pytestmark = pytest.mark.anyio

WEB = Principal("web", team="growth")
TARGET = Target("up/gpt", "up", "openai", "gpt")
CLAIM = Claim("a", Unit.COST, 5, EVER, "budget", "team growth")
ADMITTED = [Note("access", Verdict.PASS)]
ROUTED = [Note("breaker", Verdict.PASS), Note("odd %s \u2028", Verdict.PASS)]

seconds = st.floats(0, 1000)
tokens = st.integers(0, 10**9)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


@st.composite
def held(draw: st.DrawFn) -> Held:
    """Two claims, one of them only watched."""
    claims = [replace(CLAIM, account=f"a{shadow}", shadow=shadow) for shadow in (False, True)]
    numbers = [(draw(tokens), draw(tokens), Standing(draw(tokens), draw(tokens), draw(tokens))) for _ in claims]
    amounts, posted, standings = zip(*numbers, strict=True)
    return Held("00", tuple(claims), amounts, standings, posted)


@st.composite
def plain_stories(draw: st.DrawFn, number: int = 0) -> Story:
    """One attempt, which succeeded, and policies that let it pass."""
    began, usage = draw(seconds), draw(st.none() | st.builds(Usage, tokens, tokens, tokens, tokens, tokens))
    model = draw(st.sampled_from(["gpt", "100 %", 'a "name"']))
    what = {"endpoint": draw(st.sampled_from(Endpoint)), "stream": draw(st.booleans())}
    call = Call(f"req_{number}", model, (TARGET,), WEB, began, began + 600.0, **what)
    started = began + draw(seconds)
    first = started + draw(seconds)
    key, cost = draw(st.none() | st.just("key 2")), draw(st.none() | tokens)
    attempt = Attempt(TARGET, started, first + draw(seconds), first, None, usage, key, cost=cost)
    story = Story(call, "default", "v1", draw(st.integers(0, 2**40)), upstream_seconds=draw(seconds), status=200)
    story.uid, story.held = f"{number:032x}", draw(st.lists(held(), max_size=1))
    story.admission, story.rounds = list(ADMITTED), [Round(list(ROUTED), TARGET.name, attempt)]
    story.outcome = Outcome(OutcomeKind.OK, story.attempts, attempt.ended + draw(seconds), usage)
    return story


class Noted:
    """A notebook and what comes out of it."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.log, self.records, self.metrics = RecordLog(self.out), Records(), Metrics(["gpt"], ["up/gpt"])
        self.notebook = Notebook(self.log, self.records, self.metrics)

    def lines(self) -> list[dict[str, Any]]:
        self.log.flush()
        return [orjson.loads(line) for line in self.out.getvalue().splitlines()]


@given(st.lists(plain_stories(), min_size=1, max_size=12))
async def test_plain_requests_are_noted_as_any_other(stories: list[Story]) -> None:
    """Line by line what rendering each would say, and the same exposition as counting each."""
    noted, careful = Noted(), Metrics(["gpt"], ["up/gpt"])
    for story in stories:
        noted.notebook.record(story)
        careful.record(story)

    assert noted.lines() == [orjson.loads(orjson.dumps(render(story))) for story in stories]
    assert _exposed(noted.metrics) == _exposed(careful)


def _exposed(metrics: Metrics) -> list[str]:
    """The samples but for the times of their making; sums of floats in another order differ in their last digits."""
    samples = [line.rpartition(" ") for line in metrics.render()[0].decode().split("\n") if line[:1] not in ("", "#")]
    return sorted(f"{name} {float(value):.6g}" for name, _, value in samples if "_created" not in name)


ODD = {
    "another outcome": lambda story: replace(story.outcome, kind=OutcomeKind.BROKEN),
    "a failure": lambda story: replace(
        story.outcome, kind=OutcomeKind.FAILED, failure=Failure(FailureKind.TIMEOUT, "late")
    ),
    "another usage": lambda story: replace(story.outcome, usage=Usage(1, 2)),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
@given(plain_stories())
async def test_what_is_odd_about_the_end_is_not_plain(change: Any, story: Story) -> None:
    """Each of these says something that the template does not have."""
    assert kind_of(story) is not None
    story.outcome = change(story)

    assert kind_of(story) is None


@given(plain_stories(), plain_stories(), st.sampled_from([{"dropped": ("seed",)}, {"restored": 2}]))
async def test_what_was_done_to_a_request_is_in_its_own_record_alone(first: Story, second: Story, done: Any) -> None:
    """What was left out of it, and what was given back to it."""
    noted = Noted()
    for story in (first, replace(second, **done), first):
        noted.notebook.record(story)

    assert noted.lines() == [
        orjson.loads(orjson.dumps(render(each))) for each in (first, replace(second, **done), first)
    ]


@given(plain_stories(), plain_stories())
async def test_what_a_policy_says_is_in_the_record_of_its_request_alone(first: Story, second: Story) -> None:
    """A kind is learnt from a request of which nobody says anything, and stands for no other."""
    noted = Noted()
    score = Note("strategy", Verdict.SCORE, "up/gpt", value=0.25)
    for story, said in ((first, [score]), (second, []), (first, [score])):
        story.rounds[0].notes = [*ROUTED, *said]
        noted.notebook.record(story)
        assert noted.lines()[-1]["attempts"][0]["policies"] == render(story)["attempts"][0]["policies"]


async def test_kinds_are_bounded_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wildcard lets clients choose model names."""
    monkeypatch.setattr(sinks, "KINDS", 3)
    noted = Noted()
    attempt = Attempt(TARGET, 1.0, 2.0, 1.5)
    for number in range(20):
        call = Call("req_1", f"made-up-{number % 7}", (TARGET,), WEB, 0.0, 9.0)
        story = Story(call, "default", "v1", 0, list(ADMITTED), [Round(list(ROUTED), TARGET.name, attempt)], status=200)
        story.outcome = Outcome(OutcomeKind.OK, story.attempts, 2.0)
        noted.notebook.record(story)

    counted = [line for line in _exposed(noted.metrics) if line.startswith("switchgear_requests_total")]
    assert sum(float(line.rpartition(" ")[2]) for line in counted) == 20
    assert len(noted.lines()) == 20


async def test_what_was_counted_before_a_reload_keeps_its_labels() -> None:
    """A model that the new configuration does not have any more was one when it was asked."""
    noted, attempt = Noted(), Attempt(TARGET, 1.0, 2.0, 1.5)
    for _ in range(3):
        call = Call("req_1", "gpt", (TARGET,), WEB, 0.0, 9.0)
        story = Story(call, "default", "v1", 0, list(ADMITTED), [Round(list(ROUTED), TARGET.name, attempt)], status=200)
        story.outcome = Outcome(OutcomeKind.OK, story.attempts, 2.0)
        noted.notebook.record(story)
    noted.metrics.known(["other-model"], [])

    counted = [line for line in _exposed(noted.metrics) if line.startswith("switchgear_requests_total")]
    assert [('model="gpt"' in line, line.rpartition(" ")[2]) for line in counted] == [(True, "3")]


async def test_a_record_without_a_principal_is_in_the_log_alone() -> None:
    """Strangers could push out everybody else's."""
    noted = Noted()
    noted.notebook.refused({"id": "req_1", "status": 401, "key": None}, None)
    noted.notebook.refused({"id": "req_2", "status": 400, "key": "web"}, WEB)

    assert [line["id"] for line in noted.lines()] == ["req_1", "req_2"]
    assert await noted.notebook.find("req_1", Principal("None")) is None
    assert await noted.notebook.find("req_2", WEB) == {"id": "req_2", "status": 400, "key": "web"}
