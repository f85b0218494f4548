"""Requests that went as most do: one attempt, which succeeded, and no policy that had anything to say.

The records of such requests of one key to one target differ in a dozen numbers. So they are written into a template
made from the first one's record, and counted together: less than half of what rendering and counting each of them costs
(2.9 us of 6.8, measured).
"""

import orjson

from policies.base import OutcomeKind, Verdict
from proxy.engine.story import Story
from proxy.observe.log import line
from proxy.observe.record import Record, claims_of, render, usage_of
from proxy.observe.tally import Tally

Kind = tuple[object, ...]
"""All that plain requests with the same template have in common."""

_MARK = "\u0001"
"""Stands for a value that differs. No name in a configuration can hold it."""


def kind_of(story: Story) -> Kind | None:
    """The kind of a finished request; None if it is not plain."""
    call, outcome, rounds = story.call, story.outcome, story.rounds
    if outcome is None or outcome.kind is not OutcomeKind.OK or len(rounds) != 1:
        return None
    if story.dropped or story.restored or story.stopped or len(story.held) > 1:
        return None
    turn, usage = rounds[0], outcome.usage
    attempt = turn.attempt
    if attempt is None or attempt.failure is not None or attempt.first_byte is None or attempt.waited:
        return None
    if attempt.usage is not usage or call.user or call.session or call.tags:
        return None
    source = None if usage is None else usage.source
    who = call.principal.key, attempt.credential, attempt.cost is None, story.held != []
    what = call.endpoint, call.model, turn.target, call.stream
    return story.version, story.chain, *what, story.status, source, *who


class Plain:
    """One kind of plain requests.

    Args:
        example: the first of them.
        tally: where they are counted.
    """

    __slots__ = ("_admission", "_notes", "_pieces", "tally")

    def __init__(self, example: Story, tally: Tally) -> None:
        self._admission, self._notes = example.admission, example.rounds[0].notes
        self._pieces = _pieces(render(example))
        self.tally = tally

    def fits(self, story: Story) -> bool:
        """Whether the policies said the same, which is nothing."""
        return story.admission == self._admission and story.rounds[0].notes == self._notes

    def line(self, story: Story) -> bytes:
        """The record as its line in the log."""
        call, outcome = story.call, story.outcome
        assert outcome is not None
        began, attempt = call.started, outcome.attempts[0]
        assert attempt.first_byte is not None
        # Written as JSON all at once, and cut: a call of str() for each would take longer than everything else here.
        times = orjson.dumps(
            (
                story.created,
                int((attempt.started - began) * 1e6 + 0.5) / 1e3,
                int((attempt.first_byte - began) * 1e6 + 0.5) / 1e3,
                int((attempt.ended - began) * 1e6 + 0.5) / 1e3,
                int((outcome.ended - began) * 1e6 + 0.5) / 1e3,
                int(story.overhead(outcome.ended) * 1e6 + 0.5) / 1e3,
                attempt.cost,
            )
        )
        created, started, first, ended, whole, ours, cost = times[1:-1].split(b",")
        usage = orjson.dumps(usage_of(outcome.usage))
        line = self._pieces.copy()
        who = call.id.encode(), story.uid.encode()
        if story.held:
            claims = orjson.dumps(claims_of(story))
            line[1::2] = (*who, created, started, first, ended, usage, cost, claims, cost, whole, ours, usage)
        else:
            line[1::2] = (*who, created, started, first, ended, usage, cost, cost, whole, ours, usage)
        return b"".join(line)


def says_nothing(story: Story) -> bool:
    """Whether no policy had anything to say of it."""
    notes = (*story.admission, *story.rounds[0].notes)
    return all(note.verdict is Verdict.PASS for note in notes)


def _pieces(record: Record) -> list[bytes]:
    """A record's line, with a place between every two pieces for what differs, as :meth:`Plain.line` fills them."""
    attempt = record["attempts"][0]
    blank_attempt = attempt | dict.fromkeys(("started_ms", "first_byte_ms", "ended_ms", "usage", "cost"), _MARK)
    blank = record | {"id": f"id{_MARK}", "uid": f"id{_MARK}", "attempts": [blank_attempt]}
    blank |= dict.fromkeys(("created", "cost", "duration_ms", "overhead_ms", "usage"), _MARK)
    if "claims" in record:
        blank["claims"] = _MARK
    text = line(blank).replace(b'"id\\u0001"', b'"\x01"').replace(b'"\\u0001"', b"\x01")
    first, *others = text.split(b"\x01")
    pieces = [first]
    for other in others:
        pieces += (b"", other)
    return pieces
