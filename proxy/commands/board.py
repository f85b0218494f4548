"""What ``switchgear limits`` shows and does: asks what the file names, and writes the answer."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from policies.claims import Claim, Unit
from proxy.commands.accounts import Choice, chosen, claims
from proxy.commands.adjusting import Change, Changed, carry_out, planned
from proxy.commands.common import Trouble
from proxy.commands.ledgers import opened
from proxy.commands.standing import Account, Shared, heard, shared, stand
from proxy.commands.tables import Column, table
from proxy.config.schema import Config
from proxy.ledger.database import Database
from proxy.ledger.queries import last_standings, sums
from proxy.ledger.written import MICRO_DIGITS, dollars

_MOST_NAMED = 10
_EFFECT = "written down: a server that runs takes it over within seconds, else the next one begins with it"


async def show(config: Config, choice: Choice) -> tuple[list[Account], list[str]]:
    """The accounts that are meant, as they stand, and what a person should know of it.

    Raises:
        Trouble: there is none, or they cannot be asked.
    """
    notes: list[str] = []
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(shared(config.state))
        database = await _ledger(config, stack, notes)
        if store is not None and store.empty:
            notes.append("the store holds no accounts yet: these are the ledger's sums")
        if store is None and database is not None and not await heard(database):
            notes.append("no server says how its accounts stand: these are the ledger's sums")
        found = await stand(await _meant(config, choice, database), store, database)
    return found, notes


async def change(
    config: Config, choice: Choice, asked: Change, why: str, *, several: bool, dry_run: bool
) -> tuple[list[Changed], list[str]]:
    """Change what is settled in the accounts that are meant.

    Args:
        config: of store and ledger.
        choice: which accounts.
        asked: what for.
        why: for the audit.
        several: not only one.
        dry_run: do nothing.

    Raises:
        Trouble: which one is meant is not clear, or it cannot be done.
    """
    async with _both(config, write=not dry_run) as (store, database):
        meant = await _meant(config, choice, database)
        if several:
            meant = [claim for claim in meant if claim.unit is not Unit.SLOTS]
        elif len(meant) > 1:
            raise Trouble(_which(meant))
        accounts = await stand(meant, store, database)
        if dry_run:
            return planned(accounts, asked), ["nothing was done: --dry-run"]
        done = await carry_out(accounts, asked, why, store, database)
        return done, [_EFFECT] if store is None else []


def as_json(accounts: Sequence[Account]) -> str:
    """One object for each account; money in dollars, as text."""
    return _json({"object": "list", "data": [_row(account) for account in accounts]})


def as_table(accounts: Sequence[Account]) -> str:
    """For people."""
    titles = ("policy", "subject", "unit", "limit", "used", "held", "left", "window", "resets")
    columns = [Column(title, right=title in ("limit", "used", "held", "left")) for title in titles]
    return table(columns, [_cells(account) for account in accounts])


def changes_as_json(done: Sequence[Changed]) -> str:
    """One object for each account, with the id that the audit has."""
    return _json({"object": "list", "data": [_change(each) for each in done]})


def changes_as_table(done: Sequence[Changed]) -> str:
    """For people."""
    columns = [Column("account"), Column("used before", right=True), Column("used now", right=True)]
    return table(columns, [_before_and_after(each) for each in done])


def written(amount: int, unit: Unit) -> str:
    """An amount of an account, as people read it: ``$4.2``, ``12,000``."""
    if unit is not Unit.COST:
        return f"{amount:,}"
    return f"{'-' if amount < 0 else ''}${dollars(abs(amount), MICRO_DIGITS)}"


def plain(amount: int, unit: Unit) -> int | str:
    """The same as programs do: dollars as text, counts as numbers."""
    return dollars(amount, MICRO_DIGITS) if unit is Unit.COST else amount


@asynccontextmanager
async def _both(config: Config, *, write: bool) -> AsyncIterator[tuple[Shared | None, Database]]:
    async with opened(config.ledger, write=write) as database, shared(config.state) as store:
        yield store, database


async def _ledger(config: Config, stack: AsyncExitStack, notes: list[str]) -> Database | None:
    """If it can be read: a store that is shared can be asked without it."""
    try:
        return await stack.enter_async_context(opened(config.ledger))
    except Trouble as trouble:
        notes.append(str(trouble))
        return None


async def _meant(config: Config, choice: Choice, database: Database | None) -> list[Claim]:
    met: set[str] = set()
    if database is not None:
        met = {each.account for each in await database.run(sums)}
        met |= {str(row["account"]) for row in await database.run(last_standings)}
    return chosen(claims(config, sorted(met)), choice)


def _which(meant: Iterable[Claim]) -> str:
    names = [claim.account for claim in meant]
    listed = "".join(f"\n  --account {name}" for name in names[:_MOST_NAMED])
    more = f"\n  and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"several accounts fit, say which:{listed}{more}"


def _row(account: Account) -> dict[str, Any]:
    claim, standing = account.claim, account.standing
    unit = claim.unit
    return {
        "account": claim.account,
        "policy": claim.policy,
        "subject": claim.subject,
        "unit": unit.value,
        "limit": plain(standing.limit, unit),
        "used": plain(standing.used, unit),
        "held": plain(standing.held, unit),
        "left": plain(standing.left, unit),
        "window": standing.window,
        "resets": None if standing.resets_in is None else _time(standing.resets_in),
        "shadow": claim.shadow,
        "source": account.source,
    }


def _cells(account: Account) -> list[str]:
    claim, standing = account.claim, account.standing
    amounts = (standing.limit, standing.used, standing.held, standing.left)
    window = f"{claim.window.rolling:g}s" if claim.window.rolling else standing.window
    return [
        claim.policy + (" (shadow)" if claim.shadow else ""),
        claim.subject,
        claim.unit.value,
        *[written(amount, claim.unit) for amount in amounts],
        window,
        "never" if standing.resets_in is None else _time(standing.resets_in),
    ]


def _change(done: Changed) -> dict[str, Any]:
    claim = done.before.claim
    amounts = {"before": done.before.standing.used, "amount": done.amount, "after": done.after}
    return {
        "account": claim.account,
        "unit": claim.unit.value,
        **{name: plain(amount, claim.unit) for name, amount in amounts.items()},
        "adjustment": done.id or None,
    }


def _before_and_after(done: Changed) -> list[str]:
    claim = done.before.claim
    return [claim.account, written(done.before.standing.used, claim.unit), written(done.after, claim.unit)]


def _time(seconds: float) -> str:
    """When it is so many seconds later."""
    at = datetime.now(UTC) + timedelta(seconds=seconds + 0.5)
    return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _json(content: dict[str, Any]) -> str:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
