"""Answers in a form that the model was forced to: the call of the reserved tool becomes the text, whole and streamed.

The client is given one answer: a call of the tool besides the first would make two texts of it, and is left out. Calls
of the client's own tools stay.
"""

from dataclasses import replace
from typing import Any

import orjson

from translators.base import ChatRequest, ChatResponse, JsonObject, Memento
from translators.facts import Failure, garbled
from translators.providers.forms import ANSWER
from translators.providers.loose import obj
from translators.providers.openai.stream import OpenAIDecoder
from translators.providers.vendors import Vendor


def as_text(answer: ChatResponse) -> ChatResponse | Failure:
    """A whole answer in canonical form, with the text in place of the call.

    Args:
        answer: as it was read, with nothing left to mend.
    """
    document = orjson.loads(answer.body)
    found = [name for choice in document["choices"] for name in _unwrap(choice)]
    if not found:
        return answer
    try:
        body = orjson.dumps(document)
    except orjson.JSONEncodeError:  # deeper than orjson writes
        return garbled("The upstream's answer is nested too deeply.")
    return replace(answer, body=body, memento=_less(answer.memento, found))


def _unwrap(choice: JsonObject) -> list[Any]:
    """Make the call of a choice its text, in place; the ids of all such calls."""
    message = choice["message"]
    calls: Any = message.get("tool_calls")
    calls = calls if type(calls) is list else []
    answers = [call for call in calls if _name_of(call) == ANSWER]
    if not answers:
        return []
    _add(message, answers[0])
    _keep(message, [call for call in calls if _name_of(call) != ANSWER])
    if "tool_calls" not in message:
        _end(choice)
    return [call.get("id") for call in answers]


def _less(memento: Memento | None, found: list[Any]) -> Memento | None:
    calls = tuple([name for name in memento.calls if name not in found]) if memento else ()
    return replace(memento, calls=calls) if memento and calls else None


class FormedDecoder(OpenAIDecoder):
    """One stream of one attempt, in which a call may be the answer."""

    __slots__ = ("_answers", "_others")

    def __init__(self, ask: ChatRequest, vendor: Vendor) -> None:
        super().__init__(ask, vendor)
        self._answers: dict[int, list[Any]] = {}  # by choice: indexes of the calls of the reserved tool
        self._others: dict[int, dict[int, int]] = {}  # by choice: of the others, and what they are for the client

    def _mend(self, choice: JsonObject, position: int) -> bool:
        mended = super()._mend(choice, position)
        index, delta = choice["index"], choice["delta"]
        calls: Any = delta.get("tool_calls")
        if calls and type(calls) is list:
            mended = self._unwrap(index, delta, calls) or mended
        if choice.get("finish_reason") == "tool_calls" and self._is_all(index):
            _end(choice)
            mended = True
        return mended

    def _is_all(self, choice: int) -> bool:
        return bool(self._answers.get(choice)) and not self._others.get(choice)

    def _unwrap(self, choice: int, delta: JsonObject, calls: list[Any]) -> bool:
        """Make pieces of the call pieces of the text, and give the others the indexes that they have without it."""
        answers, others = self._answers.setdefault(choice, []), self._others.setdefault(choice, {})
        kept = []
        for call in calls:
            at = obj(call).get("index")
            if _name_of(call) == ANSWER and at not in answers:
                answers.append(at)
            if at not in answers:
                kept.append(call)
                if type(at) is int:
                    call["index"] = others.setdefault(at, len(others))
            elif at == answers[0]:
                _add(delta, call)
        _keep(delta, kept)
        return bool(answers)


def _add(message: JsonObject, call: JsonObject) -> None:
    """Add a call's arguments to the text; vendors say a null or an empty text beside calls."""
    text, arguments = message.get("content"), obj(call.get("function")).get("arguments")
    message["content"] = "".join([said for said in (text, arguments) if type(said) is str])


def _keep(message: JsonObject, calls: list[Any]) -> None:
    if calls:
        message["tool_calls"] = calls
    else:
        del message["tool_calls"]


def _end(choice: JsonObject) -> None:
    if choice.get("finish_reason") == "tool_calls":
        choice["finish_reason"] = "stop"


def _name_of(call: Any) -> Any:
    return obj(obj(call).get("function")).get("name")
