"""A file with limits of every unit, and what was spent on its accounts: in the ledger, and in a real store."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from pydantic import SecretStr
from sqlalchemy import Connection

from policies.claims import Granted
from proxy.config.schema import StateConfig
from proxy.ledger.accounts import claim_of
from proxy.ledger.postings import post
from proxy.state.redis import RedisStore
from proxy.state.windows import window_of
from tests.rig.valkey import Valkey

T = TypeVar("T")
SECRET = "sg-for-limits-{}-0123456789"
FILE = f"""
upstreams: {{demo: {{provider: demo}}}}
models:
  demo: {{targets: [{{to: demo/echo, price: {{input: $1/M, output: $2/M}}}}]}}
keys:
  - {{id: web, secret: {SECRET.format("web")}, team: growth}}
  - {{id: app, secret: {SECRET.format("app")}, team: growth}}
chain:
  - budget: {{per: [key, team], limit: $10/month, output: 100}}
  - rate: {{per: key, tokens: 200k/min}}
  - quota: {{per: session, requests: 50/day, shadow: true}}
  - concurrency: {{per: global, limit: 5}}
"""
KEY, TEAM = "budget:key:web:cost:month@UTC", "budget:team:growth:cost:month@UTC"
TOKENS = "rate:key:web:tokens:60s"
SESSION = "shadow-quota:session:0123456789abcdef0123456789abcdef:requests:day@UTC"


def now_of(account: str) -> str:
    """Id of the window, or of the bucket, that is filled now."""
    return window_of(claim_of(account).window, time.time()).id


def charge(connection: Connection, account: str, amount: int, window: str | None = None) -> None:
    """As the ledger's writer does it."""
    post(connection, "journal", {(account, window or now_of(account)): amount}, int(time.time() * 1_000_000))


def with_store(server: Valkey, work: Callable[[RedisStore], Awaitable[T]]) -> T:
    """Do something in a store on this server, whose books are begun."""

    async def done() -> T:
        store = RedisStore(StateConfig(SecretStr(server.url)), lambda claim, standing: None)
        await store.start()
        try:
            await store.rebuild([], [])
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(done())


def spent(server: Valkey, amounts: Mapping[str, int], held: int = 0) -> None:
    """Settle so much on each account, and leave something held on :data:`KEY`."""

    async def spend(store: RedisStore) -> None:
        for account, amount in amounts.items():
            store.post(await _hold(store, account, amount), [amount])
        if held:
            await _hold(store, KEY, held)

    with_store(server, spend)


async def _hold(store: RedisStore, account: str, amount: int) -> str:
    hold, claim = uuid.uuid4().hex, replace(claim_of(account), limit=10_000_000)
    reply = store.reserve(hold, [claim], [amount], 60.0, 1)
    assert isinstance(reply, Awaitable)
    assert isinstance(await reply, Granted)
    return hold


def used(server: Valkey, account: str) -> int:
    """What is settled there, as the store says."""

    async def ask(store: RedisStore) -> int:
        (standing,) = await store.standings([claim_of(account)])
        return standing.used

    return with_store(server, ask)
