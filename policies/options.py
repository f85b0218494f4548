"""What the options of rates, quotas, budgets and concurrency limits have in common: types, explanations, checks."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal

from policies.claims import Outage, Terms, Window
from policies.subjects import PLACES

Per = Annotated[tuple[str, ...], "per"]
Count = Annotated[int, "count"]
CountRate = Annotated[tuple[int, float], "rate"]
CountPerWindow = Annotated[tuple[int, Window], "count per window"]
Money = Annotated[int, "money"]
"""Micro-dollars, here and below."""
MoneyRate = Annotated[tuple[int, float], "money rate"]
MoneyPerWindow = Annotated[tuple[int, Window], "money per window"]
Zone = Annotated[str, "time zone"]
Shares = Annotated[tuple[float, ...], "percentages"]
CountOutage = Annotated[Outage, "outage"]
MoneyOutage = Annotated[Outage, "money outage"]

Bound = Literal["sound", "tight"]
Insufficient = Literal["refuse", "clamp"]
Exceed = Literal["error", "finish"]
Without = Literal["pass", "refuse", "together"]

ALERTS = (0.8, 0.9, 1.0)

PER = {
    "help": "Whom to count by: key, user, team, org, session, model, tag:NAME, ip or global; upstream or target for "
    "a limit that holds there alone and sends requests elsewhere. Each of a list is a limit. Example: [key, team]."
}
WITHOUT = {
    "help": "What becomes of a request that has no such subject (no team, no session): pass (it is not counted here), "
    "refuse, or together (all of them share one account). Example: refuse."
}
OUTAGE = (
    "What holds while the shared store cannot be asked: leased_only (what workers have leased may be used up), closed "
    "(nothing passes), local (each worker admits its share of the limit), or a bounded allowance. Example: "
)
BOUND = {
    "help": "How the size of a request is foreseen: sound (by bytes, never too low), or tight (where that does not "
    "fit, by the tokenizer's count and a tenth). Example: tight."
}
OUTPUT = {
    "help": "Tokens of output that are held for, and asked of, a request that names no limit itself. Default: what "
    "its model can. Example: 4k."
}
INSUFFICIENT = {
    "help": "What becomes of a request that names a limit of output and does not fit: refuse, or clamp (the limit is "
    "lowered to what is left). Example: clamp."
}
EXCEED = {
    "help": "How a stream ends that comes to the end of what is held for it: error, or finish (as one that reached "
    "its length limit). Example: finish."
}
ALERT = {"help": "Shares of the limit at which somebody is told; none: []. Example: [80%, 90%]."}
ZONE = {"help": "Time zone in which days and months begin, by its IANA name. Example: Europe/Berlin."}


def terms(options: Any) -> Terms:
    """How a policy's options want amounts to be found."""
    clamp, finish = options.on_insufficient == "clamp", options.on_exceed == "finish"
    return Terms(options.bound, options.output, clamp, finish)


def check_terms(options: Any, *, sized: bool) -> None:
    """Refuse terms that mean nothing.

    Args:
        options: a policy's.
        sized: it counts what depends on a request's size: tokens or money.

    Raises:
        ValueError: the reason.
    """
    said = terms(options)
    if said != Terms() and not sized:
        raise ValueError("bound, output, on_insufficient and on_exceed are of tokens and money: none is limited here")
    if said.output == 0:
        raise ValueError("output: 0 lets no model say anything")
    if said.clamp and not PLACES.isdisjoint(options.per):
        raise ValueError("on_insufficient: clamp is not for a limit per upstream or target: that asks another one")


def check_open(outage: Outage, limits: int) -> None:
    """Refuse an allowance that could be of several limits.

    Raises:
        ValueError: the reason.
    """
    if outage.mode == "open" and limits > 1:
        raise ValueError("outage: open is of a single limit: write an entry of the chain for each")


def check_zone(zone: str, windows: Iterable[Window]) -> None:
    """Refuse a time zone that nothing depends on.

    Raises:
        ValueError: the reason.
    """
    if zone != "UTC" and all(window.calendar is None for window in windows):
        raise ValueError("zone is of calendar windows, e.g. 1000/day: there is none here")


def in_zone(window: Window, zone: str) -> Window:
    """A calendar's window in its time zone; another one has none."""
    return window if window.calendar is None else replace(window, zone=zone)
