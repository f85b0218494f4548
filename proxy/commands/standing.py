"""How accounts stand: as the store says, as a running server last said, or as the ledger sums it up."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from policies.claims import Claim, Standing
from proxy.commands.common import Trouble
from proxy.config.schema import StateConfig
from proxy.ledger.database import Database
from proxy.ledger.queries import MICRO, Row, last_standings, sums
from proxy.state.redis import RedisStore
from proxy.state.redis.joining import FAULTS, Server, ask
from proxy.state.redis.scripts import KEYS
from proxy.state.store import Sum
from proxy.state.windows import counts_until, window_of

FRESH_SECONDS = 75.0
"""A server that runs says how its accounts stand within seconds of any change, and every half minute in any case."""
_TRIES = 10
"""How often a store is asked that does not answer in time; a tenth of a second each, and one between."""
_PAUSE = 0.1
_PART = 50
"""Accounts in one question; the store does nothing else meanwhile."""
_SCANNED = 500
"""Fields that the store looks at in one go."""


class Account(NamedTuple):
    """One account as it stands."""

    claim: Claim
    standing: Standing
    source: str
    """Who says so: ``store``, ``server`` or ``ledger``."""


class Shared:
    """A store that workers share, asked with patience.

    Args:
        store: joined.
    """

    def __init__(self, store: RedisStore) -> None:
        self._store = store

    @property
    def empty(self) -> bool:
        """Whether nothing has ever been counted there."""
        return self._store.mode == "rebuilding"

    async def standings(self, claims: Sequence[Claim]) -> list[Standing]:
        """See :meth:`proxy.state.store.Store.standings`.

        Raises:
            Trouble: it does not answer.
        """
        found: list[Standing] = []
        for start in range(0, len(claims), _PART):
            found += await self._patiently(claims[start : start + _PART])
        return found

    async def adjust(self, claim: Claim, amount: int, adjustment: str) -> None:
        """See :meth:`proxy.state.store.Store.adjust`.

        Raises:
            Trouble: it does not answer.
        """
        for _ in range(_TRIES):
            try:
                await self._store.adjust(claim, amount, adjustment)
            except ConnectionError:
                await asyncio.sleep(_PAUSE)
            else:
                return
        raise self._trouble()

    async def _patiently(self, claims: Sequence[Claim]) -> list[Standing]:
        for _ in range(_TRIES):
            try:
                return await self._store.standings(claims)
            except ConnectionError:
                await asyncio.sleep(_PAUSE)
        raise self._trouble()

    def _trouble(self) -> Trouble:
        return Trouble(f"the store cannot be asked: {self._store.health().get('reason', 'no answer')}")


@asynccontextmanager
async def shared(config: StateConfig) -> AsyncIterator[Shared | None]:
    """The store that the file names; None: each server keeps its accounts in memory."""
    if config.url is None:
        yield None
        return
    store = RedisStore(config, lambda _claim, _standing: None)
    await store.start()
    try:
        yield Shared(store)
    finally:
        await store.close()


async def stand(claims: Sequence[Claim], store: Shared | None, database: Database | None) -> list[Account]:
    """How these accounts stand.

    Args:
        claims: on them.
        store: if there is one that workers share.
        database: the ledger; None: there is none to ask.

    Raises:
        Trouble: the store cannot be asked.
    """
    if store is not None and not store.empty:
        found = await store.standings(claims)
        return [Account(claim, standing, "store") for claim, standing in zip(claims, found, strict=True)]
    charged: dict[str, list[Sum]] = {}
    for each in [] if database is None else await database.run(sums):
        charged.setdefault(each.account, []).append(each)
    said = {} if database is None or store is not None else await heard(database)
    return [_account(claim, charged.get(claim.account, []), said.get(claim.account)) for claim in claims]


async def heard(database: Database) -> dict[str, Row]:
    """What a server in memory mode says of its accounts, if one is running."""
    since = int((time.time() - FRESH_SECONDS) * MICRO)
    rows = await database.run(last_standings)
    return {row["account"]: row for row in rows if row["at"] >= since}


def totals(charged: Iterable[Sum]) -> dict[str, int]:
    """What is charged to each account over its open windows."""
    found: dict[str, int] = {}
    for each in charged:
        found[each.account] = found.get(each.account, 0) + each.amount
    return found


def _account(claim: Claim, charged: Sequence[Sum], row: Row | None) -> Account:
    now = time.time()
    window = window_of(claim.window, now)
    if row is not None and (claim.window.rolling or row["window_id"] == window.id):
        resets = None if row["resets"] is None else max(row["resets"] / MICRO - now, 0.0)
        return Account(claim, Standing(row["used"], row["held"], row["cap"], row["window_id"], resets), "server")
    if claim.window.rolling:
        ends = max((counts_until(claim.window, each.window) for each in charged if each.amount), default=now)
        resets = ends - now
    else:
        resets = window.end - now if claim.window.calendar else None
    return Account(claim, Standing(sum(each.amount for each in charged), 0, claim.limit, window.id, resets), "ledger")


async def charged_in(config: StateConfig) -> set[str]:
    """Names of all accounts on which anything is settled in the store.

    Raises:
        Trouble: it does not answer.
    """
    names: set[str] = set()
    try:
        connection = await Server(config).connect()
        try:
            cursor = b""
            while cursor != b"0":
                scan = ("HSCAN", KEYS[0], cursor.decode() or "0", "MATCH", "s|*", "COUNT", _SCANNED)
                cursor, fields = await ask(connection, *scan)
                names |= {field.decode()[2:].rpartition("|")[0] for field in fields[::2]}
        finally:
            await connection.disconnect(nowait=True)
    except FAULTS as fault:
        raise Trouble(f"the store cannot be asked: {fault}") from fault
    return names
