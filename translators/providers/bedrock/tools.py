"""Tools and the choice among them.

Converse has no choice of none. Rule: no tool is declared then, unless the history used some, for the API refuses tool
blocks without ``toolConfig``: these stay declared, the model is told to call none, and ``tool_choice.none`` is named.
Sources, 2026-11: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html and
…_ToolChoice.html; its words, "The toolConfig field must be defined when using toolUse and toolResult content blocks".
"""

from typing import Any

from translators.base import JsonObject
from translators.providers.anthropic.schema import compilable
from translators.providers.bedrock.draft import Draft
from translators.providers.bedrock.families import Family
from translators.providers.bedrock.messages import used_tools
from translators.providers.bedrock.parts import cache_point
from translators.providers.choices import choice_of, parameter_of, tools_of
from translators.providers.loose import obj

GROUNDING = "nova_grounding"
_NO_PARAMETERS: JsonObject = {"type": "object", "properties": {}}
_NO_CALLS = "Answer in words. Do not call any tool now."
_DECLARING = frozenset({"tools", "functions", "web_search_options"})
_MODES = {"auto": "auto", "none": "none", "required": "any"}


def set_tools(draft: Draft, asked: JsonObject) -> None:
    """Set ``toolConfig``; ``messages`` and ``answer`` stand already."""
    tools = [] if _DECLARING.isdisjoint(asked) else _declared(draft, asked)
    mode, name = _choice(asked)
    if mode == "tool" and "tool" not in draft.family.choices:  # the same, said with fewer tools
        tools, mode = [tool for tool in tools if _name(tool) == name], "any"
    if mode == "none" or not tools:
        tools = _remembered(draft, tools, told=mode == "none")
    if draft.answer is not None and mode not in ("any", "tool"):
        mode, name = ("any", "") if tools and mode != "none" else ("tool", draft.answer["name"])
        tools.append({"toolSpec": draft.answer})
        mode = mode if mode in draft.family.choices else "any"
    if not tools:
        return
    draft.body["toolConfig"] = {"tools": tools}
    if mode in ("any", "tool"):
        draft.body["toolConfig"]["toolChoice"] = {mode: {"name": name} if mode == "tool" else {}}


def lacking_tools(asked: JsonObject, family: Family) -> list[str]:
    """What of tools and tool choice this family has no form for."""
    names = []
    mode, _ = _choice(asked)
    if mode in ("any", "tool") and not family.choices:
        names.append(parameter_of(asked))
    if asked.get("web_search_options") is not None and not family.grounds:
        names.append("web_search_options")
    return names


def _declared(draft: Draft, asked: JsonObject) -> list[JsonObject]:
    wanted, choice = tools_of(asked), choice_of(asked)
    if choice.narrowed:  # Converse has no such choice: the others are not declared at all
        wanted = [tool for tool in wanted if choice.admits(obj(tool.get("function")).get("name"))]
    tools: list[JsonObject] = []
    for tool in wanted:
        tools += _tool(draft, tool)
    options = asked.get("web_search_options")
    if options is not None:
        tools.append({"systemTool": {"name": GROUNDING}})
        for name in obj(options):
            draft.drop(f"web_search_options.{name[:64]}")
    return tools


def _tool(draft: Draft, tool: JsonObject) -> list[JsonObject]:
    function = tool.get("function")
    if not isinstance(function, dict):
        return [{"systemTool": obj(tool.get("systemTool"))}]
    schema = function.get("parameters")
    schema = {"type": "object", **schema} if schema else _NO_PARAMETERS
    spec: JsonObject = {"name": function["name"]}
    if function.get("description"):
        spec["description"] = function["description"]
    if function.get("strict") and draft.family.schemas:
        spec["strict"] = True
        schema, lost = compilable(schema)
        for keyword in lost:
            draft.drop(f"tools[].function.parameters.{keyword}")
    elif function.get("strict"):
        draft.drop("tools[].function.strict")
    spec["inputSchema"] = {"json": schema}
    wish = tool.get("cache_control", function.get("cache_control"))
    if isinstance(wish, dict) and draft.family.caches_tools:
        return [{"toolSpec": spec}, cache_point(draft, wish)]
    if wish is not None:
        draft.drop("tools[].cache_control")
    return [{"toolSpec": spec}]


def _name(tool: JsonObject) -> Any:
    return obj(tool.get("toolSpec")).get("name")


def _choice(asked: JsonObject) -> tuple[str, str]:
    """``auto``, ``none``, ``any`` or ``tool``, and the name of the latter."""
    choice = choice_of(asked)
    return ("tool", choice.demanded) if choice.demanded else (_MODES.get(choice.mode, "auto"), "")


def _remembered(draft: Draft, declared: list[JsonObject], *, told: bool) -> list[JsonObject]:
    """The tools that the history used, where none may be called: as declared, or by their names alone."""
    names = used_tools(draft)
    if told and names:
        draft.system.append({"text": _NO_CALLS})
        draft.drop("tool_choice.none")
    known = {_name(tool): tool for tool in declared}
    unknown: JsonObject = {"inputSchema": {"json": _NO_PARAMETERS}}
    return [known.get(name) or {"toolSpec": {"name": name, **unknown}} for name in names]
