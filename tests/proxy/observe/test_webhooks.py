"""Webhooks: signed, in order, tried again; and nobody is any slower for a receiver that is dead."""

import asyncio
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import replace

import pytest
import structlog
import trustme

from proxy.observe.events import EventName
from proxy.observe.receiver import Pace
from proxy.observe.signing import key_of, signed
from proxy.observe.webhooks import Webhooks
from proxy.upstream.account import Account
from proxy.upstream.auth import BEARER
from proxy.upstream.fast import FastUpstream
from tests.proxy.observe.receivers import (
    KEY,
    NO_CONTENT,
    QUICK,
    Counted,
    Late,
    config,
    each,
    event,
    have,
    status,
    told,
    verified,
)
from tests.proxy.upstream.raw_server import Line, RawServer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module", params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, object]]:
    """Both loops a worker may run on."""
    return "asyncio", {"use_uvloop": request.param}


def test_the_specifications_own_example_is_signed_alike() -> None:
    """The vector that its libraries are tested with."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    ("secret", "key"),
    [("whsec_YWJj", b"abc"), ("plain words as a secret", b"plain words as a secret"), ("whsec_no%", b"whsec_no%")],
)
def test_a_secret_is_base64_only_where_it_says_so(secret: str, key: bytes) -> None:
    """Else its characters are the key."""
    assert key_of(secret) == key


async def test_an_event_comes_signed_with_all_its_facts() -> None:
    """An independent verifier believes it, and finds the specification's three fields."""
    counted = Counted()
    async with RawServer(each()) as server:
        webhooks = Webhooks(counted, QUICK)
        webhooks.configure([config(f"{server.url}/hook/of/ours")])
        webhooks.take(event(7))
        await server.until(have(1))
        await webhooks.close()

    (request,) = server.requests
    assert request.line == "POST /hook/of/ours HTTP/1.1"
    assert request.header("content-type") == ["application/json"]
    assert verified(request) == {
        "type": "ledger.behind",
        "timestamp": "2027-01-15T08:00:00.250000Z",
        "worker": os.getpid(),
        "data": {"subject": "ledger", "bytes": 7, "seconds": 0.5, "suppressed": 0},
    }
    assert counted == {"delivered": 1}


@pytest.mark.parametrize("code", [500, 503, 429, 404, 401, 302])
async def test_anything_but_a_2xx_is_tried_again_under_the_same_id(code: int) -> None:
    """The receiver may have seen it: the id tells it so. Each attempt is signed with its own time."""
    counted = Counted()
    async with RawServer(each(status(code), status(code, "location: /elsewhere\r\n"))) as server:
        webhooks = Webhooks(counted, QUICK)
        webhooks.configure([config(server.url)])
        webhooks.take(event())
        await server.until(have(3))
        await webhooks.close()

    assert [request.line for request in server.requests] == ["POST / HTTP/1.1"] * 3
    assert len({request.header("webhook-id")[0] for request in server.requests}) == 1
    assert all(verified(request) for request in server.requests)
    assert counted == {"failed": 2, "delivered": 1}


async def test_a_connection_that_breaks_is_tried_again() -> None:
    """No answer is no success."""
    connections = 0

    async def script(line: Line) -> None:
        nonlocal connections
        connections += 1
        await line.request()
        if connections < 3:
            line.reset()
        else:
            await line.write(NO_CONTENT)

    async with RawServer(script) as server:
        webhooks = Webhooks(counted := Counted(), QUICK)
        webhooks.configure([config(server.url)])
        webhooks.take(event())
        await server.until(have(3))
        await webhooks.close()

    assert counted == {"failed": 2, "delivered": 1}


async def test_an_answer_that_does_not_come_is_given_up_and_tried_again() -> None:
    """``timeout`` is for each attempt."""
    connections = 0

    async def script(line: Line) -> None:
        nonlocal connections
        connections += 1
        await line.request()
        if connections == 1:
            await line.gone()
        await line.write(NO_CONTENT)

    async with RawServer(script) as server:
        webhooks = Webhooks(counted := Counted(), QUICK)
        webhooks.configure([config(server.url, timeout=0.05)])
        webhooks.take(event())
        await server.until(have(2))
        await webhooks.close()

    assert counted == {"failed": 1, "delivered": 1}


async def test_a_receiver_that_comes_up_late_is_told_everything_in_order() -> None:
    """Refused connections are failures like any other; the second event waits for the first."""
    late = Late(each())
    webhooks = Webhooks(counted := Counted(), QUICK)
    webhooks.configure([config(late.url)])
    for rows in range(5):
        webhooks.take(event(rows))
    await counted.until("failed")
    async with late as server:
        await server.until(have(5))
        await webhooks.close()

    assert told(server.requests) == [0, 1, 2, 3, 4]
    assert counted["delivered"] == 5


