"""Whether the books add up: what ``switchgear ledger verify`` asks, and what it says of it.

Between a store and the ledger there is always something on its way while requests are served: rows in journals, leases
not reported on. So they are compared several times, and an account that agreed once is good.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from policies.claims import Claim, Standing, Unit
from proxy.commands.accounts import claims
from proxy.commands.adjusting import who
from proxy.commands.ledgers import opened
from proxy.commands.leftovers import leftovers
from proxy.commands.recounting import excesses
from proxy.commands.standing import Shared, charged_in, heard, shared, totals
from proxy.commands.verdict import Drift, Verdict
from proxy.config.schema import Config
from proxy.ledger.accounts import claim_of
from proxy.ledger.audit import Adjustment, adjust
from proxy.ledger.database import Database
from proxy.ledger.queries import discrepancies, sums

_TRIES = 20
"""How often they are compared at most."""
_PAUSE = 0.25


class _Reading(NamedTuple):
    standing: Standing
    ledger: int


async def verify(config: Config, since: float, *, fix: bool) -> Verdict:
    """Recount.

    Args:
        config: names store, ledger and journals.
        since: Unix seconds; earlier rows are taken as they are.
        fix: set the store right by the ledger.

    Raises:
        Trouble: they cannot be asked.
    """
    verdict = Verdict()
    async with opened(config.ledger, write=fix) as database, shared(config.state) as store:
        verdict.leftovers = await leftovers(Path(config.ledger.journal), database)
        verdict.discrepancies = await database.run(lambda connection: discrepancies(connection, since))
        verdict.excesses = await database.run(lambda connection: excesses(connection, config.ledger.retention))
        if await _comparable(store, database, verdict):
            verdict.drifts = await _drifts(config, store, database, verdict)
        if fix:
            await _fix(verdict, store, database)
    return verdict


async def _comparable(store: Shared | None, database: Database, verdict: Verdict) -> bool:
    if store is not None and store.empty:
        verdict.notes.append("the store holds no accounts: the next server fills it from the ledger")
        return False
    if store is None and not await heard(database):
        verdict.notes.append("no server says how its accounts stand: the next one begins with the ledger's sums")
        return False
    return True


async def _drifts(config: Config, store: Shared | None, database: Database, verdict: Verdict) -> list[Drift]:
    drifts: dict[str, Drift] = {}
    for number in range(_TRIES):
        readings = await _read(config, store, database, None if not number else drifts)
        verdict.compared = max(verdict.compared, len(readings))
        drifts = {
            claim.account: _seen(drifts.get(claim.account), claim, reading)
            for claim, reading in readings.items()
            if reading.standing.used != reading.ledger
        }
        if all(drift.believed for drift in drifts.values()):
            break
        await asyncio.sleep(_PAUSE)
    return list(drifts.values())


def _seen(before: Drift | None, claim: Claim, reading: _Reading) -> Drift:
    drift = Drift(claim, reading.standing.window, reading.standing.used, reading.ledger)
    if before is not None and before.amount == drift.amount and not reading.standing.held:
        drift.steady = before.steady + 1
    return drift


async def _read(
    config: Config, store: Shared | None, database: Database, only: Iterable[str] | None
) -> dict[Claim, _Reading]:
    """How accounts stand in the store and in the ledger.

    Args:
        config: has limits.
        store: None: a server in memory mode, as it said last.
        database: the ledger.
        only: these accounts; None: all that anybody knows.
    """
    said = {} if store is not None else await heard(database)
    ledger = totals(await database.run(sums))
    if only is None:
        names = {*ledger, *said}
        if store is not None:
            names |= {*claims(config, ()), *await charged_in(config.state)}
    else:
        names = set(only)
    wanted = [claim for claim in _claims(names) if claim.unit is not Unit.SLOTS]
    if store is not None:
        found = await store.standings(wanted)
    else:
        wanted = [claim for claim in wanted if claim.account in said]
        rows = [said[claim.account] for claim in wanted]
        found = [Standing(row["used"], row["held"], row["cap"], row["window_id"]) for row in rows]
    return {claim: _Reading(stood, ledger.get(claim.account, 0)) for claim, stood in zip(wanted, found, strict=True)}


def _claims(names: Iterable[str]) -> Iterable[Claim]:
    for name in sorted(names):
        with suppress(ValueError):  # of another version's making
            yield claim_of(name)


async def _fix(verdict: Verdict, store: Shared | None, database: Database) -> None:
    if store is None:
        if verdict.drifts:
            verdict.notes.append("a server in memory mode is set right by a restart: it begins with the ledger's sums")
        return
    for drift in verdict.drifts:
        (now,) = await store.standings([drift.claim])
        if not drift.believed or now.used != drift.store:
            verdict.notes.append(f"{drift.claim.account} was not fixed: requests are under way there")
            continue
        await _set_right(drift, store, database)
        drift.fixed = True


async def _set_right(drift: Drift, store: Shared, database: Database) -> None:
    """The ledger's sum stays as it is, so the audit's row has an amount of 0. Two who find the same do it once."""
    account, window = drift.claim.account, drift.window
    what = f"{account}|{window}|{drift.store}|{drift.ledger}"
    name = f"verify-{blake2b(what.encode(), digest_size=12).hexdigest()}"
    why = f"verify --fix: the store had {drift.store}, the ledger {drift.ledger}"
    await database.run(lambda connection: adjust(connection, Adjustment(name, account, window, 0, who(), why)))
    await store.adjust(drift.claim, -drift.amount, name)
