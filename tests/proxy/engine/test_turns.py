"""What a provider wants to see again: kept before the client has its answer, and given back in the next turn."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import pytest

from policies.base import Principal
from proxy.engine.chain import Link
from proxy.engine.turns import MOST_CALLS, recalled
from proxy.observe.record import render
from proxy.state.mementos.memory import MemoryMementos
from tests.playbook import Playbook, at_every_await, policy
from tests.policies.scene import world
from tests.proxy.engine.happenings import (
    asks,
    begins,
    breaks,
    chunk,
    finishes,
    is_broken_off,
    is_unreachable,
    leaves,
    replies_with,
    sends_bytes,
    streams,
)
from tests.proxy.engine.stage import DONE, FINISH, error, gives, observes, opens, refuses, replies, sends, settles
from translators.base import ChatRequest, ChatResponse, Decoder, Destination, JsonObject, Memento, WireResponse
from translators.dialects.chat import ChatDialect
from translators.facts import Failure
from translators.providers.openai import OpenAI
from translators.providers.vendors import VENDORS

Message = dict[str, Any]
TENANT, DETAILS = "key web", [{"type": "reasoning.text", "text": "Hm.", "signature": "c2ln", "index": 0}]
SIGNED = {"reasoning_details": DETAILS}
READ = SIGNED | {"reasoning_content": "Hm."}
HI: Message = {"role": "user", "content": "Hi"}


def calling(*calls: str, **more: Any) -> Message:
    """An assistant's message as a client sends it back that knows OpenAI's fields alone."""
    entries = [{"id": call, "type": "function", "function": {"name": "f", "arguments": "{}"}} for call in calls]
    return {"role": "assistant", "content": None, "tool_calls": entries} | more


def result(call: str) -> Message:
    return {"role": "tool", "tool_call_id": call, "content": "sunny"}


# What is given back


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The one loop there is."""
    return "asyncio"


async def restored(messages: list[Message], *kept: Memento) -> tuple[list[Message], int]:
    """The messages as the engine sends them on, and how many were given something."""
    mementos = MemoryMementos(lambda: 0.0)
    for memento in kept:
        await mementos.keep(TENANT, memento)
    body = orjson.dumps({"model": "fast", "messages": messages})
    ask = ChatDialect().parse(body, request_id="chatcmpl-1", created=1)

    full, count = await recalled(ask, TENANT, mementos)

    assert ask.body["messages"] == messages, "what the client sent stays as it is"
    assert {**full.body, "messages": messages} == ask.body
    return full.body["messages"], count


@pytest.mark.anyio
async def test_each_turn_gets_back_what_was_its_own() -> None:
    """By its calls; the other messages stay."""
    messages = [HI, calling("call_1"), result("call_1"), calling("call_2", "call_3"), result("call_2"), HI]
    other = {"reasoning_content": "Ha."}

    full, count = await restored(messages, Memento(("call_1",), SIGNED), Memento(("call_2", "call_3"), other))

    assert full == [HI, messages[1] | SIGNED, messages[2], messages[3] | other, messages[4], HI]
    assert count == 2


@pytest.mark.anyio
@pytest.mark.parametrize("calls", [("call_1", "call_2"), ("call_2", "call_1"), ("call_2",), ("unknown", "call_1")])
async def test_several_calls_of_one_answer_bring_it_back_once(calls) -> None:
    """In whichever order, and however many of them the client sends back."""
    full, count = await restored([HI, calling(*calls)], Memento(("call_1", "call_2"), SIGNED))

    assert (full[1], count) == (calling(*calls, **SIGNED), 1)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "sent",
    [
        {"reasoning_details": [{"type": "reasoning.text", "text": "Mine."}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "Mine.", "signature": "bWluZQ=="}]},
        {"extra_content": {"google": {"thought_signature": "bWluZQ=="}}},
        {"reasoning_content": "Mine."},
    ],
    ids=lambda sent: next(iter(sent)),
)
async def test_what_the_client_sent_wins(sent) -> None:
    """Whoever keeps state, or has changed the thinking, means it."""
    messages = [HI, calling("call_1", **sent)]

    assert await restored(messages, Memento(("call_1",), READ)) == (messages, 0)


@pytest.mark.anyio
async def test_googles_signature_on_a_call_is_a_clients_state_too() -> None:
    """Google's own OpenAI interface has it there."""
    message = calling("call_1")
    message["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": "bWluZQ=="}}

    assert await restored([HI, message], Memento(("call_1",), SIGNED)) == ([HI, message], 0)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "empty",
    [{}, {"reasoning_details": None, "reasoning_content": None}, {"reasoning_details": [], "reasoning_content": ""}],
    ids=["absent", "null", "empty"],
)
async def test_a_field_without_anything_in_it_is_not_there(empty) -> None:
    """SDKs write out what they do not have."""
    full, count = await restored([HI, calling("call_1", **empty)], Memento(("call_1",), READ))

    assert (full[1], count) == (calling("call_1", **READ), 1)


