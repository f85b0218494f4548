"""Results of functions, as Gemini wants them: by name, as an object, in the order of the calls.

Source: https://ai.google.dev/gemini-api/docs/function-calling (media in ``functionResponse.parts``: Gemini 3) and
Google's SDK, types.py, ``FunctionResponse.response``: what is under ``output`` is the function's output, what is under
``error`` its error, and where there is neither, all of it is output (2026-11).
"""

from typing import Any

import orjson

from translators.base import JsonObject
from translators.providers.gemini.parts import parts_of

_MEANING = frozenset({"output", "error"})


def result_of(message: JsonObject, names: dict[str, str], *, with_media: bool) -> list[JsonObject]:
    """The parts of a tool's or function's message.

    Args:
        message: of role ``tool``, or ``function`` in the form of old.
        names: of the functions, by the ids of their calls.
        with_media: images and files may be in the result; else they follow it.
    """
    parts = parts_of(message.get("content"))
    text = "".join([part["text"] for part in parts if "text" in part])
    media = [part for part in parts if "text" not in part]
    given = message.get("tool_call_id")
    name = names.get(str(given)) or message.get("name") or given
    result: JsonObject = {"name": name, "response": _response(text)}
    if given:
        result = {"id": given, **result}
    if media and with_media:
        result["parts"], media = media, []
    return [{"functionResponse": result}, *media]


def in_order(turns: list[JsonObject]) -> None:
    """Put the results of each turn first, and in the order of the calls before it."""
    for before, turn in zip([{"parts": []}, *turns], turns, strict=False):
        if turn["role"] != "user" or not any("functionResponse" in part for part in turn["parts"]):
            continue
        calls = [part["functionCall"].get("id") for part in before["parts"] if "functionCall" in part]
        places = {call: place for place, call in enumerate(calls) if call is not None}
        turn["parts"].sort(key=lambda part, places=places: _place(part, places))


def _place(part: JsonObject, places: dict[str, int]) -> int:
    """Results of calls that are not there come last among the results; what is no result after all of them."""
    result = part.get("functionResponse")
    return len(places) + 1 if result is None else places.get(result.get("id"), len(places))


def _response(text: str) -> JsonObject:
    """An object is itself, unless it holds the names that mean something; anything else is the output."""
    value: Any = text
    if text[:1] == "{":
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            value = text
    return value if isinstance(value, dict) and _MEANING.isdisjoint(value) else {"output": value}
