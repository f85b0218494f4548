"""Requests that went as most do: one attempt, which succeeded, and no policy that had anything to say.

The records of such requests of one key to one target differ in a few dozen numbers. So all else is taken from the first
one's record, as JSON; they are counted together, and written down in the ledger's journal as what differs.
"""

from math import floor

import orjson

from policies.base import OutcomeKind, Verdict
from proxy.engine.story import Held, Story
from proxy.observe.log import line
from proxy.observe.record import Record, render
from proxy.observe.tally import Tally

Kind = tuple[object, ...]
"""All that plain requests with the same template have in common."""
Moments = tuple[int, int, int, int, int]
"""Microseconds after a request came in at which its attempt began, its first byte came, its attempt ended, it ended
itself; and for how long it was here rather than upstream."""


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
    return (
        story.version,
        story.chain,
        call.endpoint,
        call.model,
        turn.target,
        call.stream,
        story.status,
        source,
        call.principal.key,
        attempt.credential,
        attempt.cost is None,
        held[0].claims if held else None,
    )


def moments_of(story: Story) -> Moments:
    """When what of a plain request happened."""
    outcome, began = story.outcome, story.call.started
    assert outcome is not None
    attempt, whole = outcome.attempts[0], outcome.ended - began
    assert attempt.first_byte is not None
    ours = whole - story.upstream_seconds
    return (
        floor((attempt.started - began) * 1e6 + 0.5),
        floor((attempt.first_byte - began) * 1e6 + 0.5),
        floor((attempt.ended - began) * 1e6 + 0.5),
        floor(whole * 1e6 + 0.5),
        floor(ours * 1e6 + 0.5) if ours > 0.0 else 0,
    )


class Plain:
    """One kind of plain requests.

    Args:
        example: the first of them.
        tally: where they are counted.
        common: what the ledger's journal says of each of them.
    """

    __slots__ = ("_admission", "_attempt", "_claims", "_notes", "_record", "_usage", "common", "tally")

    def __init__(self, example: Story, tally: Tally, common: bytes = b"") -> None:
        self._admission, self._notes = example.admission, example.rounds[0].notes
        self.tally, self.common = tally, common
        record = render(example)
        (attempt,), usage, claims = record["attempts"], record["usage"], record.get("claims", [])
        self._usage = None if usage is None else _joined(usage, ("source", "source"))
        key = "key" if "key" in attempt else "failure"
        self._attempt = _joined(attempt, ("target", "target"), (key, "failure"), ("policies", "policies"))
        self._claims = [_joined(claim, ("policy", "unit")) for claim in claims]
        self._record = _joined(record, ("event", "event"), ("model", "policies"), ("price", "price"))
        self._attempt["usage"] = self._record["usage"] = self._usage
        self._record["attempts"] = (self._attempt,)
        if claims:
            self._record["claims"] = self._claims

    def fits(self, story: Story) -> bool:
        """Whether the policies said the same, which is nothing."""
        return story.admission == self._admission and story.rounds[0].notes == self._notes

    def line(self, story: Story, moments: Moments) -> bytes:
        """The record as its line in the log, as :func:`proxy.observe.record.render` would have it."""
        outcome, record, tried, spent = story.outcome, self._record, self._attempt, self._usage
        assert outcome is not None
        started, first, ended, whole, ours = moments
        usage, cost = outcome.usage, outcome.attempts[0].cost
        record["id"], record["uid"], record["created"] = story.call.id, story.uid, story.created
        tried["started_ms"], tried["first_byte_ms"], tried["ended_ms"] = started / 1e3, first / 1e3, ended / 1e3
        tried["cost"] = record["cost"] = cost
        record["duration_ms"], record["overhead_ms"] = whole / 1e3, ours / 1e3
        if usage is not None and spent is not None:
            spent["input_tokens"], spent["output_tokens"] = usage.input_tokens, usage.output_tokens
            spent["cached_tokens"], spent["cache_write_tokens"] = usage.cached_tokens, usage.cache_write_tokens
            spent["reasoning_tokens"] = usage.reasoning_tokens
        if story.held:
            self._charge(story.held[0])
        return orjson.dumps(record)

    def _charge(self, held: Held) -> None:
        amounts, standings, posted, place = held.amounts, held.standings, held.posted, 0
        assert posted is not None
        for claim in self._claims:
            stood = standings[place]
            claim["limit"], claim["used"], claim["held"] = stood.limit, stood.used, stood.held
            claim["amount"], claim["charged"] = amounts[place], posted[place]
            if "over" in claim:
                claim["over"] = stood.used + stood.held > stood.limit
            place += 1  # noqa: SIM113 - a tuple and an iterator less


def says_nothing(story: Story) -> bool:
    """Whether no policy had anything to say of it."""
    notes = (*story.admission, *story.rounds[0].notes)
    return all(note.verdict is Verdict.PASS for note in notes)


def _joined(record: Record, *runs: tuple[str, str]) -> Record:
    """A record to be filled in again and again, as nothing else is as cheap: what is the same in all of a kind is in it
    as JSON. Each run of such fields, from one to another, is the value of the first one, the names of the others
    included."""
    joined, names = dict(record), list(record)
    for first, last in runs:
        run = names[names.index(first) : names.index(last) + 1]
        joined[first] = orjson.Fragment(line({name: record[name] for name in run})[len(first) + 4 : -1])
        for name in run[1:]:
            del joined[name]
    return joined
