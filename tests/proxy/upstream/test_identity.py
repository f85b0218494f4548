"""Requests under an issued token, over either transport."""

import asyncio

import pytest

from proxy.upstream.auth import BEARER
from proxy.upstream.identity import Bearer, Identified
from proxy.upstream.port import Credential, Exchange, TransportFault, Upstream
from proxy.upstream.wallet import NOT_ISSUED, Wallet
from tests.proxy.upstream.issuers import Listed
from tests.proxy.upstream.raw_server import OK, RawServer, answering
from tests.proxy.upstream.transports import LONG, PATIENT, Transport, fetch, rest, send
from translators.base import WireRequest

pytestmark = pytest.mark.anyio

REFUSAL = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nno"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno"
ASK = WireRequest("/chat/completions", b"{}")


def identified(upstream: Upstream, issuer: Listed) -> Identified[Credential]:
    """In front of a transport."""
    return Identified(upstream, Wallet(issuer, "v"), Bearer())


async def test_a_request_carries_the_token(transport: Transport) -> None:
    """In the header that RFC 6750 has for it; the operator's headers do not stand in its way."""
    own = {"authorization": "Bearer operator"}
    async with (
        RawServer(answering(OK, OK)) as server,
        transport.upstream(server.url, auth=BEARER, headers=own) as upstream,
    ):
        issuer = Listed("one")
        there = identified(upstream, issuer)
        assert [await fetch(there, ASK), await fetch(there, ASK)] == [b"ok", b"ok"]

    assert [received.header("authorization") for received in server.requests] == [["Bearer one"]] * 2
    assert issuer.asked == [False]


async def test_a_refused_token_is_not_sent_again(transport: Transport) -> None:
    """Nor is the request, by itself: the next attempt, which the engine counts, goes out under a new one (I7)."""
    async with RawServer(answering(REFUSAL, OK)) as server, transport.upstream(server.url) as upstream:
        there = identified(upstream, Listed("one", "two"))
        refused = await send(there, ASK)
        await rest(refused)
        seen = len(server.requests)
        await fetch(there, ASK)

    assert (refused.status, seen) == (401, 1)
    assert [received.header("authorization") for received in server.requests] == [["Bearer one"], ["Bearer two"]]


async def test_a_refusal_of_the_account_is_none_of_the_token(transport: Transport) -> None:
    """A 403 would be the same under another one."""
    async with RawServer(answering(FORBIDDEN, OK)) as server, transport.upstream(server.url) as upstream:
        issuer = Listed("one")
        there = identified(upstream, issuer)
        await fetch(there, ASK)
        await fetch(there, ASK)

    assert issuer.asked == [False]


async def test_a_new_token_that_works_is_trusted(transport: Transport) -> None:
    """The upstream is in good order again."""
    async with RawServer(answering(REFUSAL, OK)) as server, transport.upstream(server.url) as upstream:
        there = identified(upstream, Listed("one", "two"))
        await fetch(there, ASK)
        doubted = there.wallet.untroubled
        await fetch(there, ASK)

    assert (doubted, there.wallet.untroubled) == (False, True)


async def test_without_a_token_nothing_is_sent(transport: Transport) -> None:
    """The failure says that it was for us to get one, and nothing of why."""
    async with RawServer(answering(OK)) as server, transport.upstream(server.url) as upstream:
        there = identified(upstream, Listed(OSError("s3cret")))
        with pytest.raises(TransportFault) as caught:
            await send(there, ASK)

    assert caught.value.failure == NOT_ISSUED
    assert not caught.value.failure.reached_model
    assert server.accepted == 0


async def test_waiting_for_a_token_counts_as_waiting(transport: Transport) -> None:
    """What a request has left is less by it."""
    issuer, given = Listed("one"), []

    class Watched:
        name = "v"

        async def send(self, *args: object) -> Exchange:
            given.append(args[3])
            return await upstream.send(*args)  # type: ignore[arg-type]

        async def aclose(self) -> None:
            """Nothing of its own."""

    issuer.opened.clear()
    async with RawServer(answering(OK)) as server, transport.upstream(server.url) as upstream:
        there = identified(Watched(), issuer)
        asking = asyncio.ensure_future(there.send(ASK, PATIENT, None, LONG))
        await issuer.begun()
        issuer.opened.set()
        await rest(await asking)

    assert 0 < given[0] < LONG


async def test_closing_it_closes_what_is_beneath(transport: Transport) -> None:
    """Its idle connections, that is."""
    async with RawServer(answering(OK)) as server, transport.upstream(server.url) as upstream:
        there = identified(upstream, Listed("one"))
        await fetch(there, ASK)
        await there.aclose()
        await server.until(lambda server: server.open == 0)

    assert there.name == upstream.name
