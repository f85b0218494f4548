"""The ``x-ratelimit-*`` headers: how much is left of what limits a client the most, as OpenAI's clients read it.

https://platform.openai.com/docs/guides/rate-limits (2026-11): limit, remaining and reset, of requests and of tokens; a
reset is written as ``12ms``, ``1s`` or ``6m0s``.
"""

from collections.abc import Sequence
from functools import lru_cache

from policies.claims import Claim, Standing, Unit
from proxy.edge.line import HeaderList
from proxy.engine.story import Story

_NAMES = {
    unit: tuple([f"x-ratelimit-{what}-{unit}".encode() for what in ("limit", "remaining", "reset")])
    for unit in (Unit.REQUESTS, Unit.TOKENS)
}


def limits(story: Story) -> HeaderList:
    """The headers of a call that was counted: of each unit those of the account with the least left."""
    tightest: dict[Unit, Standing] = {}
    for held in story.held:
        _tighten(tightest, held.claims, held.standings)
    if story.refused is not None:
        claim, refused = story.refused
        _tighten(tightest, (claim,), (refused.standing,))
    head: HeaderList = []
    for unit, standing in tightest.items():
        (limit, remaining, reset), seconds = _NAMES[unit], standing.resets_in
        head += ((limit, b"%d" % standing.limit), (remaining, b"%d" % standing.left))
        if seconds is not None:
            head.append((reset, _duration(int(seconds)) if seconds >= 1 else b"%dms" % int(seconds * 1000)))
    return head


def _tighten(tightest: dict[Unit, Standing], claims: tuple[Claim, ...], standings: Sequence[Standing]) -> None:
    for position, unit in _shown(claims) if standings else ():
        standing, other = standings[position], tightest.get(unit)
        if other is None or standing.left < other.left:
            tightest[unit] = standing


@lru_cache(maxsize=4096)
def _shown(claims: tuple[Claim, ...]) -> tuple[tuple[int, Unit], ...]:
    """Which of a call's claims clients are told of. Calls of the same subjects have the very same claims."""
    shown = [claim.unit in _NAMES and not claim.shadow and claim.place is None for claim in claims]
    return tuple([(position, claim.unit) for position, claim in enumerate(claims) if shown[position]])


@lru_cache(maxsize=4096)
def _duration(seconds: int) -> bytes:
    """Every request within a second says the same."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return b"%dh%dm%ds" % (hours, minutes, rest)
    return b"%dm%ds" % (minutes, rest) if minutes else b"%ds" % rest
