"""Tools and the choice among them.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools, …/tool-use/strict-tool-use,
…/tool-use/parallel-tool-use, 2026-11. Anthropic's own tools, which carry a date in their type, pass as they are.
"""

import re

from translators.base import JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.anthropic.models import Model
from translators.providers.anthropic.schema import compilable
from translators.providers.choices import choice_of, tools_of
from translators.providers.loose import obj

_OWN_TOOL = re.compile(r".+_20[0-9]{6}|mcp_toolset")
_EXTRAS = ("cache_control", "defer_loading", "eager_input_streaming", "input_examples", "allowed_callers")
_BETAS = {
    "computer_20241022": "computer-use-2024-10-22",
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20251124": "computer-use-2025-11-24",
    "mcp_toolset": "mcp-client-2025-11-20",
}
_NO_PARAMETERS: JsonObject = {"type": "object", "properties": {}}
_DECLARING = frozenset({"tools", "functions", "web_search_options"})
_MODES = {"auto": "auto", "none": "none", "required": "any"}


def set_tools(draft: Draft, asked: JsonObject, model: Model) -> None:
    """Set ``tools`` and ``tool_choice``; ``messages`` stand already."""
    if draft.plain and _DECLARING.isdisjoint(asked):
        return
    tools = [_tool(draft, tool, model) for tool in tools_of(asked)]
    search = asked.get("web_search_options")
    if search is not None:
        tools.append(_web_search(draft, obj(search)))
    wish, choice = choice_of(asked), _choice(asked)
    if wish.narrowed:  # Anthropic has no such choice: the other tools are not declared at all
        tools = [tool for tool in tools if wish.admits(tool.get("name"))]
    if not tools:
        tools, choice = [] if draft.plain else _used(draft.body["messages"]), {"type": "none"}
    if not tools:
        return
    draft.body["tools"] = tools
    if asked.get("parallel_tool_calls") is False:
        choice = choice or {"type": "auto"}
        if choice["type"] != "none":
            choice["disable_parallel_tool_use"] = True
    if choice:
        draft.body["tool_choice"] = choice


def is_own_tool(kind: str) -> bool:
    """Whether a tool's type is one of Anthropic's own."""
    return _OWN_TOOL.fullmatch(kind) is not None


def _tool(draft: Draft, tool: JsonObject, model: Model) -> JsonObject:
    function = tool.get("function")
    if not isinstance(function, dict):
        if beta := _BETAS.get(tool["type"]):
            draft.need(beta)
        return tool
    result: JsonObject = {"name": function["name"]}
    if function.get("description"):
        result["description"] = function["description"]
    schema = function.get("parameters")
    result["input_schema"] = {"type": "object", **schema} if schema else _NO_PARAMETERS
    if function.get("strict"):
        if model.schemas:
            result["strict"] = True
            result["input_schema"], lost = compilable(result["input_schema"])
            for keyword in lost:
                draft.drop(f"tools[].function.parameters.{keyword}")
        else:
            draft.drop("tools[].function.strict")
    for name in _EXTRAS:
        value = tool.get(name, function.get(name))
        if value is not None:
            result[name] = value
    return result


def _web_search(draft: Draft, options: JsonObject) -> JsonObject:
    """The first version of the server tool, the one that all models take; it has no size of context."""
    tool: JsonObject = {"type": "web_search_20250305", "name": "web_search"}
    place = obj(obj(options.get("user_location")).get("approximate"))
    if place:
        tool["user_location"] = {"type": "approximate", **place}
    if options.get("search_context_size") not in (None, "medium"):
        draft.drop("web_search_options.search_context_size")
    return tool


def _choice(asked: JsonObject) -> JsonObject | None:
    """The choice in Anthropic's form; None where none was made, or there is no form for it."""
    choice = choice_of(asked)
    if choice.demanded:
        return {"type": "tool", "name": choice.demanded}
    made = asked.get("tool_choice") or asked.get("function_call")
    return {"type": _MODES[choice.mode]} if made and choice.mode in _MODES else None


def _used(turns: list[JsonObject]) -> list[JsonObject]:
    """Tools that the history used, where the request declares none: the API refuses tool blocks without ``tools``."""
    blocks = [block for turn in turns if turn["role"] == "assistant" for block in turn["content"]]
    names = dict.fromkeys(block["name"] for block in blocks if block["type"] == "tool_use")
    return [{"name": name, "input_schema": _NO_PARAMETERS} for name in names]
