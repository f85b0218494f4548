"""What a request cost, shown to a client that asked for it: ``usage.cost``, in dollars, as OpenRouter has it.

https://openrouter.ai/docs/use-cases/usage-accounting (2026-11).
"""

import orjson

DOLLAR = 10**12
"""Pico-dollars."""
_SIGN = b'"usage":{'


def with_cost(events: bytes, cost: int | None) -> bytes:
    """Canonical events, the one with the usage with its cost.

    Args:
        events: whole ones.
        cost: pico-dollars; None: nobody knows, and nothing is said.
    """
    if cost is None or _SIGN not in events:
        return events
    return b"".join([_event(event, cost) + b"\n\n" for event in events.split(b"\n\n")[:-1]])


def body_with_cost(body: bytes, cost: int | None) -> bytes:
    """The same for a whole answer."""
    return body if cost is None or _SIGN not in body else _priced(body, cost)


def _event(event: bytes, cost: int) -> bytes:
    if _SIGN not in event or not event.startswith(b"data:"):
        return event
    return b"data: " + _priced(event[5:], cost)


def _priced(text: bytes, cost: int) -> bytes:
    answer = orjson.loads(text)
    if not isinstance(answer.get("usage"), dict):
        return text
    answer["usage"]["cost"] = cost / DOLLAR
    return orjson.dumps(answer)
