"""The one loop, narrated: who is asked, who is refused, and that every request comes to one end."""

from dataclasses import replace
from functools import partial

import pytest

from policies.base import Call, Policy, Principal, Route
from policies.when import When
from proxy.engine.chain import Link
from tests.playbook import Playbook, default_links, policy
from tests.policies.scene import target, world
from tests.proxy.engine.happenings import (
    asks,
    fails,
    is_unreachable,
    leaves,
    passes,
    replies_with,
    responds,
    streams,
    waits,
)
from tests.proxy.engine.scenes import ends_well, finds_nobody, is_answered, is_streamed_to
from tests.proxy.engine.stage import gives, observes, refuses, replies, sends, settles


class Counted(Policy):
    """Counts what has been chosen."""

    taken = 0

    def route(self, call: Call, route: Route) -> None:
        for each in route.candidates:
            route.when_chosen(each, partial(self._take))

    def _take(self) -> None:
        self.taken += 1


def test_a_plain_answer_passes() -> None:
    """One request, one attempt, one answer, one settlement."""
    with Playbook("a/m") as book:
        book >> is_answered()

        outcome = book.witness.settled[0][1]
        assert (outcome.usage and outcome.usage.total_tokens, len(outcome.attempts)) == (5, 1)


def test_a_stream_passes_piece_by_piece() -> None:
    """The head goes out with the first content, and each read is one send."""
    with Playbook("a/m") as book:
        book >> is_streamed_to("Hel") >> streams("lo", "!") << gives("lo", "!") >> ends_well()


def test_a_denied_call_reaches_no_upstream() -> None:
    """A policy's no is the answer (D13), and is settled like any other end."""
    with Playbook("a/m", links=[Link("access", policy("access", world()))]) as book:
        book >> asks(by=Principal("web", models=("gpt-*",))) << refuses(404, "model_not_found")
        book << settles("denied", 404)

        assert [(note.policy, note.verdict) for note in book.story.admission] == [
            ("witness", "pass"),
            ("access", "deny"),
        ]


def test_a_shadowed_denial_is_noted_and_not_acted_on() -> None:
    """``shadow: true``: the record says what would have happened."""
    with Playbook("a/m", links=[Link("access", policy("access", world()), shadow=True)]) as book:
        book >> is_answered(by=Principal("web", models=()))

        assert [(note.verdict, note.shadow) for note in book.story.admission][1:] == [("deny", True)]


def test_a_policy_has_no_say_in_requests_that_its_when_leaves_out() -> None:
    """``when: {stream: true}`` on access: it denies the stream, and lets the other request pass."""
    nobody = Principal("web", models=())
    links = [Link("access", policy("access", world()), When(stream=True))]
    with Playbook("a/m", links=links) as book:
        (
            book
            >> is_answered(by=nobody)
            >> asks(by=nobody, stream=True)
            << refuses(404, "model_not_found")
            << settles("denied", 404)
        )


def test_nothing_is_tried_again_unless_a_policy_says_so() -> None:
    """A chain without retry makes one attempt, whatever else could be asked."""
    with Playbook("a/m", "b/m", links=[]) as book:
        book >> finds_nobody()


def test_a_shadowed_retry_tries_nothing_again() -> None:
    """Its verdict is in the record, and that is all."""
    retry = Link("retry", policy("retry", world()), shadow=True)
    with Playbook("a/m", "b/m", links=[retry]) as book:
        book >> finds_nobody()

        assert [(note.verdict, note.shadow) for note in book.story.rounds[-1].notes][:1] == [("again", True)]


def test_attempts_stay_within_their_number() -> None:
    """I7: three attempts of four possible ones, and the last failure is the answer."""
    with Playbook("a/m", "b/m", "c/m", "d/m") as book:
        book >> asks()
        for name in ("a/m", "b/m", "c/m"):
            book << sends(name) >> is_unreachable() << observes(name, "unreachable")
        book << refuses(502, "upstream_unreachable") << settles("failed", 502)


def test_work_that_may_have_been_done_is_repeated_once() -> None:
    """I7: one more attempt after an ambiguous failure, not two."""
    with Playbook("a/m", "b/m", "c/m") as book:
        book >> asks()
        for name in ("a/m", "b/m"):
            book << sends(name) >> passes(60) << observes(name, "timeout")
        book << refuses(504, "upstream_timeout") << settles("failed", 504)


def test_a_request_that_is_wrong_is_not_taken_elsewhere() -> None:
    """F14: an upstream's 400 is the client's, at once, with the field at fault; no breaker counts it."""
    with Playbook("a/m", "b/m") as book:
        (
            book
            >> asks()
            << sends("a/m")
            >> fails(400, code="invalid_value", param="messages", type="invalid_request_error")
            << observes("a/m", "bad_request")
            << refuses(400, "invalid_value")
            << settles("failed", 400)
        )

        assert book.world.circuits == {}


def test_a_target_that_cannot_honour_a_parameter_is_no_candidate() -> None:
    """Nothing binding is dropped in silence: the next target that can is asked."""
    lacking = replace(target("a/m"), provider="groq")
    with Playbook(lacking, "b/m") as book:
        book >> is_answered("b/m", logprobs=True)

        assert [(n.target, n.why) for n in book.story.rounds[0].notes if n.verdict == "drop"] == [
            ("a/m", "cannot honour logprobs")
        ]


