"""The ``x-ratelimit-*`` headers: how much is left of what limits a client the most, as OpenAI's clients read it.

https://platform.openai.com/docs/guides/rate-limits (2026-11): limit, remaining and reset, of requests and of tokens; a
reset is written as ``12ms``, ``1s`` or ``6m0s``.
"""

from collections.abc import Iterator

from policies.claims import Claim, Standing, Unit
from proxy.edge.line import HeaderList
from proxy.engine.story import Story

_NAMES = {
    unit: tuple([f"x-ratelimit-{what}-{unit}".encode() for what in ("limit", "remaining", "reset")])
    for unit in (Unit.REQUESTS, Unit.TOKENS)
}


def limits(story: Story) -> HeaderList:
    """The headers of a call that was counted: of each unit those of the account with the least left."""
    head: HeaderList = []
    tightest: dict[Unit, Standing] = {}
    for claim, standing in _standings(story):
        if claim.unit in _NAMES and not claim.shadow and claim.place is None:
            other = tightest.get(claim.unit)
            if other is None or standing.left < other.left:
                tightest[claim.unit] = standing
    for unit, standing in tightest.items():
        limit, remaining, reset = _NAMES[unit]
        head += ((limit, b"%d" % standing.limit), (remaining, b"%d" % standing.left))
        if standing.resets_in is not None:
            head.append((reset, _duration(standing.resets_in)))
    return head


def _standings(story: Story) -> Iterator[tuple[Claim, Standing]]:
    for held in story.held:
        yield from zip(held.claims, held.standings, strict=False)
    if story.refused is not None:
        claim, refused = story.refused
        yield claim, refused.standing


def _duration(seconds: float) -> bytes:
    if seconds < 1:
        return b"%dms" % int(seconds * 1000)
    whole = int(seconds)
    if whole < 60:
        return b"%ds" % whole
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return b"%dm%ds" % (minutes, rest)
    return b"%dh%dm%ds" % (*divmod(minutes, 60), rest)
