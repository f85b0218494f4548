"""Answers and events of Gemini's, and what the translator makes of them, for the tests."""

from dataclasses import replace
from typing import Any

import orjson
from openai.types.chat import ChatCompletion

from tests.rig.replaying import chunks_of
from tests.translators.providers.gemini.gemini_asks import Json, Target, ask
from translators.base import ChatResponse, WireResponse
from translators.facts import Failure
from translators.providers.gemini import Gemini, GeminiDecoder

COUNTS: Json = {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10}
HEAD: Json = {"modelVersion": "gemini-x-001", "responseId": "resp_1"}


def said(*parts: Json, reason: str | None = None, index: int = 0, **more: Any) -> Json:
    """One candidate."""
    candidate: Json = {"content": {"role": "model", "parts": list(parts)}, "index": index, **more}
    return candidate | ({"finishReason": reason} if reason else {})


def answer(*candidates: Json, **more: Any) -> Json:
    """A whole answer, or an event."""
    return {"candidates": list(candidates), "usageMetadata": COUNTS, **HEAD, **more}


def read(body: Any) -> ChatResponse | Failure:
    """What a whole 2xx answer comes to."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Gemini().response(ask(), WireResponse(200, {}, raw), Target())


def completion(body: Json) -> Json:
    """The same where it is one; OpenAI's SDK knows it."""
    response = read(body)
    assert isinstance(response, ChatResponse), response
    ChatCompletion.model_validate_json(response.body)
    parsed: Json = orjson.loads(response.body)
    return parsed


def message(*parts: Json, reason: str = "STOP", **more: Any) -> Json:
    """The message of an answer with these parts."""
    whole: Json = completion(answer(said(*parts, reason=reason, **more)))["choices"][0]["message"]
    return whole


def framed(events: list[Json]) -> bytes:
    """Events as Google frames them."""
    return b"".join(b"data: %b\r\n\r\n" % orjson.dumps(event) for event in events)


def run(events: list[Json], *, include_usage: bool = False) -> tuple[GeminiDecoder, list[Json]]:
    """A stream of these events, and the chunks that came of it; each is one that OpenAI's SDK knows."""
    decoder = GeminiDecoder(replace(ask(stream=True), include_usage=include_usage))
    out = decoder.feed(framed(events)) + decoder.close()
    return decoder, chunks_of(out)


def deltas(chunks: list[Json], index: int = 0) -> list[Json]:
    """What the chunks of one choice say."""
    return [choice["delta"] for chunk in chunks for choice in chunk["choices"] if choice["index"] == index]
