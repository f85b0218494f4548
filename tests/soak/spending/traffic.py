"""What clients ask: every kind of answer, fault and departure, for users that each spend all they may and are followed
by others."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.rig.bill import ANSWER, Act, Script
from tests.rig.crowd import Told, Wish
from tests.soak.spending.scene import FIRST, KEYS, SECOND

ENOUGH = 60
"""Refusals after which a user is taken to have spent all."""
SPENT = frozenset(("insufficient_quota", "request_exceeds_budget"))
LONGEST = 0.25
"""Seconds after which a client leaves that does not stay."""


@dataclass(frozen=True)
class Kind:
    """One kind of request."""

    share: int
    """How many of a hundred."""
    first: Act = ANSWER
    second: Act = ANSWER
    stream: bool | None = None
    """None: as the dice fall."""
    leaves: bool = False


KINDS: dict[str, Kind] = {
    "answer": Kind(60),
    "slow": Kind(8, Act(delay=0.05, pace=0.02)),
    "fail_over": Kind(8, Act("refuse", status=500)),
    "limited": Kind(3, Act("refuse", status=429)),
    "cut_whole": Kind(3, Act("cut", pieces=0), stream=False),
    "cut_early": Kind(3, Act("cut", output=0), stream=True),
    "cut_late": Kind(3, Act("cut", pace=0.01), stream=True),
    "leaves_early": Kind(3, Act("hang", pieces=0, output=0), leaves=True),
    "leaves_late": Kind(4, Act("hang", pace=0.01), stream=True, leaves=True),
    "hangs": Kind(1, Act("hang", pieces=0, output=0)),
    "no_usage": Kind(1, Act(usage="none")),
    "zero_usage": Kind(1, Act(usage="zero")),
    "usage_twice": Kind(1, Act(usage="twice"), stream=True),
    "both_fail": Kind(1, Act("refuse", status=503), Act("refuse", status=500)),
}
"""By name, which is part of each request's id. Usage that is negative or huge, and output beyond its limit, would be
faults of the upstream that no hold can foresee; they have tests of their own."""


@dataclass
class Traffic:
    """An endless mixture, the same for the same seed as far as the answers are.

    Args:
        seed: of the dice.
        active: users that ask at a time.
        going_on: asked before each request; False ends it all.
    """

    seed: int
    going_on: Callable[[], bool]
    active: int = 16
    told: list[Told] = field(default_factory=list)
    """Every end so far."""
    run: str = "r"
    """First part of all names, so that a ledger can be shared."""

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._count = self._users = 0
        self._refusals: Counter[str] = Counter()
        self._now = [self._next_user() for _ in range(self.active)]
        self._names: Sequence[str] = list(KINDS)
        self._weights = [kind.share for kind in KINDS.values()]

    def wish(self) -> Wish | None:
        """The next request."""
        if not self.going_on():
            return None
        (name,) = self._dice.choices(self._names, self._weights)
        return self.of(name)

    def of(self, name: str) -> Wish:
        """A request of a kind."""
        dice, self._count = self._dice, self._count + 1
        kind, user = KINDS[name], dice.choice(self._now)
        stream = dice.random() < 0.4 if kind.stream is None else kind.stream
        return Wish(
            Script(f"{self.run}-{name}-{self._count}", {FIRST: kind.first, SECOND: kind.second}),
            stream=stream,
            max_tokens=dice.choice((None, 16, 40)),
            leave_after=dice.uniform(0.0, LONGEST) if kind.leaves else None,
            key=KEYS[_key(user)],
            user=user,
        )

    def hear(self, told: Told) -> None:
        """How one ended."""
        self.told.append(told)
        user = told.wish.user
        if user in self._now and told.code in SPENT:
            self._refusals[user] += 1
            if self._refusals[user] == ENOUGH:
                self._now[self._now.index(user)] = self._next_user()

    @property
    def users(self) -> int:
        """How many there were."""
        return self._users

    def _next_user(self) -> str:
        self._users += 1
        key = tuple(KEYS)[self._users % len(KEYS)]
        return f"{self.run}-{key}-{self._users}"


def kind_of(request: str) -> str:
    """The name of a request's kind."""
    return request.split("-")[1]


def _key(user: str) -> str:
    return user.split("-")[1]
