"""Whether any request could pass while the store of accounts is away: what readiness goes by (RELIABILITY F20, H7).

An instance is as good as gone where each chain that requests may go by has a limit that applies to all of them, and
lets nobody pass now. Where some could pass it stays in service: ``/health`` says what is refused.
"""

from collections.abc import Callable, Iterator

from policies.claims import Claim
from policies.limit import Limit
from policies.subjects import ALWAYS
from proxy.config.limits import entry_of
from proxy.config.schema import Config, PolicyConfig
from proxy.edge.intake import DEFAULT_CHAIN
from translators.value import value

_OF_KEYS = frozenset({"team", "org", "user"})
"""What each key may have, or not."""


@value
class Barrier:
    """A claim that all requests of a chain make."""

    chain: str
    policy: str
    per: str
    claim: Claim
    """With ``*`` for the subject."""


class Standstill:
    """What all requests have to pass.

    Args:
        config: the one in force.
    """

    def __init__(self, config: Config) -> None:
        self._chains = {name: [*_barriers(config, name)] for name in _in_use(config)}

    def refusing(self, refuses: Callable[[Claim], bool]) -> list[Barrier]:
        """The barriers that nobody passes.

        Args:
            refuses: whether nobody passes a claim like this one now.
        """
        return [barrier for each in self._chains.values() for barrier in each if refuses(barrier.claim)]

    def complete(self, refusing: list[Barrier]) -> bool:
        """Whether no request at all could pass these."""
        return bool(self._chains) and self._chains.keys() == {barrier.chain for barrier in refusing}


def _in_use(config: Config) -> set[str]:
    """The chains that requests may go by."""
    of_keys = {key.chain or DEFAULT_CHAIN for key in config.keys} or {DEFAULT_CHAIN}
    names: set[str] = set()
    for model in config.models.values():
        names |= {model.chain} if model.chain is not None else of_keys
    return names


def _barriers(config: Config, chain: str) -> Iterator[Barrier]:
    for entry in config.chains[chain]:
        if issubclass(entry.cls, Limit) and entry.when is None and not entry.shadow:
            for per, claim in entry.cls.claims(entry.options, entry_of(entry)):
                if _is_everybodys(config, entry, per):
                    yield Barrier(chain, entry.name, per, claim)


def _is_everybodys(config: Config, entry: PolicyConfig, per: str) -> bool:
    """Whether each request has such a subject, or needs one."""
    if per in ALWAYS or per == "ip" or entry.options.without != "pass":
        return True
    return per in _OF_KEYS and bool(config.keys) and all(getattr(key, per) for key in config.keys)
