"""Changes what is settled in accounts: written down with who and why, then carried out, under one id.

Written down first: what the store does not carry out now is a drift that ``ledger verify`` shows, and no secret.
"""

import os
import pwd
from collections.abc import Sequence
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import Connection

from policies.claims import Claim, Unit
from proxy.commands.common import Trouble
from proxy.commands.standing import Account, Shared, stand
from proxy.ledger.audit import Adjustment, adjust
from proxy.ledger.database import Database
from proxy.ledger.queries import sums
from proxy.ledger.written import micro_dollars
from proxy.state.store import Sum
from translators.value import value

_COUNTS = {"k": 10**3, "M": 10**6, "B": 10**9}
MOST = 2**53 - 1
"""No account counts further."""


@value
class Change:
    """What is asked for."""

    text: str
    """An amount as people write it; 0 needs no unit."""
    by: bool
    """It is added; else what is settled becomes it."""

    def amount(self, account: Account) -> int:
        """What is added to what is settled there, which never falls below 0.

        Raises:
            Trouble: the text is no amount of that unit.
        """
        used = account.standing.used
        asked = _amount(self.text, account.claim.unit)
        if not self.by and asked < 0:
            raise Trouble(f"--to {self.text}: nothing is used less than not at all")
        return max(asked if self.by else asked - used, -used)


class Changed(NamedTuple):
    """What became of one account."""

    before: Account
    amount: int
    after: int
    """What is settled there then."""
    id: str
    """Of the adjustment; empty: nothing had to be done."""


async def carry_out(
    accounts: Sequence[Account], asked: Change, why: str, store: Shared | None, database: Database
) -> list[Changed]:
    """Change them, one after the other.

    Args:
        accounts: as they stand.
        asked: what for.
        why: for the audit.
        store: if there is one that workers share.
        database: the ledger, to write to.

    Raises:
        Trouble: that cannot be done; what was done before stays so.
    """
    amounts = [(account, asked.amount(account)) for account in accounts]  # all of them make sense, or none is changed
    if store is not None and store.empty:
        raise Trouble("the store holds no accounts yet: they come with the first server")
    return [await _change(account, amount, why, store, database) for account, amount in amounts]


def planned(accounts: Sequence[Account], asked: Change) -> list[Changed]:
    """The same without doing it."""
    amounts = [(account, asked.amount(account)) for account in accounts]
    return [Changed(account, amount, account.standing.used + amount, "") for account, amount in amounts]


def who() -> str:
    """The user of this machine who gives the command; behind sudo, both."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    behind = os.environ.get("SUDO_USER") if os.getuid() == 0 else None
    return f"{name} ({behind})" if behind else name


async def _change(account: Account, amount: int, why: str, store: Shared | None, database: Database) -> Changed:
    if not amount:
        return Changed(account, 0, account.standing.used, "")
    claim, name = account.claim, token_hex(16)
    window = account.standing.window
    parts = _parts(claim, window, amount, await database.run(sums))
    rows = [Adjustment(f"{name}-{number}", claim.account, at, part, who(), why) for number, (at, part) in parts]

    def write(connection: Connection) -> None:
        for row in rows:
            adjust(connection, row)

    await database.run(write)
    if store is None:
        return Changed(account, amount, account.standing.used + amount, name)
    try:
        for row in rows:
            await store.adjust(claim, row.amount, row.id)
    except Trouble as trouble:
        done = "written down, but not carried out: `switchgear ledger verify --fix` does it"
        raise Trouble(f"{trouble}\n{done}") from None
    (after,) = await stand([claim], store, None)
    return Changed(account, amount, after.standing.used, name)


def _parts(claim: Claim, window: str, amount: int, charged: Sequence[Sum]) -> list[tuple[int, tuple[str, int]]]:
    """An adjustment by window. What is taken away from a rolling one is taken where it is, the newest first, as stores
    do: a sum of one bucket below 0 would count as 0."""
    parts: list[tuple[str, int]] = []
    if claim.window.rolling and amount < 0:
        buckets = [each for each in charged if each.account == claim.account and each.amount]
        for each in sorted(buckets, key=lambda bucket: int(bucket.window), reverse=True):
            taken = min(each.amount, -amount)
            amount += taken
            if taken:
                parts.append((each.window, -taken))
    if amount:
        parts.append((window, amount))
    return list(enumerate(parts, 1))


def _amount(text: str, unit: Unit) -> int:
    """In the unit's measure.

    Raises:
        Trouble: it is none.
    """
    if unit is Unit.SLOTS:
        raise Trouble("slots are given back by themselves: there is nothing to adjust")
    if text == "0":
        return 0
    try:
        amount = micro_dollars(text) if unit is Unit.COST else _count(text)
    except ValueError as fault:
        raise Trouble(f"{text}: {fault}") from None
    if abs(amount) > MOST:
        raise Trouble(f"{text}: more than an account counts")
    return amount


def _count(text: str) -> int:
    times = _COUNTS.get(text[-1:], 1)
    digits = text[:-1] if text[-1:] in _COUNTS else text
    if not digits.lstrip("+-").isascii() or not digits.lstrip("+-").isdigit() or len(digits) > 17:
        raise ValueError("expected a number of requests or tokens: 500, +20k or -1M")
    return int(digits) * times
