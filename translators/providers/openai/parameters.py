"""A request's parameters as one vendor of OpenAI's wire takes them: renamed, in its words, less what it lacks."""

from collections.abc import Callable
from functools import lru_cache

from translators.base import ChatRequest, Destination, JsonObject
from translators.omission import without
from translators.parameters import Table, Treatment, with_followers
from translators.providers.loose import obj
from translators.providers.openai.form import FORM, calm, force_form
from translators.providers.vendors import Vendor

_ALLOWED, _NONE = "tool_choice.allowed_tools", "tool_choice.none"
_MARKS = "tools[].cache_control"
_CALMING = ("tool_choice", "reasoning_effort", "thinking")
_LADDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@lru_cache(maxsize=128)
def table_of(vendor: Vendor, version: str | None) -> Table:
    """What a vendor makes of each parameter, under a version of its API."""
    return vendor.table(version)


def specials_of(vendor: Vendor) -> frozenset[str]:
    """Fields of a body that need a look even where they ask for nothing: some vendors refuse them set to null too."""
    marked = frozenset[str]() if vendor.cache_marks else frozenset({"tools"})
    return _fields_lacking(vendor) | vendor.renames.keys() | vendor.before.keys() | vendor.words.keys() | marked


def differs(vendor: Vendor) -> bool:
    """Whether the vendor takes any parameter otherwise than OpenAI does."""
    return bool(vendor.lacks or vendor.since or vendor.renames or vendor.words or vendor.efforts or vendor.hottest < 2)


def passed(target: Destination, name: str) -> bool:
    """Whether the operator wants this sent as it is."""
    wishes = target.parameters
    return "pass" in (wishes.get(name), wishes.get(name.partition(".")[0]))


def mapped(vendor: Vendor, ask: ChatRequest, target: Destination, name: str) -> bool:
    """Whether a request uses this and the vendor has other words for it, which the operator leaves it."""
    if name not in ask.uses or passed(target, name):
        return False
    return table_of(vendor, target.api_version).treatment(name) is Treatment.MAPPED


def fit(vendor: Vendor, ask: ChatRequest, target: Destination) -> tuple[JsonObject, list[str]]:
    """The body as the vendor takes it, but for its messages; and the names of what is not in it.

    Args:
        vendor: the row.
        ask: what the client wants; its body is not changed.
        target: where it goes.
    """
    table = table_of(vendor, target.api_version)
    left = [name for name in table.left_out(ask.uses) if not passed(target, name)]
    dropped = list(with_followers(tuple(left), ask.uses))
    body = without(ask.body, dropped) if dropped else dict(ask.body)
    for name in _fields_lacking(vendor) & body.keys():
        if not passed(target, name):
            del body[name]
    for ours, theirs in vendor.renames_in(target.api_version).items():
        value = body.pop(ours, None)
        if value is not None and body.get(theirs) is None:
            body[theirs] = value
    if mapped(vendor, ask, target, _ALLOWED):
        _keep_allowed(body)
    if mapped(vendor, ask, target, _NONE):
        _declare(body, [])
    if mapped(vendor, ask, target, FORM):
        force_form(vendor, body, dropped)
    for name, set_value in _VALUES.items():
        if body.get(name) is not None and not passed(target, name) and not set_value(vendor, body):
            dropped.append(name)
    if vendor.calm_calls and not any(passed(target, name) for name in _CALMING):
        calm(vendor, body, dropped)
    if body.get("tools"):
        body["tools"] = [_tool(tool, vendor, dropped) for tool in body["tools"]]
    return body, dropped


@lru_cache(maxsize=128)
def _fields_lacking(vendor: Vendor) -> frozenset[str]:
    return frozenset(name for name in vendor.lacks if "." not in name and name != "n")  # all take one choice


def _in_words(name: str) -> Callable[[Vendor, JsonObject], bool]:
    def set_value(vendor: Vendor, body: JsonObject) -> bool:
        words, value = vendor.words.get(name, {}), body[name]
        if type(value) is not str or value not in words:
            return True
        theirs = words[value]
        if theirs is None:
            del body[name]
            return False
        body[name] = theirs
        return True

    return set_value


def _set_temperature(vendor: Vendor, body: JsonObject) -> bool:
    if body["temperature"] <= vendor.hottest:
        return True
    del body["temperature"]
    return False


def _set_effort(vendor: Vendor, body: JsonObject) -> bool:
    """Say the level, or the next one below it; whether it is what was asked for."""
    level, levels = body["reasoning_effort"], vendor.efforts
    if not levels or level in levels or level not in _LADDER:
        return True
    if level == "none":
        del body["reasoning_effort"]
        body.update(vendor.no_effort or {})
        return vendor.no_effort is not None
    at = _LADDER.index(level)
    lower = [known for known in levels if known != "none" and _LADDER.index(known) < at]
    body["reasoning_effort"] = lower[-1] if lower else next(known for known in levels if known != "none")
    return False


_VALUES: dict[str, Callable[[Vendor, JsonObject], bool]] = {
    "temperature": _set_temperature,
    "reasoning_effort": _set_effort,
    "tool_choice": _in_words("tool_choice"),
    "service_tier": _in_words("service_tier"),
}
"""Parameters whose values may need other words: each says whether the vendor gets to hear what was asked for."""


def _keep_allowed(body: JsonObject) -> None:
    """Declare the allowed tools alone, where that cannot be said of the choice; in the choice, what they are for."""
    choice = body["tool_choice"]
    allowed = choice.get("allowed_tools") or choice
    names = {_function(tool).get("name") for tool in allowed.get("tools") or ()}
    body["tool_choice"] = allowed.get("mode") or "auto"
    _declare(body, [tool for tool in body.get("tools") or () if _function(tool).get("name") in names])


def _declare(body: JsonObject, tools: list[JsonObject]) -> None:
    """Declare these tools; without any, what is said of them is a 400."""
    if tools:
        body["tools"] = tools
        return
    for name in ("tools", "tool_choice", "parallel_tool_calls"):
        body.pop(name, None)


def _function(tool: JsonObject) -> JsonObject:
    return obj(tool.get("function")) or tool


def _tool(tool: JsonObject, vendor: Vendor, dropped: list[str]) -> JsonObject:
    if "cache_control" in tool and not vendor.cache_marks:
        tool = {name: value for name, value in tool.items() if name != "cache_control"}
        if _MARKS not in dropped:
            dropped.append(_MARKS)
    function = tool.get("function")
    if type(function) is dict and not vendor.bare_tools and not function.get("parameters"):
        tool = {**tool, "function": {**function, "parameters": {"type": "object", "properties": {}}}}
    return tool