@pytest.mark.anyio
async def test_a_client_that_sends_back_the_text_alone_gets_the_signature() -> None:
    """Many keep what is there to read (``reasoning_content``), and only that."""
    message = calling("call_1", reasoning_content="Hm.")

    assert await restored([HI, message], Memento(("call_1",), READ)) == ([HI, message | SIGNED], 1)
    assert await restored([HI, message], Memento(("call_1",), SIGNED)) == ([HI, message | SIGNED], 1)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "message",
    [
        {"role": "assistant", "content": "call_1"},
        {"role": "assistant", "content": "x", "tool_calls": []},
        {"role": "assistant", "content": "x", "tool_calls": None},
        {"role": "assistant", "content": None, "tool_calls": [{"type": "custom"}]},
        {"role": "user", "content": "x", "tool_calls": [{"type": "custom", "id": "call_1"}]},
        result("call_1"),
        calling("unknown"),
    ],
)
async def test_there_is_nothing_to_give_back_to_other_messages(message) -> None:
    """Only an assistant's known calls had any."""
    messages = [HI, message, {"role": "user", "content": [{"type": "text", "text": "x"}]}]

    assert await restored(messages, Memento(("call_1",), SIGNED)) == (messages, 0)


@pytest.mark.anyio
async def test_the_latest_calls_are_looked_up_first() -> None:
    """A client may send very many: the latest are those that the next turn hangs on."""
    names = [f"call_{number}" for number in range(MOST_CALLS + 1)]
    mementos = [Memento((name,), {"reasoning_content": name}) for name in names]

    full, count = await restored([calling(name) for name in names], *mementos)

    assert count == MOST_CALLS
    assert [message.get("reasoning_content") for message in full] == [None, *names[1:]]


# When it is kept

MEMENTO = Memento(("call_1",), SIGNED)


class Thoughtful(OpenAI):
    """A wire format whose every answer has something to be kept."""

    def response(self, ask: ChatRequest, wire: WireResponse, target: Destination) -> ChatResponse | Failure:
        answer = super().response(ask, wire, target)
        return answer if isinstance(answer, Failure) else replace(answer, memento=MEMENTO)

    def decoder(self, ask: ChatRequest, target: Destination) -> Any:
        return ThoughtfulDecoder(super().decoder(ask, target))


class ThoughtfulDecoder:
    """Knows what is to be kept long before it has finished."""

    memento = MEMENTO

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)


class Telling(MemoryMementos):
    """Tells when something is kept or looked up. It waits, as one that asks a server would."""

    def __init__(self, tell: Any) -> None:
        super().__init__(lambda: 0.0)
        self._tell = tell

    async def keep(self, scope: str, memento: Memento) -> None:
        self._tell(keeps(scope, *memento.calls))
        await asyncio.sleep(0)
        await super().keep(scope, memento)

    async def recall(self, scope: str, calls: Iterable[str]) -> dict[str, JsonObject]:
        calls = list(calls)
        self._tell(looks_up(scope, *calls))
        await asyncio.sleep(0)
        return await super().recall(scope, calls)


def keeps(scope: str, *calls: str) -> str:
    """The engine keeps what came with these calls."""
    return f"keeps {', '.join(calls)} of {scope}"


def looks_up(scope: str, *calls: str) -> str:
    """The engine looks for what came with these calls."""
    return f"looks up {', '.join(calls)} of {scope}"


def playbook(*targets: str, **options: Any) -> Playbook:
    """Every target's provider wants something to be kept."""
    translators = {name.partition("/")[0]: Thoughtful(VENDORS["openrouter"]) for name in targets}
    return Playbook(*targets, translators=translators, mementos=Telling, **options)


def sent(book: Playbook, upstream: str = "a") -> list[Message]:
    """The messages of the last request to an upstream."""
    messages: list[Message] = orjson.loads(book.upstreams[upstream].requests[-1].body)["messages"]
    return messages


def test_a_whole_answer_is_kept_before_it_is_sent() -> None:
    """The client asks again the moment it has it: the next turn finds it."""
    with playbook("a/m") as book:
        book >> asks() << sends("a/m") >> replies_with("Hello")
        book << keeps("key web", "call_1") << observes("a/m") << replies("Hello") << settles("ok")
        book >> asks(messages=[HI, calling("call_1"), result("call_1")]) << looks_up("key web", "call_1")
        book << sends("a/m") >> replies_with("Hello") << keeps("key web", "call_1") << observes("a/m")
        book << replies("Hello") << settles("ok")

        assert sent(book)[1]["reasoning_details"] == DETAILS
        assert [story.restored for story in book.stories] == [0, 1]


def test_a_stream_is_kept_before_its_last_piece_is_sent() -> None:
    """What comes before is on its way already."""
    with playbook("a/m") as book:
        book >> asks(stream=True) << sends("a/m") >> begins() >> streams("Hi") << opens("a/m") << gives("Hi")
        book >> finishes() << keeps("key web", "call_1") << gives(FINISH, DONE, last=True)
        book << observes("a/m") << settles("ok")


