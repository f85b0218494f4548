"""Claims on accounts: the one mechanism behind rates, quotas, budgets and concurrency (RELIABILITY H1, H2).

A policy says which accounts a call draws on, and what each may hold; it knows no amounts. The engine fills these in by
unit, for the target that is about to be asked, and reserves all of a call's claims in one step: all or nothing. Once
the attempt is over each claim is settled by what it really took.
"""

from dataclasses import dataclass
from typing import Literal

from translators.value import Word, value


class Unit(Word):
    """What an account counts."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    """Read and written together."""
    COST = "cost"
    """Micro-dollars, each amount rounded up."""
    SLOTS = "slots"
    """Requests under way. The one thing that is given back: at the end, or when a dead worker's hold expires (I15)."""


Calendar = Literal["minute", "hour", "day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Window:
    """The time over which an account counts. One of three: a calendar's, a rolling one, or for ever."""

    calendar: Calendar | None = None
    zone: str = "UTC"
    """Time zone of a calendar's window, by its IANA name."""
    rolling: float = 0.0
    """Seconds of a rolling window: everything admitted in so many seconds before now counts."""

    @property
    def name(self) -> str:
        """Part of the account's name: ``month@Europe/Berlin``, ``60s``, ``ever``."""
        if self.calendar is not None:
            return f"{self.calendar}@{self.zone}"
        return f"{self.rolling:g}s" if self.rolling else "ever"


EVER = Window()
"""No window: sessions, which end by themselves, and slots, which are given back."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What holds while the shared store cannot be asked (H7)."""

    mode: Literal["leased_only", "closed", "local", "open"] = "leased_only"
    """leased_only: what this worker has leased may be used up, then nothing passes. closed: nothing passes at once.
    local: this worker admits its share, the limit by the number of workers. open: a bounded allowance."""
    amount: int = 0
    """``open``: of the claim's unit, over all workers."""
    seconds: float = 0.0
    """``open``: for so long at most."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Where a request waits for a slot, instead of an instant refusal."""

    most: int
    """Requests that wait at a time, in each worker."""
    wait: float
    """Seconds that one waits at most."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the amounts of a claim are found, and what is done where they do not fit."""

    bound: Literal["sound", "tight"] = "sound"
    """sound: by bytes, which no tokenizer exceeds. tight: where that does not fit, by the tokenizer's own count."""
    output: int | None = None
    """Tokens of output that are held (and asked for) where a request names no limit; None: what the model can."""
    clamp: bool = False
    """Where a request does not fit, its limit of output is lowered to what does; else only one that it did not set."""
    finish: bool = False
    """A stream that reaches its bound ends as one that reached its length; else with an error."""


TERMS = Terms()


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """One account that a call draws on. Made once for each subject and kept: equal only to itself."""

    account: str
    """Its name without the window's own id; stable across reloads and workers, never a client's raw text.
    ``budget:team:growth:cost:month@UTC``. Claims of one call with one account are one: the lowest limit holds."""
    unit: Unit
    limit: int
    """In the unit's measure; 0 lets nothing pass."""
    window: Window
    policy: str
    """As the chain names it: ``budget``."""
    subject: str
    """For messages and records: ``team growth``."""
    shadow: bool = False
    """It is counted and never refuses."""
    place: str | None = None
    """Only for attempts there: an upstream's name, or a target's (``upstream/model``). If it does not fit, that target
    is left out of this request, and the next one is asked."""
    outage: Outage = Outage()
    alerts: tuple[float, ...] = ()
    """Shares of the limit, in rising order, at which somebody is told; 1.0 is all of it."""
    queue: Queue | None = None
    """Slots only."""
    terms: Terms = TERMS
    per_request: bool = False
    """It bounds this request alone and is on no account: ``max_cost``."""


@dataclass(frozen=True, slots=True, eq=False)
class Reserve:
    """What ``admit`` answers where a call may pass if there is room on all these accounts. Made once for each subject
    and kept, as claims are."""

    claims: tuple[Claim, ...]


@value
class Standing:
    """How an account stood at an operation, in its claim's unit."""

    used: int
    """Settled."""
    held: int
    """Reserved and not settled yet, this request's own included."""
    limit: int
    """The limit in force: the newest configuration's that the store has seen."""
    window: str = ""
    """Id of the window: ``2026-11`` for a month, a bucket's number for a rolling one."""
    resets_in: float | None = None
    """Seconds until the window ends; for a rolling one until it is empty if nothing more comes; None: never."""

    @property
    def left(self) -> int:
        """What may still be reserved; never negative."""
        return max(self.limit - self.used - self.held, 0)


@value
class Granted:
    """There was room, and it is held."""

    standings: tuple[Standing, ...]
    """One for each claim, in order, as they are now."""


@value
class Refused:
    """There was not: nothing is held."""

    position: int
    """The first claim without room, in order."""
    standing: Standing
    """Of its account."""
    retry_after: float | None = None
    """Seconds until the amount would fit if nothing more comes; None where waiting cannot help, or nobody can tell
    (slots)."""


@value
class Unavailable:
    """The store cannot be asked, and the outage mode of this claim lets nothing pass: nothing is held."""

    position: int


Reply = Granted | Refused | Unavailable
