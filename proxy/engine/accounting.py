"""What all requests of a worker have in common where money and limits are concerned."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from policies.base import Target
from policies.claims import Claim, Standing
from proxy.engine.plan import Plans
from proxy.engine.ports import Books
from proxy.state.store import Store
from translators.base import Request


class Line(Protocol):
    """Where requests wait for a slot."""

    async def wait(self, claim: Claim, tenant: str, priority: int, deadline: float) -> bool:
        """Wait for one to be free.

        Returns:
            True: try again now. False: there is no room to wait, or the time is up.
        """

    def waiting(self, account: str) -> int:
        """How many wait for one."""

    def released(self, account: str) -> None:
        """A slot of this account is free again."""


class Tokenizer(Protocol):
    """Counts tokens exactly, off the event loop."""

    async def count(self, ask: Request, target: Target) -> int:
        """Tokens of input that the target will count at most, as far as a tokenizer can tell."""

    def learn(self, ask: Request, target: Target, input_tokens: int) -> None:
        """A provider has counted the input of this request."""


def _nobody(_claim: Claim, _standing: Standing) -> None:
    """There is nobody to tell."""


def _unheard(_request: str, _target: str, _input_tokens: int, _output_tokens: int) -> None:
    """There is nobody to tell."""


@dataclass(slots=True)
class Accounting:
    """Where accounts are, what is written down, who waits, who counts, who is told."""

    store: Store
    books: Books | None = None
    """None: nothing is written down."""
    refuse_when_full: bool = True
    """No request is served that could not be written down."""
    line: Line | None = None
    tokenizer: Tokenizer | None = None
    """None: what ``bound: tight`` asks for is bounded by bytes as well."""
    exceeded: Callable[[Claim, Standing], None] = _nobody
    """Told where there was no room, of claims in shadow too."""
    implausible: Callable[[str, str, int, int], None] = _unheard
    """Told of a provider's count that cannot be (F11): by which request, from which target, tokens in and out."""
    plans: Plans = field(default_factory=Plans)
