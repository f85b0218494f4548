"""Checks rates, quotas, budgets and concurrency limits against the rest of the file, and against each other."""

from collections.abc import Iterable

from policies.claims import Claim
from policies.limit import Limit
from policies.ports import Entry
from proxy.config.problems import Path, spelled
from proxy.config.reading import Reading
from proxy.config.schema import PolicyConfig

MOST_CLAIMS = 16
"""Accounts that one request may draw on: they are reserved in one step, in which the store serves nobody else."""

Written = tuple[Path, PolicyConfig]


def claims(entry: PolicyConfig) -> tuple[Claim, ...]:
    """What a limit of a chain claims, with ``*`` for each subject; of another policy nothing."""
    if not issubclass(entry.cls, Limit):
        return ()
    return tuple([claim for _, claim in entry.cls.claims(entry.options, entry_of(entry))])


def entry_of(config: PolicyConfig) -> Entry:
    """What its policy is told of it."""
    return Entry(config.name, config.when, config.shadow)


class Limits:
    """The limits of one document.

    Args:
        reading: the document.
        workers: processes that serve.
        shared: whether they share a store.
    """

    def __init__(self, reading: Reading, workers: int, *, shared: bool) -> None:
        self._reading, self._workers, self._shared = reading, workers, shared
        self._places: dict[str, tuple[Path, Claim]] = {}
        """By account: where it is claimed first."""

    def check(self, chain: Iterable[Written]) -> None:
        """Report what is wrong, and what is doubtful, in one chain."""
        total = 0
        for path, entry in chain:
            made = claims(entry)
            self._check_workers(path, entry)
            if issubclass(entry.cls, Limit) and not entry.options.per:
                self._reading.problem(path, "nobody is counted: per is empty", key=True)
            for claim in made:
                self._check_account(path, claim)
            if any(claim.limit == 0 for claim in made) and not entry.shadow:
                self._reading.warn(path, "a limit of 0: nothing passes", key=True)
            if entry.shadow and any(claim.queue for claim in made):
                self._reading.warn(path, "in shadow nothing waits: the queue is of no use", key=True)
            if total <= MOST_CLAIMS < total + len(made):
                message = f"a request of this chain would draw on more than {MOST_CLAIMS} accounts"
                self._reading.problem(path, message, key=True)
            total += len(made)

    def _check_workers(self, path: Path, entry: PolicyConfig) -> None:
        if self._shared or self._workers == 1 or entry.shadow:
            return
        if issubclass(entry.cls, Limit) and entry.cls.hard(entry.options):
            message = (
                f"each of {self._workers} workers would admit all of it: "
                "name a store that they share (state: redis://...), or set workers: 1"
            )
            self._reading.problem(path, message, key=True)

    def _check_account(self, path: Path, claim: Claim) -> None:
        first, before = self._places.setdefault(claim.account, (path, claim))
        if first == path:
            return
        if first[:-2] == path[:-2]:
            message = f"counts on the same account as {spelled(first)}: the lower limit holds"
        elif before.limit != claim.limit:
            message = f"counts on the same account as {spelled(first)}, with another limit: each holds in its own chain"
        else:
            return
        self._reading.warn(path, message, key=True)
