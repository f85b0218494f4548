"""Renders a story as the decision record: one JSON object that says what happened to a request and why.

The same object is the log line, the answer of ``GET /v1/requests/{id}``, and, cut short, ``x-switchgear-trace``.
Times are milliseconds since the request came in. It holds no prompt, no answer and no secret (RELIABILITY S8).
"""

from typing import Any

from policies.base import Attempt, Call, Note, Principal, Verdict
from proxy.engine.story import Round, Story
from translators.base import Malformed
from translators.facts import Failure, Usage

Record = dict[str, Any]


def render(story: Story) -> Record:
    """The record of a request, finished or under way."""
    call, outcome = story.call, story.outcome
    record: Record = {
        "event": "request",
        "id": call.id,
        "created": story.created,
        "model": call.model,
        "endpoint": call.endpoint._value_,
        "stream": call.stream,
        "key": call.principal.key,
        "team": call.principal.team,
        **_more_of(call),
        "chain": story.chain,
        "config": story.version,
        "outcome": outcome.kind._value_ if outcome else None,
        "status": story.status,
        "target": story.target,
        "policies": [_note(note) for note in story.admission],
        "attempts": [_attempt(turn, call.started) for turn in story.rounds if turn.target is not None],
    }
    if story.rounds and story.rounds[-1].target is None:
        record["ended_by"] = [_note(note) for note in story.rounds[-1].notes]
    if story.dropped:
        record["dropped"] = list(story.dropped)
    if outcome is not None:
        record |= _end(story)
    return record


def refused(request_id: str, created: int, principal: Principal | None, fault: Malformed) -> Record:
    """The record of a request that was refused before it became a call."""
    return {
        "event": "request",
        "id": request_id,
        "created": created,
        "key": principal.key if principal else None,
        "team": principal.team if principal else None,
        "outcome": "refused",
        "status": fault.status,
        "error": {"code": fault.code, "param": fault.param, "message": fault.message},
        "attempts": [],
    }


def _more_of(call: Call) -> Record:
    """Who asks, as far as it was said."""
    org, user, session, tags = call.principal.org, call.user, call.session, call.tags
    if not (org or user or session or tags):
        return {}
    who = {"org": org, "user": user, "session": session, "tags": sorted(tags)}
    return {name: value for name, value in who.items() if value}


def _end(story: Story) -> Record:
    outcome = story.outcome
    assert outcome is not None
    end: Record = {
        "duration_ms": _ms(outcome.ended - story.call.started),
        "overhead_ms": _ms(story.overhead(outcome.ended)),
        "usage": _usage(outcome.usage),
    }
    if outcome.failure is not None:
        end["error"] = _failure(outcome.failure)
    elif outcome.denial is not None:
        end["error"] = {"kind": outcome.denial.kind._value_, "message": outcome.denial.message}
    return end


def _attempt(turn: Round, began: float) -> Record:
    policies, attempt = [_note(note) for note in turn.notes], turn.attempt
    if attempt is None:
        return {"target": turn.target, "policies": policies}
    return {
        "target": turn.target,
        **_times(attempt, began),
        "failure": _failure(attempt.failure) if attempt.failure else None,
        "usage": _usage(attempt.usage),
        "policies": policies,
    }


def _times(attempt: Attempt, began: float) -> Record:
    times: Record = {
        "started_ms": _ms(attempt.started - began),
        "first_byte_ms": _ms(attempt.first_byte - began) if attempt.first_byte is not None else None,
        "ended_ms": _ms(attempt.ended - began),
    }
    if attempt.waited:
        times["waited_ms"] = _ms(attempt.waited)
    if attempt.credential:
        times["key"] = attempt.credential
    return times


def _note(note: Note) -> Record:
    record: Record = {"policy": note.policy, "verdict": note.verdict._value_}
    if note.verdict is Verdict.PASS and not note.shadow:
        return record
    if note.target is not None:
        record["target"] = note.target
    if note.why is not None:
        record["why"] = note.why
    if note.value is not None:
        record["value"] = round(note.value, 6)
    if note.shadow:
        record["shadow"] = True
    return record


def _failure(failure: Failure) -> Record:
    record: Record = {"kind": failure.kind._value_, "message": failure.message, "status": failure.status}
    if failure.retry_after is not None:
        record["retry_after"] = failure.retry_after
    if failure.code is not None:
        record["code"] = failure.code
    return record


def _usage(usage: Usage | None) -> Record | None:
    if usage is None:
        return None
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "source": usage.source,
    }


def _ms(seconds: float) -> float:
    """Milliseconds, to the microsecond. ``round(x, 3)`` would go by way of decimal digits: ten times the work."""
    return int(seconds * 1e6 + 0.5) / 1e3
