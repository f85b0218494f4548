"""A file with limits of every unit, and what was spent on its accounts: in the ledger, and in a real store."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import SecretStr
from sqlalchemy import Connection

from policies.claims import Claim
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


def spent(server: Valkey, **amounts: int) -> None:
    """Hold and settle on :data:`KEY` (``key``), :data:`TOKENS` (``tokens``); ``held`` stays held on the key's."""

    async def spend(store: RedisStore) -> None:
        accounts = {"key": KEY, "tokens": TOKENS, "held": KEY}
        for name, amount in amounts.items():
            hold = f"{time.time_ns():032x}"
            await store.reserve(hold, [_roomy(claim_of(accounts[name]))], [amount], 60.0, 1)  # type: ignore[misc]
            if name != "held":
                store.post(hold, [amount])

    with_store(server, spend)


def used(server: Valkey, account: str) -> int:
    """What is settled there, as the store says."""

    async def ask(store: RedisStore) -> int:
        (standing,) = await store.standings([claim_of(account)])
        return standing.used

    return with_store(server, ask)


def _roomy(claim: Claim) -> Claim:
    return Claim(claim.account, claim.unit, 10_000_000, claim.window, claim.policy, claim.subject)
