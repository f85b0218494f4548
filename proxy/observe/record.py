"""Renders a story as the decision record: one JSON object that says what happened to a request and why.

The same object is the log line, the answer of ``GET /v1/requests/{id}``, and, cut short, ``x-switchgear-trace``.
Times are milliseconds since the request came in. It holds no prompt, no answer and no secret (RELIABILITY S8).
"""

from collections.abc import Sequence
from typing import Any

from policies.base import Attempt, Call, Note, Outcome, Principal, Verdict
from policies.claims import Claim, Refused, Standing
from proxy.engine.story import Round, Story
from translators.base import Malformed
from translators.facts import Failure, Usage

Record = dict[str, Any]

_MEDIA = ("input_audio_tokens", "input_image_tokens", "output_audio_tokens", "output_image_tokens")
"""Named where there are any, which is rare."""


def render(story: Story) -> Record:
    """The record of a request, finished or under way. Written for speed: each request is rendered once."""
    call, outcome, rounds, who = story.call, story.outcome, story.rounds, story.call.principal
    record: Record = {
        "event": "request",
        "id": call.id,
        "uid": story.uid,
        "created": story.created,
        "model": call.model,
        "endpoint": call.endpoint._value_,
        "stream": call.stream,
        "key": who.key,
        "team": who.team,
    }
    if who.org or call.user or call.session or call.tags:
        record |= _more_of(call)
    record["chain"], record["config"] = story.chain, story.version
    record["outcome"] = outcome.kind._value_ if outcome else None
    record["status"], record["target"] = story.status, story.target
    record["policies"] = [_note(note) for note in story.admission]
    record["attempts"] = [_attempt(turn, call.started) for turn in rounds if turn.target is not None]
    if rounds and rounds[-1].target is None:
        record["ended_by"] = [_note(note) for note in rounds[-1].notes]
    if story.dropped:
        record["dropped"] = list(story.dropped)
    if story.stopped:
        record["stopped"] = True
    if story.restored:
        record["restored"] = story.restored
    if story.held or story.refused:
        record["claims"] = claims_of(story)
    if outcome is not None:
        record["cost"], record["price"] = cost_of(outcome.attempts), price_of(outcome)
        record["duration_ms"] = _ms(outcome.ended - call.started)
        record["overhead_ms"] = _ms(story.overhead(outcome.ended))
        record["usage"] = usage_of(outcome.usage)
        if outcome.failure is not None or outcome.denial is not None:
            record["error"] = _error(outcome)
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
    who = {"org": call.principal.org, "user": call.user, "session": call.session, "tags": sorted(call.tags)}
    return {name: value for name, value in who.items() if value}


def _error(outcome: Outcome) -> Record:
    if outcome.failure is not None:
        return _failure(outcome.failure)
    assert outcome.denial is not None
    return {"kind": outcome.denial.kind._value_, "message": outcome.denial.message}


def _attempt(turn: Round, began: float) -> Record:
    attempt = turn.attempt
    record: Record = {"target": turn.target}
    if attempt is not None:
        first, failure = attempt.first_byte, attempt.failure
        record["started_ms"] = _ms(attempt.started - began)
        record["first_byte_ms"] = _ms(first - began) if first is not None else None
        record["ended_ms"] = _ms(attempt.ended - began)
        if attempt.waited:
            record["waited_ms"] = _ms(attempt.waited)
        if attempt.credential:
            record["key"] = attempt.credential
        record["failure"] = _failure(failure) if failure else None
        record["usage"] = usage_of(attempt.usage)
        record["cost"] = attempt.cost
    record["policies"] = [_note(note) for note in turn.notes]
    return record


def cost_of(attempts: Sequence[Attempt]) -> int | None:
    """Pico-dollars of all attempts; None where there was none, or nobody knows what one of them cost."""
    costs = [attempt.cost for attempt in attempts]
    return sum(cost for cost in costs if cost is not None) if costs and None not in costs else None


def price_of(outcome: Outcome) -> str | None:
    """Which price it was charged by: a catalogue's, or the configuration's own."""
    price = outcome.attempts[-1].target.price if outcome.attempts else None
    return price.version if price is not None else None


def claims_of(story: Story) -> list[Record]:
    """The numbers of each claim, as they were when it was reserved: what was used, what was held, what was charged."""
    records = [
        {
            "policy": claim.policy,
            "subject": claim.subject,
            "unit": claim.unit._value_,
            "limit": standing.limit,
            "used": standing.used,
            "held": standing.held,
            "amount": amount,
            "charged": posted,
        }
        if not claim.shadow
        else _watched(claim, standing, amount, posted)
        for held in story.held
        for claim, amount, standing, posted in zip(
            held.claims, held.amounts, held.standings, held.posted or (0,) * len(held.claims), strict=False
        )
    ]
    return records if story.refused is None else [*records, _refused(*story.refused)]


def _watched(claim: Claim, standing: Standing, amount: int, posted: int) -> Record:
    over = standing.used + standing.held > standing.limit
    numbers = {"limit": standing.limit, "used": standing.used, "held": standing.held, "amount": amount}
    who = {"policy": claim.policy, "subject": claim.subject, "unit": claim.unit._value_}
    return {**who, **numbers, "charged": posted, "shadow": True, "over": over}


def _refused(claim: Claim, refused: Refused) -> Record:
    standing = refused.standing
    who = {"policy": claim.policy, "subject": claim.subject, "unit": claim.unit._value_}
    return {**who, "limit": standing.limit, "used": standing.used, "held": standing.held, "refused": True}


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


def usage_of(usage: Usage | None) -> Record | None:
    """The tokens of an attempt."""
    if usage is None:
        return None
    record: Record = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "source": usage.source,
    }
    if usage.input_audio_tokens or usage.input_image_tokens or usage.output_audio_tokens or usage.output_image_tokens:
        record |= {name: tokens for name in _MEDIA if (tokens := getattr(usage, name))}
    return record


def _ms(seconds: float) -> float:
    """Milliseconds, to the microsecond. ``round(x, 3)`` goes by way of decimal digits: several times the work."""
    return int(seconds * 1e6 + 0.5) / 1e3
