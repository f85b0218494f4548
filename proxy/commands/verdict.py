"""What ``switchgear ledger verify`` found, and how it is written."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from policies.claims import Claim
from proxy.commands.board import plain, written
from proxy.commands.leftovers import Leftover
from proxy.commands.recounting import Excess
from proxy.commands.tables import Column, table
from proxy.ledger.accounts import claim_of
from proxy.ledger.queries import Discrepancy

STEADY = 4
"""A difference that was the same so often in a row is believed."""


@dataclass(slots=True)
class Drift:
    """An account of which store and ledger say different things."""

    claim: Claim
    window: str
    store: int
    ledger: int
    steady: int = 1
    """How often in a row the difference was the same, with nothing held."""
    fixed: bool = False

    @property
    def believed(self) -> bool:
        """Whether nothing moves there, so that it is no matter of time."""
        return self.steady >= STEADY

    @property
    def amount(self) -> int:
        """What the store has too much."""
        return self.store - self.ledger


@dataclass(slots=True)
class Verdict:
    """What was found."""

    compared: int = 0
    """Accounts."""
    drifts: list[Drift] = field(default_factory=list)
    excesses: list[Excess] = field(default_factory=list)
    discrepancies: list[Discrepancy] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What a person should know beside."""

    @property
    def good(self) -> bool:
        """Whether everything adds up, now."""
        wrong = [drift for drift in self.drifts if not drift.fixed]
        return not (wrong or self.excesses or self.discrepancies or self.leftovers)


def as_json(verdict: Verdict) -> str:
    """One object; amounts of money in dollars, as text."""
    content = {
        "object": "verdict",
        "good": verdict.good,
        "compared": verdict.compared,
        "drifts": [_row(drift) for drift in verdict.drifts],
        "charged_without_row": [_excess(excess) for excess in verdict.excesses],
        "rows": [{"uid": each.uid, "what": each.what, "expected": each.expected, "found": each.found}
                 for each in verdict.discrepancies],
        "journals": [each._asdict() for each in verdict.leftovers],
    }  # fmt: skip
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def as_table(verdict: Verdict) -> str:
    """For people."""
    text = ""
    if verdict.drifts:
        titles = ("store", "ledger", "drift")
        columns = [Column("account"), Column("window"), *[Column(title, right=True) for title in titles], Column("")]
        text += table(columns, [_cells(drift) for drift in verdict.drifts])
    if any(drift.believed and drift.amount > 0 and not drift.fixed for drift in verdict.drifts):
        text += "a killed worker's unspent leases are charged until --fix gives them back\n"
    for excess in verdict.excesses:
        unit = claim_of(excess.account).unit
        charged, rows = written(excess.charged, unit), written(excess.rows, unit)
        text += f"{excess.account}: charged {charged}, but all rows come to {rows} at most\n"
    for each in verdict.discrepancies:
        text += f"request {each.uid}: its {each.what} should be {each.expected}, its attempts come to {each.found}\n"
    for left in verdict.leftovers:
        text += f"journal {left.journal}: {left.rows} requests not in the ledger yet, {left.crashed} that crashed: "
        text += "the next server brings them in\n"
    return text + f"{verdict.compared} accounts compared: {'all is well' if verdict.good else 'it does not add up'}\n"


def _row(drift: Drift) -> dict[str, Any]:
    unit = drift.claim.unit
    amounts = {"store": drift.store, "ledger": drift.ledger, "drift": drift.amount}
    return {
        "account": drift.claim.account,
        "window": drift.window,
        "unit": unit.value,
        **{name: plain(amount, unit) for name, amount in amounts.items()},
        "steady": drift.believed,
        "fixed": drift.fixed,
    }


def _excess(excess: Excess) -> dict[str, Any]:
    unit = claim_of(excess.account).unit
    return {"account": excess.account, "charged": plain(excess.charged, unit), "rows": plain(excess.rows, unit)}


def _cells(drift: Drift) -> list[str]:
    unit = drift.claim.unit
    amounts = [written(amount, unit) for amount in (drift.store, drift.ledger, drift.amount)]
    state = "fixed" if drift.fixed else "" if drift.believed else "requests are under way"
    return [drift.claim.account, drift.window, *amounts, state]
