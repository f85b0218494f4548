"""What a policy that breaks costs, narrated: one request at most, and never the truth of a stream."""

from typing import Any

import pytest
import structlog

from policies.base import Attempt, Call, Policy, Route
from proxy.engine.chain import Link
from tests.playbook import Playbook, default_links
from tests.policies.scene import world
from tests.proxy.engine.happenings import asks, breaks
from tests.proxy.engine.scenes import ends_well, finds_nobody, is_answered, is_streamed_to
from tests.proxy.engine.stage import error, gives, observes, refuses, settles


class Faulty(Policy):
    """A third party's policy whose verb breaks."""

    def __init__(self, options: Any, _: Any) -> None:
        super().__init__(options, _)
        self.broken = True

    def _break(self) -> None:
        if self.broken:
            raise RuntimeError("a third party's fault")


class FaultyAdmit(Faulty):
    def admit(self, call: Call) -> None:
        self._break()


class FaultyRoute(Faulty):
    def route(self, call: Call, route: Route) -> None:
        self._break()


class FaultyObserve(Faulty):
    def observe(self, call: Call, attempt: Attempt) -> None:
        self._break()


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    """Faults are logged with a traceback; here they are wanted."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.mark.parametrize("kind", [FaultyAdmit, FaultyRoute])
def test_a_policys_fault_is_one_requests_fault(kind: type[Faulty]) -> None:
    """D36: 500 internal_error without detail, settled once, and the next request is served."""
    faulty = kind(None, world())
    with Playbook("a/m", links=[Link("faulty", faulty)]) as book:
        book >> asks() << refuses(500, "internal_error") << settles("failed", 500)
        faulty.broken = False
        book >> is_answered()


def test_a_fault_in_observing_costs_what_would_have_been_learnt_and_not_the_answer() -> None:
    """The answer is there, and paid for."""
    with Playbook("a/m", links=[Link("faulty", FaultyObserve(None, world()))]) as book:
        book >> is_answered()


def test_a_fault_after_the_end_of_a_stream_adds_nothing_to_it() -> None:
    """I10: after ``[DONE]`` there is nothing to say, whatever breaks in the house."""
    with Playbook("a/m", links=[Link("faulty", FaultyObserve(None, world()))]) as book:
        book >> is_streamed_to("Hello") >> ends_well()


def test_a_fault_after_an_error_frame_adds_nothing_to_it() -> None:
    """I10: a broken stream has one error frame."""
    with Playbook("a/m", links=[Link("faulty", FaultyObserve(None, world()))]) as book:
        (
            book
            >> is_streamed_to("Hel")
            >> breaks()
            << gives(error("upstream_disconnected"), last=True)
            << observes("a/m", "unreachable")
            << settles("broken")
        )


def test_a_policys_fault_does_not_keep_the_others_from_observing() -> None:
    """The breaker hears of a failure even if the policy before it breaks on it."""
    links = [
        Link("faulty", FaultyObserve(None, world())),
        *default_links(where := world(), {}, {"failures": (1, 30.0)}),
    ]
    with Playbook("a/m", links=links) as book:
        book >> finds_nobody()

        assert [circuit.cause for circuit in where.circuits.values()] == ["1 failures in 30s (last: unreachable)"]
