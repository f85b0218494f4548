"""Requests that went as most do: one attempt, which succeeded, and no policy that had anything to say.

The records of such requests of one key to one target differ in a dozen numbers. So they are written into a template
made from the first one's record, and counted together: a fifth of what rendering and counting each of them costs.
"""

from policies.base import OutcomeKind, Verdict
from proxy.engine.story import Story
from proxy.observe.log import line
from proxy.observe.record import Record, microseconds, render
from proxy.observe.tally import Tally
from translators.facts import Usage

Kind = tuple[object, ...]
"""All that plain requests with the same template have in common."""

_MARK = "\u0001"
_COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")


def kind_of(story: Story) -> Kind | None:
    """The kind of a finished request; None if it is not plain."""
    call, outcome, rounds = story.call, story.outcome, story.rounds
    if outcome is None or outcome.kind is not OutcomeKind.OK or len(rounds) != 1 or story.dropped:
        return None
    turn, usage = rounds[0], outcome.usage
    attempt = turn.attempt
    if attempt is None or attempt.failure is not None or attempt.first_byte is None or attempt.waited:
        return None
    if attempt.usage is not usage or call.user or call.session or call.tags:
        return None
    source = None if usage is None else usage.source
    who = call.principal.key, attempt.credential
    return story.version, story.chain, call.model, turn.target, call.stream, story.status, source, *who


class Plain:
    """One kind of plain requests.

    Args:
        example: the first of them.
        tally: where they are counted.
    """

    __slots__ = ("_admission", "_notes", "_template", "_usage", "tally")

    def __init__(self, example: Story, tally: Tally) -> None:
        assert example.outcome is not None
        self._admission, self._notes = example.admission, example.rounds[0].notes
        self._usage = example.outcome.usage is not None
        self._template = _template(render(example))
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
        started, first = microseconds(attempt.started - began), microseconds(attempt.first_byte - began)
        ended, whole = microseconds(attempt.ended - began), microseconds(outcome.ended - began)
        ours = microseconds(story.overhead(outcome.ended))
        used: tuple[int, ...] = _counts(outcome.usage) if outcome.usage is not None else ()
        return self._template % (
            call.id.encode(),
            story.created,
            started // 1000,
            started % 1000,
            first // 1000,
            first % 1000,
            ended // 1000,
            ended % 1000,
            *used,
            whole // 1000,
            whole % 1000,
            ours // 1000,
            ours % 1000,
            *used,
        )


def says_nothing(story: Story) -> bool:
    """Whether no policy had anything to say of it."""
    notes = (*story.admission, *story.rounds[0].notes)
    return all(note.verdict is Verdict.PASS for note in notes)


def _counts(usage: Usage) -> tuple[int, ...]:
    return (
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
    )


def _template(record: Record) -> bytes:
    """A record's line with places for what differs, in the order in which :meth:`Plain.line` fills them."""
    attempt = record["attempts"][0]
    blank_usage = None if record["usage"] is None else record["usage"] | dict.fromkeys(_COUNTS, f"{_MARK}d")
    blank_attempt = attempt | dict.fromkeys(("started_ms", "first_byte_ms", "ended_ms"), f"{_MARK}ms")
    blank = record | {
        "id": f"{_MARK}b",
        "created": f"{_MARK}d",
        "attempts": [blank_attempt | {"usage": blank_usage}],
        "duration_ms": f"{_MARK}ms",
        "overhead_ms": f"{_MARK}ms",
        "usage": blank_usage,
    }
    text = line(blank).replace(b"%", b"%%")
    for mark, directive in ((b"b", b'"%b"'), (b"d", b"%d"), (b"ms", b"%d.%03d")):
        text = text.replace(b'"\\u0001%b"' % mark, directive)
    return text
