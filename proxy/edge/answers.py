"""The head of every answer, and OpenAI's error envelope for every refusal."""

import json
import time
from functools import lru_cache

from proxy.edge.limits import limits
from proxy.edge.line import HeaderList
from proxy.engine.story import Story
from proxy.observe.record import render
from translators.base import Malformed
from translators.dialects import errors
from translators.facts import Failure

JSON = (b"content-type", b"application/json")
EVENT_STREAM: HeaderList = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold a stream back until its buffer is full
]
TRACE_LIMIT = 4096
"""Bytes; many proxies refuse a head of more than 8 KiB."""


def facts(story: Story, *, decided: bool = True, trace: bool = False) -> HeaderList:
    """The ``x-switchgear-*`` headers of a call.

    Args:
        story: the call's.
        decided: False where the head goes out before it is known who answers (a keep-alive came first): it then names
            no target, rather than perhaps the wrong one.
        trace: send the decision record along.
    """
    now = time.monotonic()
    made = story.target if decided else None
    head = [
        (b"x-request-id", story.call.id.encode()),
        (b"x-switchgear-overhead-ms", f"{story.overhead(now) * 1000:.2f}".encode()),
        (b"openai-processing-ms", str(int((now - story.call.started) * 1000)).encode()),
        *_place(story.chain, made),
    ]
    if decided:
        head.append((b"x-switchgear-attempts", _attempts(story)))
    if story.held or story.refused is not None:
        head += limits(story)
    if story.outcome is None and decided and not story.call.stream and (cost := _cost(story)) is not None:
        head.append((b"x-switchgear-cost", cost))
    if story.dropped:
        head.append((b"x-switchgear-dropped", _plain(", ".join(story.dropped))))
    if trace:
        head.append((b"x-switchgear-trace", _trace(story)))
    return head


@lru_cache(maxsize=1024)
def _place(chain: str, target: str | None) -> HeaderList:
    """Who decided, and where it went. The same few places serve nearly all requests."""
    head = [(b"x-switchgear-chain", chain.encode())]
    if target:
        head.append((b"x-switchgear-target", _plain(target)))
    return head


def _cost(story: Story) -> bytes | None:
    """Dollars of all attempts; None where nobody knows what one of them cost."""
    total = None
    for turn in story.rounds:
        attempt = turn.attempt
        if attempt is not None:
            if attempt.cost is None:
                return None
            total = attempt.cost + (total or 0)
    return None if total is None else b"%d.%012d" % divmod(total, 10**12)


def _attempts(story: Story) -> bytes:
    """How many were made; the last round may have found nowhere to go."""
    rounds = story.rounds
    made = len(rounds) - (1 if rounds and rounds[-1].target is None else 0)
    return b"1" if made == 1 else b"%d" % made


def refusal(failure: Failure, prompt: str) -> tuple[int, HeaderList, bytes]:
    """Status, headers and body that a failed or denied call is answered with.

    Args:
        failure: why.
        prompt: the field that holds what the model reads.
    """
    status = errors.appearance(failure).status
    body = errors.envelope(errors.error_of(failure, prompt=prompt))
    head = [(name.encode(), value.encode()) for name, value in errors.retry_headers(failure)]
    return status, [JSON, *head], body


def malformed(fault: Malformed, request_id: str) -> tuple[int, HeaderList, bytes]:
    """The same for a request that never became a call."""
    error = errors.error_of_malformed(fault)
    if fault.status >= 500:
        error["type"] = "server_error"
    body = errors.envelope(error)
    head: HeaderList = [JSON, (b"x-request-id", request_id.encode())]
    if fault.status == 401:  # RFC 9110 11.6.1
        head.append((b"www-authenticate", b"Bearer"))
    if fault.status == 413:  # the rest of the body is not read
        head.append((b"connection", b"close"))
    return fault.status, head, body


def internal_error() -> Malformed:
    """What is said of a fault of ours before there is a call: nothing (D36)."""
    return Malformed("An internal error occurred.", "internal_error", status=500)


def _plain(text: str) -> bytes:
    """Header values are visible ASCII; anything else (a model name may hold it) is escaped."""
    if text.isascii() and text.isprintable():
        return text.encode()
    return text.encode("unicode_escape").replace(b"\\\\", b"\\")


def _trace(story: Story) -> bytes:
    """The decision record as a header can hold it: ASCII, which orjson does not write."""
    record = render(story)
    kept = {name: record[name] for name in ("chain", "config", "policies", "attempts") if name in record}
    text = json.dumps(kept, separators=(",", ":")).encode("ascii")
    return text if len(text) <= TRACE_LIMIT else b'{"cut":true,"see":"/v1/requests/%b"}' % story.call.id.encode()
