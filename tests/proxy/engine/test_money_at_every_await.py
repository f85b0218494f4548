"""I13: wherever a client leaves, or a server breaks off, what the request took is charged and nothing is left held."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from policies.base import Call, Policy
from policies.claims import EVER, Claim, Reply, Reserve, Unit
from policies.ports import World
from proxy.engine.accounting import Accounting
from proxy.engine.chain import Link
from proxy.money import micro
from proxy.state.memory import MemoryStore
from proxy.state.store import Store
from tests.playbook import Play, Playbook, at_every_await, default_links
from tests.policies.scene import Loaded, target
from tests.proxy.engine.happenings import (
    asks,
    begins,
    breaks,
    fails,
    finishes,
    is_unreachable,
    replies_with,
    streams,
    waits,
)
from tests.proxy.engine.stage import DONE, FINISH, gives, observes, opens, replies, sends, settles
from translators.facts import Price

CLAIMS = tuple([Claim(f"budget:team:t:{unit}:ever", unit, 10**9, EVER, "budget", "team t") for unit in Unit])


PRICES = {"a/m": Price(input=1_100_000, output=4_300_000), "b/m": Price(input=2_700_000, output=7_900_000)}


class Claims(Policy):
    """A policy that claims something of each unit."""

    def admit(self, call: Call) -> Reserve:
        """Always the same."""
        return Reserve(CLAIMS)


class Distant:
    """A store that answers a turn of the loop later, and has held by then what nobody may be waiting for any more."""

    shared, mode = True, "ok"

    def __init__(self) -> None:
        self.near = MemoryStore(lambda claim, standing: None)
        self.post, self.void = self.near.post, self.near.void

    async def reserve(
        self, hold: str, claims: Sequence[Claim], amounts: Sequence[int], seconds: float, version: int
    ) -> Reply:
        """See the store of accounts."""
        await asyncio.sleep(0)
        reply = self.near.reserve(hold, claims, amounts, seconds, version)
        await asyncio.sleep(0)
        return reply


def whole(book: Playbook) -> None:
    """One whole answer."""
    book >> asks(max_tokens=16) << sends("a/m") >> replies_with("Hi") << observes("a/m") << replies("Hi")
    book << settles("ok")


def failover(book: Playbook) -> None:
    """A dearer target after a failure, and the first one again."""
    book >> asks(max_tokens=16) << sends("a/m") >> is_unreachable() << observes("a/m", "unreachable")
    book << sends("b/m") >> fails(500) << observes("b/m", "overloaded") << waits(0.1)
    book << sends("a/m") >> replies_with("Hi") << observes("a/m") << replies("Hi") << settles("ok")


def billed(book: Playbook) -> None:
    """An answer that breaks off may have been billed; the next attempt is held for beside it."""
    book >> asks(max_tokens=16) << sends("a/m") >> begins() >> breaks() << observes("a/m", "garbled")
    book << sends("b/m") >> replies_with("Hi") << observes("b/m") << replies("Hi") << settles("ok")


def stream(book: Playbook) -> None:
    """A stream to its end."""
    book >> asks(stream=True, max_tokens=16) << sends("a/m") >> begins() >> streams("Hel") << opens("a/m")
    book << gives("Hel") >> finishes() << gives(FINISH, DONE, last=True) << observes("a/m") << settles("ok")


class Site:
    """Makes playbooks with accounts of their own, and looks at these when they are over."""

    def __call__(self, **more: Any) -> Playbook:
        """One, in which the second target is the dearer one."""
        self.store = Distant()
        targets = [replace(target(name), price=price) for name, price in PRICES.items()]
        links = [Link("claims", Claims(None, World(Loaded(0.5)))), *default_links(World(Loaded(0.5)))]
        return Playbook(*targets, links=links, accounting=Accounting(cast(Store, self.store)), **more)

    def check(self, book: Playbook) -> None:
        """I2, I3, I12: what was taken is charged, nothing is held, and each hold can be written down as it ended."""
        story = book.story
        known = {claim.unit: standing for claim, standing in self.store.near.known()}
        assert all(standing.held == 0 for standing in known.values())
        for held in story.held:
            assert len(held.standings) == len(held.claims) == len(held.posted or held.claims)
        if story.attempts:
            assert known[Unit.COST].used == micro(sum([attempt.cost or 0 for attempt in story.attempts]))
            asked = any(upstream.requests for upstream in book.upstreams.values())
            assert asked <= known[Unit.REQUESTS].used <= 1


@pytest.mark.parametrize(
    "interrupt",
    [lambda book: book.client.leave(), lambda book: book.engine.break_off()],
    ids=["client leaves", "server breaks off"],
)
@pytest.mark.parametrize("script", [whole, failover, billed, stream])
def test_cancelled_at_any_await_a_request_is_charged_what_it_took(script: Play, interrupt: Play) -> None:
    """I13, with a store that answers late: its reservation may have been made, and nobody waits for it any more."""
    site = Site()

    def play(book: Playbook) -> None:
        script(book)
        book.loop.settle()
        site.check(book)

    assert at_every_await(play, interrupt, site) >= 4
