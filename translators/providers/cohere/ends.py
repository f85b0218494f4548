"""What an answer and a stream say alike: why it ended, what it cites, and how sure the model was.

Source: https://docs.cohere.com/reference/chat (``finish_reason``, ``citations``, ``logprobs``), 2026-11;
``ERROR_LIMIT`` and ``ERROR_TOXIC`` are older words, which its SDK still has (cohere/types/finish_reason.py).
"""

from typing import Any

from translators.base import JsonObject
from translators.facts import Failure, FailureKind
from translators.providers.loose import obj, objs

_REASONS = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_LIMIT": "length",
    "ERROR_TOXIC": "content_filter",
}
"""One that is new here is ``stop``; ``native_finish_reason`` has it as it is."""
_BROKEN = {
    "ERROR": (FailureKind.OVERLOADED, 500, "The upstream's model failed while it answered."),
    "TIMEOUT": (FailureKind.TIMEOUT, 504, "The upstream's model took longer than the upstream allows."),
}
"""Ends that are none: "The generation failed due to an internal error", "… exceeded the allowed time limit"."""
_OF_THE_TEXT = (None, "TEXT_CONTENT")
"""Types of citations that are about the answer's text, not its thinking or its plan."""


def finish_of(native: Any, *, calls: bool) -> JsonObject:
    """``finish_reason`` and, as OpenRouter has it, ``native_finish_reason``."""
    reason = _REASONS.get(native, "stop") if isinstance(native, str) else "stop"
    if reason in ("stop", "tool_calls"):
        reason = "tool_calls" if calls else "stop"
    return {"finish_reason": reason, "native_finish_reason": native}


def broken_off(native: Any, error: Any = None) -> Failure | None:
    """The failure that an end stands for.

    Args:
        native: ``finish_reason``.
        error: what the provider says beside it.
    """
    if not isinstance(native, str) or native not in _BROKEN:
        return None
    kind, status, message = _BROKEN[native]
    said = error[:2048] if isinstance(error, str) and error else message
    return Failure(kind, said, status, reached_model=True, code=native)


def annotations_of(citations: list[Any], starts: dict[int, int]) -> list[JsonObject]:
    """Citations of documents that say where they are from, as OpenAI's ``annotations``.

    Args:
        citations: as Cohere gives them: their places are counted in one block of text.
        starts: where each block begins in the whole text, in characters, by the block's index.
    """
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "url": source["url"],
                "title": source["title"] if isinstance(source.get("title"), str) else "",
                "start_index": begin + citation["start"],
                "end_index": begin + citation["end"],
            },
        }
        for citation in objs(citations)
        if citation.get("type") in _OF_THE_TEXT and type(citation.get("start")) is type(citation.get("end")) is int
        for begin in [_begin(citation, starts)]
        for source in [
            obj(entry.get("document") or entry.get("tool_output")) for entry in objs(citation.get("sources"))
        ]
        if isinstance(source.get("url"), str)
    ]


def logprobs_of(items: Any) -> JsonObject:
    """Cohere's log probabilities in OpenAI's form. Where a piece of text is several tokens, theirs is the sum."""
    return {"content": [_token(item) for item in objs(items)], "refusal": None}


def _token(item: JsonObject) -> JsonObject:
    text = item.get("text") or ""
    logprobs = item.get("logprobs") or ()
    return {"token": text, "logprob": sum(logprobs), "bytes": list(text.encode()), "top_logprobs": []}


def _begin(citation: JsonObject, starts: dict[int, int]) -> int:
    """A citation that does not name its block is of the first."""
    at = citation.get("content_index")
    return starts.get(at, 0) if type(at) is int else next(iter(starts.values()), 0)
