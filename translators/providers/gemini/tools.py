"""Functions, Google's own tools, and the choice among them.

Source: https://ai.google.dev/gemini-api/docs/function-calling, …/docs/tool-combination, 2026-11. Functions beside a
JSON answer or beside Google's own tools are a 400 before Gemini 3 ("Function calling with a response mime type:
'application/json' is unsupported", googleapis/python-genai#867; "Tool use with function calling is unsupported",
symfony/ai#803). Vertex does not mix them at all (Google's SDK, models.py, ``_ToolConfig_to_vertex``).
"""

from translators.base import JsonObject
from translators.providers.choices import choice_of, declared_of
from translators.providers.gemini.draft import Draft
from translators.providers.gemini.parameters import OWN_TOOLS
from translators.providers.loose import obj, objs

_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "any": "ANY"}
_OWN = {**OWN_TOOLS, **{camel: camel for camel in OWN_TOOLS.values()}}


def set_tools(draft: Draft, asked: JsonObject) -> None:
    """Set ``tools`` and ``toolConfig``; ``generationConfig`` has the form of the answer already."""
    choice, functions, tools = choice_of(asked), declared_of(asked), own_tools(asked)
    mode, names = _MODES.get(choice.mode, "AUTO"), choice.names or ()
    if mode == "NONE" and _clash(draft, tools):
        functions = []  # none may be called: nothing is lost
    if mode == "AUTO" and names:
        functions = [function for function in functions if function["name"] in names]
        names = ()
    if functions:
        tools = [{"functionDeclarations": [_declaration(function) for function in functions]}, *tools]
    _note_search(draft, obj(asked.get("web_search_options")))
    if tools:
        draft.body["tools"] = tools
    if functions:
        _set_calling(draft, mode, names, strict=any(function.get("strict") for function in functions))
        if len(tools) > 1:  # what they did comes back as parts, and has to be seen again
            draft.body.setdefault("toolConfig", {})["includeServerSideToolInvocations"] = True


def own_tools(asked: JsonObject) -> list[JsonObject]:
    """Google's own tools that a request asks for."""
    found = {_OWN[tool["type"]]: obj(tool.get(tool["type"])) for tool in objs(asked.get("tools")) if _is_own(tool)}
    if asked.get("web_search_options") is not None:
        found.setdefault("googleSearch", {})
    return [{name: told} for name, told in found.items()]


def never_calls(asked: JsonObject) -> bool:
    """Whether the functions that a request declares may not be called."""
    return choice_of(asked).mode == "none"


def _is_own(tool: JsonObject) -> bool:
    kind = tool.get("type")
    return isinstance(kind, str) and kind in _OWN


def _clash(draft: Draft, own: list[JsonObject]) -> bool:
    """Whether functions may not come beside what else is asked for."""
    if own and draft.vertex:
        return True
    return not draft.model.mixes and (bool(own) or "responseMimeType" in draft.config)


def _declaration(function: JsonObject) -> JsonObject:
    """No parameters stay none: an empty schema would make the model invent some."""
    declaration = {name: function[name] for name in ("name", "description") if function.get(name)}
    if function.get("parameters"):
        declaration["parametersJsonSchema"] = function["parameters"]
    return declaration


def _set_calling(draft: Draft, mode: str, names: tuple[str, ...], *, strict: bool) -> None:
    """``ANY`` holds calls to their schemas as ``VALIDATED`` does (…/docs/function-calling#function_calling_modes)."""
    if strict and mode == "AUTO":
        if draft.model.validates:
            mode = "VALIDATED"
        else:
            draft.drop("tools[].function.strict")
    if mode == "AUTO":
        return
    calling: JsonObject = {"mode": mode}
    if names:
        calling["allowedFunctionNames"] = names
    draft.body["toolConfig"] = {"functionCallingConfig": calling}


def _note_search(draft: Draft, options: JsonObject) -> None:
    """Google's search takes neither a place nor a size."""
    if options.get("search_context_size") not in (None, "medium"):
        draft.drop("web_search_options.search_context_size")
    if options.get("user_location"):
        draft.drop("web_search_options.user_location")