def test_a_parameter_that_no_target_can_honour_is_refused_by_name() -> None:
    """A 400 that says which, rather than an answer to another question."""
    lacking = [replace(target(name), provider="groq") for name in ("a/m", "b/m")]
    with Playbook(*lacking) as book:
        book >> asks(logprobs=True) << refuses(400, "unsupported_parameter") << settles("failed", 400)

        failure = book.witness.settled[0][1].failure
        assert failure is not None
        assert (failure.param, failure.message) == ("logprobs", "No target can honour logprobs: tried a/m, b/m.")


def test_parameters_without_a_place_are_named() -> None:
    """An advisory parameter is left out, and the story says so, of the target that answered."""
    with Playbook(replace(target("a/m"), provider="mistral")) as book:
        book >> is_answered(store=True)

        assert book.story.dropped == ("store",)


def test_all_targets_out_says_when_to_come_back() -> None:
    """D33: 503 no_target_available, and retry-after is the soonest probe."""
    links = partial(default_links, retry={"attempts": 1}, breaker={"failures": (1, 30.0), "open": 60.0})
    where = world()
    with Playbook("a/m", links=links(where)) as book:
        book >> finds_nobody()
        book >> passes(20) >> asks() << refuses(503, "no_target_available", retry_after=40) << settles("failed", 503)


def test_a_probe_that_is_given_up_gives_its_slot_back() -> None:
    """F15, I16: a client that leaves says nothing of the target, and the next request may probe."""
    links = default_links(world(), {"attempts": 1}, {"failures": (1, 30.0), "open": 60.0})
    with Playbook("a/m", links=links) as book:
        book >> finds_nobody()
        (
            book
            >> passes(60)
            >> asks()
            << sends("a/m")
            >> leaves()
            << observes("a/m", "cancelled")
            << settles("cancelled", 499)
            >> asks()
            << sends("a/m")
            >> asks()
            << refuses(503, "no_target_available", retry_after=1)
            << settles("failed", 503)
            >> replies_with("Hello")
            << observes("a/m")
            << replies("Hello")
            << settles("ok")
        )


def test_a_plan_takes_no_probe() -> None:
    """``POST /v1/route`` only looks: what a policy does when a target is chosen is not done."""
    counted = Counted(None, world())
    with Playbook("a/m", "b/m", links=[Link("counted", counted)]) as book:
        job = book.job({"model": "fast", "messages": [{"role": "user", "content": "Hi"}]}, {})
        _, choice = book.engine.plan(job)

        assert (choice.target, counted.taken, book.engine.in_flight) == (book.targets[0], 0, 0)
        book >> is_answered()
        assert counted.taken == 1


def test_a_plan_drops_what_an_attempt_would_not_use() -> None:
    """The plan and the attempt read the same pad."""
    lacking = replace(target("a/m"), provider="groq")
    with Playbook(lacking, "b/m") as book:
        body = {"model": "fast", "messages": [{"role": "user", "content": "Hi"}], "logprobs": True}
        _, choice = book.engine.plan(book.job(body, {}))

        assert choice.target == book.targets[1]


def test_an_answer_that_is_none_is_a_failure_and_no_broken_stream() -> None:
    """F7: a whole answer either goes out or does not; nothing of this one did."""
    with Playbook("a/m", links=[]) as book:
        (
            book
            >> asks()
            << sends("a/m")
            >> responds(b"<html>")
            << observes("a/m", "garbled")
            << refuses(502, "upstream_invalid_response")
            << settles("failed", 502)
        )


def test_the_engine_knows_which_upstreams_are_in_use() -> None:
    """A reload closes an upstream's pool once no request under way might still go there."""
    with Playbook("a/m", "b/m") as book:
        a, b = book.upstreams["a"], book.upstreams["b"]
        assert (book.engine.uses(a), book.engine.in_flight) == (False, 0)

        book >> asks() << sends("a/m")

        assert (book.engine.uses(a), book.engine.uses(b), book.engine.in_flight) == (True, True, 1)
        book >> replies_with("Hello") << observes("a/m") << replies("Hello") << settles("ok")
        assert not book.engine.uses(a)


def test_another_attempt_waits_as_long_as_policies_ask() -> None:
    """The only target: half of 200 ms by the dice, then half of 400 ms, within one request."""
    with Playbook("a/m") as book:
        (
            book
            >> asks()
            << sends("a/m")
            >> fails(500)
            << observes("a/m", "overloaded")
            << waits(0.1)
            << sends("a/m")
            >> fails(500)
            << observes("a/m", "overloaded")
            << waits(0.2)
            << sends("a/m")
            >> replies_with("Hello")
            << observes("a/m")
            << replies("Hello")
            << settles("ok")
        )

        assert [attempt.waited for attempt in book.story.attempts] == pytest.approx([0.0, 0.1, 0.2])
        assert book.story.upstream_seconds == pytest.approx(0.3)
