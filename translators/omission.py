"""A request's body less some of what it asks for: the counterpart of the names in ``translators.parameters``."""

from collections.abc import Collection, Iterator
from typing import Any

from translators.base import JsonObject

_PART = "messages[].content[]."
_TOOL = "tools[]."


def uses_of_part(part: JsonObject) -> Iterator[str]:
    """The names that a content part uses; none for a text."""
    kind = part["type"]
    if kind in ("text", "refusal"):
        return
    yield f"{_PART}{kind[:64]}"
    inner = part.get(kind)
    if kind == "image_url":
        yield from _uses_of_image(inner)
    elif kind == "file" and type(inner) is dict and not inner.get("file_data"):
        yield f"{_PART}file.file_id"


def _uses_of_image(image: Any) -> Iterator[str]:
    url, detail = (image.get("url"), image.get("detail")) if type(image) is dict else (image, None)
    if type(url) is str and url[:5].lower() != "data:":
        yield f"{_PART}image_url.url"
    if detail not in (None, "auto"):
        yield f"{_PART}image_url.detail"


def without(body: JsonObject, names: Collection[str]) -> JsonObject:
    """A body less what these names stand for; it shares what is not concerned, and the one given stays as it is.

    Args:
        body: of a chat request.
        names: as ``uses_of`` has them.
    """
    fields = {name.partition(".")[0] for name in names if "[]" not in name}
    less = {name: value for name, value in body.items() if name not in fields}
    parts = {name.removeprefix(_PART) for name in names if name.startswith(_PART)}
    if parts and "messages" in less:
        less["messages"] = [_without_parts(message, parts) for message in less["messages"]]
    if "messages[].name" in names:
        less["messages"] = [_without_name(message) for message in less["messages"]]
    tools = {name.removeprefix(_TOOL) for name in names if name.startswith(_TOOL)}
    if tools and less.get("tools"):
        _thin_out_tools(less, tools)
    return less


def _without_name(message: JsonObject) -> JsonObject:
    if "name" not in message or message["role"] == "function":
        return message
    return {name: value for name, value in message.items() if name != "name"}


def _without_parts(message: JsonObject, kinds: set[str]) -> JsonObject:
    content = message.get("content")
    if type(content) is not list:
        return message
    kept = [_without_detail(part) if "image_url.detail" in kinds else part for part in content]
    kept = [part for part in kept if kinds.isdisjoint(_names_of(part))]
    return message if kept == content else {**message, "content": kept or ""}


def _names_of(part: JsonObject) -> set[str]:
    """The kinds that a part is one of, without their common beginning."""
    return {name.removeprefix(_PART) for name in uses_of_part(part)} - {"image_url.detail"}


def _without_detail(part: JsonObject) -> JsonObject:
    image = part.get("image_url")
    if part["type"] != "image_url" or type(image) is not dict or "detail" not in image:
        return part
    return {**part, "image_url": {name: value for name, value in image.items() if name != "detail"}}


def _thin_out_tools(body: JsonObject, kinds: set[str]) -> None:
    """Leave tools of some types out, and strictness if that is among them; without a tool there is no choice."""
    kept = [tool for tool in body["tools"] if (tool.get("type") or "function") not in kinds]
    if "function.strict" in kinds:
        kept = [_without_strict(tool) for tool in kept]
    body["tools"] = kept
    if not kept:
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            body.pop(name, None)


def _without_strict(tool: JsonObject) -> JsonObject:
    function = tool.get("function")
    if type(function) is not dict or "strict" not in function:
        return tool
    return {**tool, "function": {name: value for name, value in function.items() if name != "strict"}}
