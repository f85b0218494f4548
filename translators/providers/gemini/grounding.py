"""What an answer rests on, as OpenAI's ``annotations`` and ``logprobs`` say it.

Source: https://ai.google.dev/api/generate-content#GroundingMetadata (offsets are bytes of UTF-8) and
…#LogprobsResult, 2026-11. The metadata itself goes out beside them, whole.
"""

from collections.abc import Iterator
from typing import Any

from translators.base import JsonObject
from translators.providers.loose import obj, objs


def annotations_of(grounding: Any, text: str) -> list[JsonObject]:
    """Web pages that stretches of the text rest on.

    Args:
        grounding: ``groundingMetadata``.
        text: of the whole answer.
    """
    found = list(_supported(obj(grounding)))
    places = _characters(text, {offset for _, start, end in found for offset in (start, end)})
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "url": web["uri"],
                "title": web.get("title") or "",
                "start_index": places[start],
                "end_index": places[end],
            },
        }
        for web, start, end in found
    ]


def logprobs_of(result: Any) -> list[JsonObject]:
    """Tokens with their probabilities, as the ``content`` of OpenAI's ``logprobs``."""
    chosen, top = objs(obj(result).get("chosenCandidates")), objs(obj(result).get("topCandidates"))
    others = [objs(step.get("candidates")) for step in top] + [[]] * len(chosen)
    return [
        {**_token(token), "top_logprobs": [_token(other) for other in beside]}
        for token, beside in zip(chosen, others, strict=False)
    ]


def _supported(grounding: JsonObject) -> Iterator[tuple[JsonObject, int, int]]:
    """Pages, each with the bytes of the text that rest on it."""
    pages = [obj(chunk.get("web")) for chunk in objs(grounding.get("groundingChunks"))]
    for support in objs(grounding.get("groundingSupports")):
        segment, indices = obj(support.get("segment")), support.get("groundingChunkIndices")
        start, end = segment.get("startIndex", 0), segment.get("endIndex", 0)
        if type(start) is not int or type(end) is not int or not isinstance(indices, list):
            continue
        for index in indices:
            page = pages[index] if type(index) is int and 0 <= index < len(pages) else {}
            if isinstance(page.get("uri"), str):
                yield page, start, end


def _characters(text: str, offsets: set[int]) -> dict[int, int]:
    """Offsets in bytes as offsets in characters, in one walk; what is out of bounds is at the nearer one."""
    raw, places, at, characters = text.encode(), {}, 0, 0
    for offset in sorted(offsets):
        end = max(at, min(offset, len(raw)))
        characters += len(raw[at:end].decode(errors="ignore"))
        places[offset], at = characters, end
    return places


def _token(token: JsonObject) -> JsonObject:
    said = token.get("token")
    text = said if isinstance(said, str) else ""
    value = token.get("logProbability", 0.0)
    return {"token": text, "logprob": value if type(value) in (int, float) else 0.0, "bytes": list(text.encode())}
