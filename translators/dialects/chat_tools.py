"""The ``tools`` of a chat completion, or its ``functions``: how many, how large, can their schemas be resolved (D20)?

A reference that leads out of its schema would make some server fetch it; one that leads to itself alone never ends.
A schema that contains itself, a tree's node for example, is fine: OpenAI's structured outputs document it.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import orjson

from translators.base import JsonObject, Malformed
from translators.dialects import checks
from translators.dialects.errors import quoted
from translators.dialects.shape import depth_of

MOST_TOOLS = 128
LONGEST_NAME = 64
LARGEST_SCHEMA = 256 * 1024
"""Bytes of one tool's schema."""
LARGEST_SCHEMAS = 1024 * 1024
"""Bytes of all of them."""
DEEPEST_SCHEMA = 32
_FUNCTION_CHECKS: dict[str, checks.Check] = {
    "description": checks.string,
    "strict": checks.boolean,
    "parameters": checks.obj,
}
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def check_tools(tools: Any, raw: bytes, depth: int) -> None:
    """Check a request's tools.

    Args:
        tools: the field's value.
        raw: the body they came in: what it cannot hold need not be looked for.
        depth: how deep that body is.

    Raises:
        Malformed: the path names tool and field, ``tools[0].function.parameters``.
    """
    checks.array(tools, "tools")
    checks.length(tools, "tools", MOST_TOOLS)
    schemas = {f"tools[{i}].function.parameters": _tool(tool, f"tools[{i}]") for i, tool in enumerate(tools)}
    _check_schemas(schemas, "tools", raw, depth)


def check_functions(functions: Any, raw: bytes, depth: int) -> None:
    """The same for the field that ``tools`` replaced."""
    checks.array(functions, "functions")
    checks.length(functions, "functions", MOST_TOOLS)
    schemas = {f"functions[{i}].parameters": _function(each, f"functions[{i}]") for i, each in enumerate(functions)}
    _check_schemas(schemas, "functions", raw, depth)


def _check_schemas(schemas: dict[str, JsonObject | None], field: str, raw: bytes, depth: int) -> None:
    large, deep = len(raw) > LARGEST_SCHEMA, depth > DEEPEST_SCHEMA
    referring = b'"$ref"' in raw or b"\\u00" in raw
    total = 0
    for path, schema in schemas.items():
        if schema is None:
            continue
        if large:
            total += _size(schema, path)
            if total > LARGEST_SCHEMAS:
                raise _too_large(field, LARGEST_SCHEMAS, total)
        if deep and depth_of(schema, DEEPEST_SCHEMA + 1) > DEEPEST_SCHEMA:
            raise _bad_schema(path, f"it is nested deeper than {DEEPEST_SCHEMA} levels.")
        if referring:
            _check_references(schema, path)


def _tool(tool: Any, path: str) -> JsonObject | None:
    """Check one tool but its schema, which is returned where it has one."""
    checks.obj(tool, path)
    if tool.get("type") is not None:
        checks.string(tool["type"], f"{path}.type")
    function = tool.get("function")
    if function is None:
        if tool.get("type") in (None, "function"):
            raise checks.missing(f"{path}.function")
        if tool.get("custom") is not None:
            checks.obj(tool["custom"], f"{path}.custom")
        return None
    return _function(function, f"{path}.function")


def _function(function: Any, path: str) -> JsonObject | None:
    checks.obj(function, path)
    name = function.get("name")
    if name is None:
        raise checks.missing(f"{path}.name")
    checks.string(name, f"{path}.name")
    checks.short(name, f"{path}.name", LONGEST_NAME)
    if not name or not _NAME_CHARACTERS.issuperset(name):
        why = f"Invalid name of a function: '{quoted(name)}'. Use letters, digits, underscores and dashes."
        raise Malformed(why, "invalid_function_parameters", f"{path}.name")
    for field, check in _FUNCTION_CHECKS.items():
        if function.get(field) is not None:
            check(function[field], f"{path}.{field}")
    schema: JsonObject | None = function.get("parameters")
    return schema


def _size(schema: JsonObject, path: str) -> int:
    size = len(orjson.dumps(schema))
    if size > LARGEST_SCHEMA:
        raise _too_large(path, LARGEST_SCHEMA, size)
    return size


def _too_large(path: str, most: int, size: int) -> Malformed:
    message = f"Invalid '{path}': schema too long. Expected at most {most} bytes, but got {size} instead."
    return Malformed(message, "string_above_max_length", path)


def _bad_schema(path: str, why: str) -> Malformed:
    return Malformed(f"Invalid schema for '{path}': {why}", "invalid_function_parameters", path)


def _check_references(schema: JsonObject, path: str) -> None:
    for reference in _references(schema):
        seen: set[str] = set()
        target: Any = {"$ref": reference}
        while type(target) is dict and type(target.get("$ref")) is str:
            pointer = target["$ref"]
            if not pointer.startswith("#"):
                raise _bad_schema(path, f"'{quoted(pointer)}' is a reference to something outside of it.")
            if pointer in seen:
                raise _bad_schema(path, f"'{quoted(pointer)}' is a reference that leads back to itself.")
            seen.add(pointer)
            target = _resolve(schema, pointer)


def _references(schema: JsonObject) -> Iterator[str]:
    level: list[Any] = [schema]
    while level:
        for node in level:
            if type(node) is dict and type(node.get("$ref")) is str:
                yield node["$ref"]
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]


def _resolve(schema: JsonObject, pointer: str) -> Any:
    """What a fragment with a JSON pointer (RFC 6901) leads to; None if nowhere, which is the vendor's to say."""
    node: Any = schema
    for step in unquote(pointer[1:]).split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if type(node) is dict:
            node = node.get(key)
        elif type(node) is list and key.isdecimal() and len(key) < 6 and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return node
