"""Tool calls in a history, for wire formats that want their arguments as an object."""

import orjson

from translators.base import JsonObject
from translators.providers.loose import obj


def called_by(call: JsonObject) -> JsonObject:
    """What a call is of: its function, or a tool of the client's own; without a name it is of nothing."""
    return obj(call.get("function") or call.get("custom"))


def arguments_of(called: JsonObject) -> JsonObject:
    """The arguments of a call: none is ``{}``; what is no object goes whole under one name, as a custom tool's input.

    Args:
        called: a function's name and arguments, or a custom tool's name and input.
    """
    if "arguments" not in called and "input" in called:
        return {"input": called["input"]}
    text = called.get("arguments")
    if not isinstance(text, str) or not text.strip():
        return obj(text)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    return value if isinstance(value, dict) else {"arguments": text}
