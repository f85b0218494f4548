"""Questions to the demo provider, and its answers taken apart."""

from collections.abc import Iterable
from typing import Any

import orjson

from translators.base import WireRequest
from translators.providers.demo import Script, answer

CREATED = 1_700_000_000


def asked(model: str = "echo", text: str = "Hello, world", *, dice: Iterable[float] = (), **extra: Any) -> Script:
    """What the demo says to this; ``dice`` are its first rolls."""
    rolls = iter([*dice, *[0.0] * 10])
    body = {"model": model, "messages": [{"role": "user", "content": text}], **extra}
    return answer(WireRequest("/chat/completions", orjson.dumps(body)), lambda: next(rolls), CREATED)


def body_of(script: Script) -> bytes:
    """All of its bytes."""
    return b"".join(piece.data for piece in script.pieces)


def json_of(script: Script) -> Any:
    """A whole answer, parsed."""
    return orjson.loads(body_of(script))


def chunks_of(script: Script) -> list[Any]:
    """The events of a stream that ends as it should."""
    *events, done, rest = body_of(script).split(b"\n\n")
    assert (done, rest) == (b"data: [DONE]", b"")
    return [orjson.loads(event.removeprefix(b"data: ")) for event in events]


def deltas_of(script: Script, index: int = 0) -> list[Any]:
    """What one choice of a stream consists of."""
    return [choice["delta"] for chunk in chunks_of(script) for choice in chunk["choices"] if choice["index"] == index]


def error_of(script: Script) -> tuple[int, str, str | None]:
    """Status, code and param of an answer that is an error."""
    assert script.headers["content-type"] == "application/json"
    error = json_of(script)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return script.status, error["code"], error["param"]
