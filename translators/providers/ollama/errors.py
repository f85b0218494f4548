"""Errors as Ollama reports them: ``{"error": "…"}``, under a status or as a line of a stream.

Sources, 2026-11: https://docs.ollama.com/api/errors; the server's words for a prompt that is too long (ollama/ollama,
llm/llama_server.go and server/routes.go); those of its cloud for a plan that is used up: "you've reached your hourly
usage limit, please wait or upgrade to continue" (continuedev/continue#9233), "… your weekly usage limit"
(diegosouzapw/OmniRoute#3709), both 429.
"""

from typing import Any

from translators.base import WireResponse
from translators.facts import Failure, FailureKind
from translators.providers.loose import obj
from translators.providers.refusals import Refusals, Words, parsed, readable
from translators.retry_after import parse as parse_retry_after

_ANY = frozenset({400, 413, 500})
"""500: on a line of a stream, which has no status."""
REFUSALS = Refusals(
    words=(
        Words(
            FailureKind.CONTEXT_LENGTH,
            _ANY,
            (
                "longer than the context length",
                "exceeds the context length",
                "exceeds maximum context length",
                "exceeds the available context",
                "exceed context",
                "exceeded max context length",  # its cloud
            ),
        ),
        Words(FailureKind.EXHAUSTED, frozenset({402, 403, 429, 500}), ("usage limit",)),
    ),
    statuses={499: FailureKind.OVERLOADED},  # "request canceled", by the server while it loaded the model
)


def read_failure(wire: WireResponse) -> Failure:
    """Read an answer that is not 2xx: JSON, an HTML page of some front, nothing. Pure; never raises."""
    message = _said(parsed(wire.body)) or readable(wire.body, wire.status)
    return REFUSALS.failure(message, wire.status, retry_after=parse_retry_after(wire.headers))


def error_in(document: Any, *, reached_model: bool = False) -> Failure | None:
    """The failure that stands in the place of an answer, or on a line, in a 200; None where it is something else."""
    message = _said(document)
    return REFUSALS.failure(message, 500, reached_model=reached_model) if message else None


def _said(document: Any) -> Any:
    error = obj(document).get("error")
    return error.get("message") or "The upstream reported an error." if isinstance(error, dict) else error