async def test_the_order_is_kept_whatever_fails_in_between() -> None:
    """Of one receiver; each event but for its repetitions."""
    answers = [status(500), NO_CONTENT, status(502), status(503), NO_CONTENT, NO_CONTENT, status(500)]
    async with RawServer(each(*answers)) as server:
        webhooks = Webhooks(counted := Counted(), QUICK)
        webhooks.configure([config(server.url)])
        for rows in range(6):
            webhooks.take(event(rows))
        await server.until(have(10))
        await webhooks.close()

    assert told(server.requests) == [0, 0, 1, 1, 1, 2, 3, 3, 4, 5]
    assert counted == {"failed": 4, "delivered": 6}


async def test_an_event_is_given_up_after_so_many_attempts_and_the_next_one_has_its_turn() -> None:
    """Bounded: one that a receiver chokes on does not block the rest for ever."""
    async with RawServer(each(*[status(500)] * 3)) as server:
        webhooks = Webhooks(counted := Counted(), replace(QUICK, attempts=3))
        webhooks.configure([config(server.url)])
        webhooks.take(event(1))
        webhooks.take(event(2))
        await server.until(have(4))
        await webhooks.close()

    assert told(server.requests) == [1, 1, 1, 2]
    assert counted == {"failed": 3, "lost": 1, "delivered": 1}


async def test_an_event_that_is_too_old_is_not_tried_again() -> None:
    """News of an hour ago are none."""
    async with RawServer(each(status(500))) as server:
        webhooks = Webhooks(counted := Counted(), replace(QUICK, age=0.0))
        webhooks.configure([config(server.url)])
        webhooks.take(event(1))
        webhooks.take(event(2))
        await server.until(have(2))
        await webhooks.close()

    assert told(server.requests) == [1, 2]
    assert counted == {"failed": 1, "lost": 1, "delivered": 1}


async def test_the_wait_that_a_receiver_asks_for_is_kept() -> None:
    """``retry-after`` beats the back-off; the end of the server ends it, with one more attempt."""
    async with RawServer(each(status(503, "retry-after: 600\r\n"))) as server:
        webhooks = Webhooks(counted := Counted(), QUICK)
        webhooks.configure([config(server.url)])
        webhooks.take(event())
        await counted.until("failed")
        with pytest.raises(TimeoutError):  # that nothing comes only a span of time can tell
            await asyncio.wait_for(server.until(have(2)), 0.1)
        await webhooks.close()

    assert counted == {"failed": 1, "delivered": 1}


async def test_a_receiver_that_is_gone_is_left_alone() -> None:
    """410: it wants nothing any more, until a reload names it anew."""
    async with RawServer(each(status(410))) as server:
        webhooks = Webhooks(counted := Counted(), QUICK)
        webhooks.configure([config(server.url)])
        for rows in range(3):
            webhooks.take(event(rows))
        await counted.until("lost", 3)
        webhooks.take(event(9))
        await webhooks.close()

    assert told(server.requests) == [0]
    assert counted == {"failed": 1, "lost": 3}


async def test_a_full_queue_loses_its_oldest() -> None:
    """The one under way is not in the queue. What is lost is counted and said."""
    answered = asyncio.Event()

    async def script(line: Line) -> None:
        while True:
            await line.request()
            await answered.wait()
            await line.write(NO_CONTENT)

    async with RawServer(script) as server:
        webhooks = Webhooks(counted := Counted(), replace(QUICK, queue=3))
        webhooks.configure([config(server.url)])
        webhooks.take(event(0))
        await server.until(have(1))
        with structlog.testing.capture_logs() as lines:
            for rows in range(1, 8):
                webhooks.take(event(rows))
        assert webhooks.health() == [{"receiver": "127.0.0.1", "waiting": 3, "failures": 0, "gone": False}]
        answered.set()
        await server.until(have(4))
        await webhooks.close()

    assert told(server.requests) == [0, 5, 6, 7]
    assert counted == {"lost": 4, "delivered": 4}
    assert [(line["event"], line["why"]) for line in lines] == [("webhook_lost", "queue_full")] * 4


async def test_a_dead_receiver_does_not_hold_up_another_one() -> None:
    """Each has a queue, a task and a connection of its own."""

    async def deaf(line: Line) -> None:
        await line.request()
        await line.gone()

    async with RawServer(deaf) as dead, RawServer(each()) as alive:
        webhooks = Webhooks(Counted(), QUICK)
        webhooks.configure([config(dead.url, timeout=60.0), config(alive.url)])
        for rows in range(50):
            webhooks.take(event(rows))
        await alive.until(have(50))
        assert webhooks.health()[0]["waiting"] == 49
        await webhooks.close()

    assert told(alive.requests) == list(range(50))


