"""What a whole answer of Ollama's and each line of its streams say alike (``ChatResponse`` in its api/types.go).

Calls have no ids on older servers, and some models repeat one: such a call gets an id of ours, one of a kind and the
same whenever it is asked for. Arguments are objects here, and text in OpenAI's form.
"""

from typing import Any

import orjson

from translators.base import ChatRequest, JsonObject
from translators.facts import Usage
from translators.providers.loose import count

_DURATIONS = ("total_duration", "load_duration", "prompt_eval_duration", "eval_duration")
"""Nanoseconds."""
_FACTS = ("remote_model", "remote_host")
_REASONS = {"stop": "stop", "length": "length"}
"""One that is new here is ``stop``; ``native_finish_reason`` has it as it is."""


class Calls:
    """The tool calls of one answer: numbered in the order that they come in, whichever line they are on."""

    __slots__ = ("_ours", "ids")

    def __init__(self, ask: ChatRequest) -> None:
        self.ids: list[str] = []
        self._ours = f"call_{ask.id.removeprefix('chatcmpl-')}"

    def take(self, call: JsonObject) -> JsonObject:
        """The next one in OpenAI's form.

        Raises:
            KeyError, TypeError: it is of another shape.
        """
        function = call["function"]
        given, name = call.get("id"), function["name"]
        if type(name) is not str:
            raise TypeError
        if not isinstance(given, str) or not given or given in self.ids:
            given = f"{self._ours}_{len(self.ids)}"
        self.ids.append(given)
        said = {"name": name, "arguments": _text(function.get("arguments"))}
        return {"id": self.ids[-1], "type": "function", "function": said}


def finish_of(answer: JsonObject, *, calls: bool) -> JsonObject:
    """``finish_reason``, which Ollama says to be ``stop`` where there are calls, and ``native_finish_reason``."""
    native = answer.get("done_reason")
    reason = _REASONS.get(native, "stop") if isinstance(native, str) else "stop"
    if calls and reason == "stop":
        reason = "tool_calls"
    return {"finish_reason": reason, "native_finish_reason": native}


def read_usage(answer: JsonObject) -> Usage | None:
    """The counts of an answer, where it has them: none of what was read means that nobody counted.

    A count of nothing written is left out (``omitempty``).
    """
    read, produced = count(answer.get("prompt_eval_count")), count(answer.get("eval_count", 0))
    return Usage(read, produced) if read is not None and produced is not None else None


def openai_usage(answer: JsonObject, usage: Usage) -> JsonObject:
    """As a client reads it: OpenAI's fields, and the times, which are Ollama's measure of itself."""
    said: JsonObject = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
    }
    return said | {name: answer[name] for name in _DURATIONS if answer.get(name) is not None}


def logprobs_of(items: list[Any]) -> JsonObject:
    """Log probabilities: the entries are OpenAI's, but for fields that are left out where they are empty."""
    return {"content": [{"bytes": None, "top_logprobs": [], **item} for item in items], "refusal": None}


def own_facts(answer: JsonObject) -> JsonObject:
    """``extra_content``: where the model really is, if that is elsewhere."""
    facts = {name: answer[name] for name in _FACTS if answer.get(name)}
    return {"extra_content": {"ollama": facts}} if facts else {}


def _text(arguments: Any) -> str:
    return arguments if type(arguments) is str and arguments else orjson.dumps(arguments or {}).decode()