def test_a_stream_in_one_piece_is_kept_before_it_is_sent() -> None:
    """There is no other moment."""
    with playbook("a/m") as book:
        book >> asks(stream=True) << sends("a/m") >> begins()
        book >> sends_bytes(chunk({"content": "Hi"}) + chunk({}, "stop") + b"data: [DONE]\n\n", b"")
        book << opens("a/m") << keeps("key web", "call_1") << gives("Hi", FINISH, DONE, last=True)
        book << observes("a/m") << settles("ok")


def test_nothing_is_kept_of_a_stream_that_breaks() -> None:
    """The client has no turn to go on from."""
    with playbook("a/m") as book:
        book >> asks(stream=True) << sends("a/m") >> begins() >> streams("Hi") << opens("a/m") << gives("Hi")
        book >> breaks() << gives(error("upstream_disconnected"), last=True)
        book << observes("a/m", "unreachable") << settles("broken")


def test_nothing_is_kept_for_a_client_that_has_left() -> None:
    """Nor does the request fail for it."""
    with playbook("a/m") as book:
        book >> asks() << sends("a/m") >> leaves() << observes("a/m", "cancelled") << settles("cancelled", 499)


def test_the_next_target_gets_the_history_restored_too() -> None:
    """Its translator leaves out what is not for it."""
    with playbook("a/m", "b/m") as book:
        book >> asks() << sends("a/m") >> replies_with("Hello")
        book << keeps("key web", "call_1") << observes("a/m") << replies("Hello") << settles("ok")
        book >> asks(messages=[HI, calling("call_1"), result("call_1")]) << looks_up("key web", "call_1")
        book << sends("a/m") >> is_unreachable() << observes("a/m", "unreachable") << sends("b/m")
        book >> replies_with("Hello") << keeps("key web", "call_1") << observes("b/m")
        book << replies("Hello") << settles("ok")

        assert [sent(book, name)[1]["reasoning_details"] for name in "ab"] == [DETAILS, DETAILS]


def test_a_tenant_is_given_its_own_alone() -> None:
    """B8: a team's keys share theirs, another team's do not exist."""
    one, colleague, stranger = (Principal(key, team=team) for key, team in (("a", "x"), ("b", "x"), ("c", "y")))
    messages = [HI, calling("call_1"), result("call_1")]
    with playbook("a/m") as book:
        book >> asks(by=one) << sends("a/m") >> replies_with("Hello")
        book << keeps("team x", "call_1") << observes("a/m") << replies("Hello") << settles("ok")
        for who in (colleague, stranger):
            book >> asks(by=who, messages=messages) << looks_up(who.tenant, "call_1") << sends("a/m")
            book >> replies_with("Hello") << keeps(who.tenant, "call_1") << observes("a/m")
            book << replies("Hello") << settles("ok")

        assert [story.restored for story in book.stories] == [0, 1, 0]


def test_nothing_is_looked_up_for_a_history_without_calls() -> None:
    """No store is asked, plain messages or not."""
    parts = [{"type": "text", "text": "Hi"}]
    with playbook("a/m") as book:
        book >> asks(messages=[{"role": "user", "content": parts}, {"role": "assistant", "content": parts}, HI])
        book << sends("a/m")
        book >> replies_with("Hello") << keeps("key web", "call_1") << observes("a/m")
        book << replies("Hello") << settles("ok")


def test_a_refused_request_looks_nothing_up() -> None:
    """A denial costs nothing."""
    with playbook("a/m", links=[Link("access", policy("access", world()))]) as book:
        book >> asks(by=Principal("web", models=()), messages=[HI, calling("call_1")])
        book << refuses(404, "model_not_found") << settles("denied", 404)


def test_the_record_says_that_something_was_given_back_and_not_what() -> None:
    """S8: how many messages it was; a request of which that is not so has no such field."""
    with playbook("a/m") as book:
        for messages in ([HI], [HI, calling("call_1"), result("call_1")]):
            book >> asks(messages=messages)
            if len(messages) > 1:
                book << looks_up("key web", "call_1")
            book << sends("a/m") >> replies_with("Hello") << keeps("key web", "call_1") << observes("a/m")
            book << replies("Hello") << settles("ok")

        records = [render(story) for story in book.stories]
        assert [record.get("restored") for record in records] == [None, 1]
        assert b"c2ln" not in orjson.dumps(records)


@pytest.mark.parametrize("interrupt", [leaves(), is_broken_off()], ids=["leaves", "broken off"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_nothing_is_left_behind_wherever_a_turn_ends(interrupt, stream) -> None:
    """I13: while something is looked up, or kept, too."""

    def play(book: Playbook) -> None:
        book >> asks(stream=stream, messages=[HI, calling("call_1"), result("call_1")])
        book << looks_up("key web", "call_1") << sends("a/m")
        if stream:
            book >> begins() >> streams("Hi") << opens("a/m") << gives("Hi") >> finishes()
            book << keeps("key web", "call_1") << gives(FINISH, DONE, last=True) << observes("a/m")
        else:
            book >> replies_with("Hi") << keeps("key web", "call_1") << observes("a/m") << replies("Hi")
        book << settles("ok")

    assert at_every_await(play, interrupt.act, partial(playbook, "a/m")) > 6
