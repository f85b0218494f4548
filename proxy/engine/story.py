"""What happened to one request: the decision record in the making. ``proxy.observe.record`` renders it."""

from dataclasses import dataclass, field

from policies.base import Attempt, Call, Note, Outcome
from policies.claims import Claim, Refused, Standing


@dataclass(slots=True)
class Round:
    """One turn of the engine's loop: what the policies said, where it went, how that ended."""

    notes: list[Note]
    target: str | None = None
    """Where the attempt went; None where there was nowhere to go."""
    attempt: Attempt | None = None
    """None until it is over."""
    decided: bool = False
    """True once this attempt's content has come: it is the one that answers."""


@dataclass(slots=True)
class Held:
    """One reservation: what was held for an attempt, and what it came to. A request has one, but where an attempt that
    may have been billed is followed by another one: that has a hold of its own."""

    id: str
    """128 random bits in hex; the ledger's name for it too."""
    claims: tuple[Claim, ...]
    amounts: tuple[int, ...]
    """One for each claim."""
    standings: tuple[Standing, ...]
    """How the accounts stood when it was made."""
    posted: tuple[int, ...] | None = None
    """What was charged in the end; None: it is open, or was given up."""


@dataclass(slots=True)
class Story:
    """One request from admission to outcome."""

    call: Call
    chain: str
    """Name of the chain that decided."""
    version: str
    """Config version the request saw; it sees one only, whatever is reloaded meanwhile."""
    created: int
    """Unix seconds at which the request came in."""
    admission: list[Note] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    uid: str = ""
    """128 random bits in hex: unique, which ``call.id`` is not, for clients choose it. Its row's key in the ledger."""
    held: list[Held] = field(default_factory=list)
    """In order; empty where no policy claims anything."""
    refused: tuple[Claim, Refused] | None = None
    """The claim that there was no room for, if that ended the request."""
    dropped: tuple[str, ...] = ()
    """Advisory parameters that the answering target had no place for."""
    stopped: bool = False
    """Its stream was ended here, for what was held for it is used up."""
    restored: int = 0
    """Messages of the history that were given back what their provider wants to see again."""
    upstream_seconds: float = 0.0
    """Time spent waiting for upstreams and back-off; the rest is ours."""
    status: int = 0
    """HTTP status the client got; 0 while nothing was sent; 499 where it left first."""
    outcome: Outcome | None = None

    def overhead(self, now: float) -> float:
        """Seconds that this request has spent here rather than waiting for somebody."""
        return max(now - self.call.started - self.upstream_seconds, 0.0)

    @property
    def target(self) -> str | None:
        """Where the last attempt went."""
        for turn in reversed(self.rounds):
            if turn.target is not None:
                return turn.target
        return None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts that are over, in order."""
        return tuple([turn.attempt for turn in self.rounds if turn.attempt is not None])