async def test_a_receiver_is_told_of_what_it_asked_for() -> None:
    """By patterns of names."""
    async with RawServer(each()) as server:
        webhooks = Webhooks(Counted(), QUICK)
        webhooks.configure([config(server.url, "budget.*", "key.restored")])
        names = EventName.QUOTA_ALERT, EventName.BUDGET_ALERT, EventName.KEY_QUARANTINED, EventName.KEY_RESTORED
        for name in names:
            webhooks.take(event(name=name))
        await server.until(have(2))
        await webhooks.close()

    assert [json.loads(request.body)["type"] for request in server.requests] == ["budget.alert", "key.restored"]


async def test_a_reload_adds_takes_away_and_keeps() -> None:
    """One that stays keeps its queue and its connection; one that goes gets what waits, and nothing more."""
    async with RawServer(each()) as stays, RawServer(each()) as goes, RawServer(each()) as comes:
        webhooks = Webhooks(counted := Counted(), QUICK)
        webhooks.configure([config(stays.url), config(goes.url)])
        webhooks.take(event(1))
        webhooks.configure([config(stays.url), config(comes.url)])
        webhooks.take(event(2))
        for server, count in ((stays, 2), (goes, 1), (comes, 1)):
            await server.until(have(count))
        await webhooks.close()
        await goes.until(lambda server: server.open == 0)

    assert [told(server.requests) for server in (stays, goes, comes)] == [[1, 2], [1], [2]]
    assert stays.accepted == 1
    assert counted == {"delivered": 4}


async def test_the_end_delivers_what_waits() -> None:
    """All of it, to a receiver that works."""
    async with RawServer(each()) as server:
        webhooks = Webhooks(counted := Counted(), QUICK)
        webhooks.configure([config(server.url)])
        for rows in range(20):
            webhooks.take(event(rows))
        await webhooks.close()

    assert told(server.requests) == list(range(20))
    assert counted == {"delivered": 20}


async def test_the_end_does_not_wait_for_a_dead_receiver() -> None:
    """Its events are lost after a moment, and each is counted."""

    async def deaf(line: Line) -> None:
        await line.request()
        await line.gone()

    async with RawServer(deaf) as server:
        webhooks = Webhooks(counted := Counted(), replace(QUICK, close=0.05))
        webhooks.configure([config(server.url, timeout=600.0)])
        for rows in range(3):
            webhooks.take(event(rows))
        await server.until(have(1))
        async with asyncio.timeout(10):
            await webhooks.close()

    assert counted == {"lost": 3}


async def test_a_receiver_that_answers_for_ever_has_answered() -> None:
    """S15: its status counts, its body is cut."""

    async def script(line: Line) -> None:
        await line.request()
        await line.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            await line.write(b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n")

    async with RawServer(script) as server:
        webhooks = Webhooks(counted := Counted(), QUICK)
        webhooks.configure([config(server.url)])
        webhooks.take(event(1))
        webhooks.take(event(2))
        await server.until(have(2))
        await webhooks.close()

    assert counted == {"delivered": 2}


async def test_nothing_secret_gets_into_the_log() -> None:
    """S9: neither the key nor the URL's path, which with some services is the key."""
    plain = "a fake secret of many characters"
    async with RawServer(each(status(500), status(410))) as server:
        with structlog.testing.capture_logs() as lines:
            webhooks = Webhooks(counted := Counted(), QUICK)
            webhooks.configure([config(f"{server.url}/services/CANARY", secret=plain)])
            webhooks.take(event())
            await counted.until("lost")
            shown = repr(lines) + repr(webhooks.health())
            await webhooks.close()

    assert [line["event"] for line in lines] == ["webhook_failed", "webhook_gone", "webhook_lost"]
    assert "CANARY" not in shown
    assert plain not in shown
    assert verified(server.requests[0], plain.encode())


async def test_a_receiver_that_works_again_is_said_once() -> None:
    """One line when it begins to fail, one when it is over; not one for each attempt."""
    async with RawServer(each(*[status(500)] * 5)) as server:
        with structlog.testing.capture_logs() as lines:
            webhooks = Webhooks(Counted(), QUICK)
            webhooks.configure([config(server.url)])
            webhooks.take(event())
            await server.until(have(6))
            await webhooks.close()

    assert [line["event"] for line in lines] == ["webhook_failed", "webhook_works"]


async def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    """S12: TLS is verified; by an authority that is trusted it is taken."""
    authority = trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    authority.configure_trust(trusting)

    def trusted(host: str, origin: str) -> FastUpstream:
        return FastUpstream(Account(host, origin, BEARER, {}, 1, public_only=False, verify=trusting))

    async with RawServer(each(), tls=serving) as server:
        strict = Webhooks(refused := Counted(), Pace(first=0.0, attempts=1))
        strict.configure([config(server.url)])
        strict.take(event(1))
        await refused.until("lost")
        await strict.close()
        webhooks = Webhooks(Counted(), QUICK, trusted)
        webhooks.configure([config(server.url)])
        webhooks.take(event(2))
        await server.until(have(1))
        await webhooks.close()

    assert told(server.requests) == [2]
    assert verified(server.requests[0], KEY)
