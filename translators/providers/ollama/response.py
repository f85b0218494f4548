"""A whole answer of Ollama's as OpenAI's ``chat.completion``."""

import orjson

from translators.base import ChatRequest, ChatResponse, JsonObject, Memento, WireResponse
from translators.facts import Failure
from translators.providers.ollama.calls import Calls
from translators.providers.ollama.ends import finish_of, logprobs_of, own_facts
from translators.providers.ollama.errors import error_in
from translators.providers.ollama.usage import openai_usage, read_usage
from translators.providers.reading import read_whole


def read_response(ask: ChatRequest, wire: WireResponse) -> ChatResponse | Failure:
    """Read a 2xx answer. Pure; never raises."""
    return read_whole(wire.body, lambda answer: error_in(answer, reached_model=True), lambda answer: _read(ask, answer))


def memento_of(calls: list[str], thought: str) -> Memento | None:
    """What the next turn should bring back: Ollama's guide appends the whole message, thinking and all.

    https://docs.ollama.com/capabilities/tool-calling (streaming), 2026-11.
    """
    return Memento(tuple(calls), {"reasoning_content": thought}) if calls and thought else None


def _read(ask: ChatRequest, answer: JsonObject) -> ChatResponse:
    """Raises one of ``ODD_SHAPE`` where the answer is of another shape."""
    if answer["done"] is not True:
        raise TypeError
    said = answer["message"]
    content, thought, calls = said.get("content") or "", said.get("thinking") or "", Calls(ask)
    if type(content) is not str or type(thought) is not str:
        raise TypeError
    called = [calls.take(call) for call in said.get("tool_calls") or ()]
    message: JsonObject = {"role": "assistant", "content": content if content or not called else None, "refusal": None}
    if thought:
        message["reasoning_content"] = thought
    if called:
        message["tool_calls"] = called
    logprobs, usage = answer.get("logprobs"), read_usage(answer)
    completion: JsonObject = {
        "id": ask.id,
        "object": "chat.completion",
        "created": ask.created,
        "model": answer.get("model") or ask.model,
        "choices": [
            {
                "index": 0,
                "message": message | own_facts(answer),
                "logprobs": logprobs_of(logprobs) if logprobs else None,
                **finish_of(answer, calls=bool(called)),
            }
        ],
    }
    if usage is not None:
        completion["usage"] = openai_usage(answer, usage)
    return ChatResponse(orjson.dumps(completion), usage, memento_of(calls.ids, thought))
