"""Requests that went as most do: one attempt, which succeeded, and no policy that had anything to say.

The records of such requests of one key to one target differ in a few dozen numbers. So they are written into a template
made from the first one's record, counted together, and written down in the ledger's journal as what differs: a fifth of
what rendering, counting and keeping each of them would cost.
"""

import re
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import orjson

from policies.base import OutcomeKind, Verdict
from proxy.engine.story import Story
from proxy.observe.log import line
from proxy.observe.record import Record, render
from proxy.observe.tally import Tally

Kind = tuple[object, ...]
"""All that plain requests with the same template have in common."""
Moments = tuple[int, int, int, int, int]
"""Microseconds after a request came in at which its attempt began, its first byte came, its attempt ended, it ended
itself; and for how long it was here rather than upstream."""

_MARK = "\u0001"
"""Stands for a value that differs, with its place among them. No name in a configuration can hold it."""
_PLACE = re.compile(rb'"\\u0001(\d+)"')
_TIMES = ("created", "started_ms", "first_byte_ms", "ended_ms", "duration_ms", "overhead_ms", "cost")
_TOKENS = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
_OF_CLAIM = ("limit", "used", "held", "amount", "charged")


def kind_of(story: Story) -> Kind | None:
    """The kind of a finished request; None if it is not plain."""
    call, outcome, rounds, held = story.call, story.outcome, story.rounds, story.held
    if outcome is None or outcome.kind is not OutcomeKind.OK or len(rounds) != 1:
        return None
    if story.dropped or story.restored or story.stopped or len(held) > 1 or (held and held[0].posted is None):
        return None
    turn, usage, source = rounds[0], outcome.usage, None
    attempt = turn.attempt
    if attempt is None or attempt.failure is not None or attempt.first_byte is None or attempt.waited:
        return None
    if attempt.usage is not usage or call.user or call.session or call.tags:
        return None
    if usage is not None:
        source = usage.source
        if usage.input_audio_tokens or usage.input_image_tokens or usage.output_audio_tokens:
            return None
        if usage.output_image_tokens:
            return None
    who = call.principal.key, attempt.credential, attempt.cost is None, held[0].claims if held else None
    what = call.endpoint, call.model, turn.target, call.stream
    return story.version, story.chain, *what, story.status, source, *who


def moments_of(story: Story) -> Moments:
    """When what of a plain request happened."""
    outcome, began = story.outcome, story.call.started
    assert outcome is not None
    attempt = outcome.attempts[0]
    assert attempt.first_byte is not None
    return (
        int((attempt.started - began) * 1e6 + 0.5),
        int((attempt.first_byte - began) * 1e6 + 0.5),
        int((attempt.ended - began) * 1e6 + 0.5),
        int((outcome.ended - began) * 1e6 + 0.5),
        int(story.overhead(outcome.ended) * 1e6 + 0.5),
    )


class Plain:
    """One kind of plain requests.

    Args:
        example: the first of them.
        tally: where they are counted.
        common: what the ledger's journal says of each of them.
    """

    __slots__ = ("_admission", "_in_order", "_notes", "_pieces", "common", "tally")

    def __init__(self, example: Story, tally: Tally, common: bytes = b"") -> None:
        self._admission, self._notes = example.admission, example.rounds[0].notes
        self._pieces, self._in_order = _template(example)
        self.tally, self.common = tally, common

    def fits(self, story: Story) -> bool:
        """Whether the policies said the same, which is nothing."""
        return story.admission == self._admission and story.rounds[0].notes == self._notes

    def line(self, story: Story, moments: Moments) -> bytes:
        """The record as its line in the log."""
        outcome = story.outcome
        assert outcome is not None
        started, first, ended, whole, ours = moments
        cost, usage = outcome.attempts[0].cost, outcome.usage
        numbers: list[Any] = [story.created, started / 1e3, first / 1e3, ended / 1e3, whole / 1e3, ours / 1e3, cost]
        if usage is not None:
            numbers += usage.input_tokens, usage.output_tokens, usage.cached_tokens
            numbers += usage.cache_write_tokens, usage.reasoning_tokens
        for held in story.held:
            assert held.posted is not None
            for claim, amount, stood, posted in zip(
                held.claims, held.amounts, held.standings, held.posted, strict=True
            ):
                numbers += stood.limit, stood.used, stood.held, amount, posted
                if claim.shadow:
                    numbers.append(stood.used + stood.held > stood.limit)
        # Written as JSON all at once, and cut: a call of str() for each would take longer than everything else here.
        texts = orjson.dumps(numbers)[1:-1].split(b",")
        texts += f'"{story.call.id}"'.encode(), f'"{story.uid}"'.encode()
        pieces = self._pieces.copy()
        pieces[1::2] = self._in_order(texts)
        return b"".join(pieces)


def says_nothing(story: Story) -> bool:
    """Whether no policy had anything to say of it."""
    notes = (*story.admission, *story.rounds[0].notes)
    return all(note.verdict is Verdict.PASS for note in notes)


def _template(example: Story) -> tuple[list[bytes], Callable[[list[bytes]], tuple[bytes, ...]]]:
    """A record's line in pieces, with a place between every two of them for what differs; and what picks the value for
    each place out of all that differ, in the order in which :meth:`Plain.line` has them."""
    record = render(example)
    claims = record.get("claims", ())
    names = [*_TIMES, *(_TOKENS if record["usage"] is not None else ())]
    names += [f"{name} {place}" for place, claim in enumerate(claims) for name in (*_OF_CLAIM, "over") if name in claim]
    marks = {name: f"{_MARK}{place}" for place, name in enumerate([*names, "id", "uid"])}
    usage = _marked(record["usage"], marks) if record["usage"] is not None else None
    blank = _marked(record, marks) | {"usage": usage}
    blank["attempts"] = [_marked(attempt, marks) | {"usage": usage} for attempt in record["attempts"]]
    if claims:
        blank["claims"] = [_marked(claim, marks, f" {place}") for place, claim in enumerate(claims)]
    pieces = _PLACE.split(line(blank))
    order = [int(place) for place in pieces[1::2]]
    return pieces, itemgetter(*order)


def _marked(record: Record, marks: dict[str, str], suffix: str = "") -> Record:
    return {name: marks.get(name + suffix, cell) for name, cell in record.items()}
