"""Tools and the choice among them.

Source: https://docs.cohere.com/reference/chat, https://docs.cohere.com/docs/tool-use-usage-patterns and
https://docs.cohere.com/docs/structured-outputs (strict tools: "You must specify at least one required parameter.
Tools with only optional parameters are not supported in this mode"), 2026-11.
"""

from translators.base import JsonObject
from translators.providers.choices import choice_of, functions_of, parameter_of
from translators.providers.cohere.models import Model
from translators.providers.cohere.names import spoken
from translators.providers.draft import Draft
from translators.providers.loose import obj

_NO_PARAMETERS: JsonObject = {"type": "object", "properties": {}}
_MODES = {"none": "NONE", "required": "REQUIRED"}
_STRICT = "tools[].function.strict"


def set_tools(draft: Draft, asked: JsonObject, model: Model) -> None:
    """Set ``tools``, ``tool_choice`` and ``strict_tools``."""
    functions = declared(asked, model)
    if not functions:
        return
    draft.body["tools"] = [{"type": "function", "function": _function(function)} for function in functions]
    mode = _MODES.get(choice_of(asked).mode)
    if mode is not None:
        draft.body["tool_choice"] = mode
    _set_strict(draft, functions, asked.get("strict_tools"))


def declared(asked: JsonObject, model: Model) -> list[JsonObject]:
    """The functions that are declared to the model: none where it is told to leave them, and there is a reason to.

    Older models have no other way to be told, and a form for the answer cannot stand beside tools.
    """
    if choice_of(asked).mode == "none" and (not model.chooses or asked.get("response_format")):
        return []
    return functions_of(asked)


def lacking_choice(asked: JsonObject, model: Model) -> list[str]:
    """The choice, if this model cannot be held to it."""
    return [] if model.chooses or choice_of(asked).mode != "required" else [parameter_of(asked)]


def _function(function: JsonObject) -> JsonObject:
    said: JsonObject = {"name": spoken(function["name"])}
    if function.get("description"):
        said["description"] = function["description"]
    schema = function.get("parameters")
    said["parameters"] = {"type": "object", **schema} if schema else _NO_PARAMETERS
    return said


def _set_strict(draft: Draft, functions: list[JsonObject], wish: object) -> None:
    """One switch for all tools: it is on where each of them asks for it and can have it."""
    if wish is not None:
        draft.body["strict_tools"] = wish
    elif all(function.get("strict") and obj(function.get("parameters")).get("required") for function in functions):
        draft.body["strict_tools"] = True
    elif any(function.get("strict") for function in functions):
        draft.drop(_STRICT)
