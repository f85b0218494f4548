"""How many tools, how large, and whether their schemas can be resolved (D20)."""

from typing import Any

import orjson
import pytest

from translators.base import Malformed
from translators.dialects.chat import ChatDialect


def tool(parameters: Any = None, name: Any = "f") -> dict[str, Any]:
    """A function with a schema."""
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def parse(tools: Any, field: str = "tools") -> None:
    """Tools inside a request, parsed."""
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], field: tools}
    ChatDialect().parse(orjson.dumps(body), request_id="x", created=1)


def refused(tools: Any, field: str = "tools") -> tuple[str, str | None]:
    """Code and param for which tools are refused."""
    with pytest.raises(Malformed) as caught:
        parse(tools, field)
    return caught.value.code, caught.value.param


def nested(levels: int) -> dict[str, Any]:
    """A schema of so many levels."""
    schema: dict[str, Any] = {}
    for _ in range(levels - 1):
        schema = {"items": schema}
    return schema


TREE = {
    "type": "object",
    "properties": {
        "left": {"$ref": "#/$defs/a~1b"},
        "right": {"$ref": "#"},
        "third": {"anyOf": [{"$ref": "#/list/0"}]},
    },
    "$defs": {"a/b": {"type": "object", "properties": {"next": {"$ref": "#/$defs/a~1b"}}}},
    "list": [{"$ref": "#/%24defs/a~1b"}],
    "lost": {"$ref": "#/nowhere/at/all"},
    "name": {"$ref": 5},
}


@pytest.mark.parametrize(
    "tools",
    [
        [],
        [tool()],
        [tool({"type": "object", "properties": {}}, "a-b_C9")],
        [{"function": {"name": "f"}}],
        [{"type": "custom", "custom": {"name": "c"}}],
        [{"type": "function", "function": {"name": "f", "description": None, "strict": None, "parameters": None}}],
        [{"type": "web_search"}],
        [tool(nested(32))],
        [tool(TREE)],
        [tool()] * 128,
        [tool({"description": "x" * 200_000})] * 5,
    ],
)
def test_legal_tools_pass(tools: Any) -> None:
    """Schemas that contain themselves too: a tree is nothing bad."""
    parse(tools)


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        ("f", "invalid_type", ""),
        ({"type": 1}, "invalid_type", ".type"),
        ({"type": "function"}, "missing_required_parameter", ".function"),
        ({}, "missing_required_parameter", ".function"),
        ({"function": "f"}, "invalid_type", ".function"),
        ({"function": {}}, "missing_required_parameter", ".function.name"),
        (tool(name=1), "invalid_type", ".function.name"),
        (tool(name=""), "invalid_function_parameters", ".function.name"),
        (tool(name="a b"), "invalid_function_parameters", ".function.name"),
        (tool(name="a\r\nb"), "invalid_function_parameters", ".function.name"),
        (tool(name="x" * 65), "string_above_max_length", ".function.name"),
        (tool([]), "invalid_type", ".function.parameters"),
        ({"type": "custom", "custom": "c"}, "invalid_type", ".custom"),
        ({"function": {"name": "f", "description": 5}}, "invalid_type", ".function.description"),
        ({"function": {"name": "f", "strict": "yes"}}, "invalid_type", ".function.strict"),
        (tool("{}"), "invalid_type", ".function.parameters"),
        (tool(nested(33)), "invalid_function_parameters", ".function.parameters"),
        (tool({"x": "x" * 262_144}), "string_above_max_length", ".function.parameters"),
        (tool({"$ref": "https://example.com/a.json"}), "invalid_function_parameters", ".function.parameters"),
        (tool({"$ref": "other.json#/a"}), "invalid_function_parameters", ".function.parameters"),
        (tool({"$ref": "#"}), "invalid_function_parameters", ".function.parameters"),
        (
            tool({"a": {"$ref": "#/b"}, "b": {"$ref": "#/c"}, "c": {"$ref": "#/a"}}),
            "invalid_function_parameters",
            ".function.parameters",
        ),
    ],
)
def test_what_is_wrong_with_a_tool_is_named_by_its_path(bad: Any, code: str, field: str) -> None:
    """D20."""
    assert refused([tool(), bad]) == (code, f"tools[1]{field}")


def test_a_reference_is_found_under_any_spelling() -> None:
    """JSON may escape the dollar."""
    body = orjson.dumps(
        {"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": [tool({"$ref": "https://x"})]}
    )
    with pytest.raises(Malformed, match="outside of it"):
        ChatDialect().parse(body.replace(b"$ref", b"\\u0024ref"), request_id="x", created=1)


def test_tools_are_limited_in_number_and_in_sum() -> None:
    """D20."""
    assert refused([tool()] * 129) == ("array_above_max_length", "tools")
    assert refused([tool({"x": "x" * 250_000})] * 5) == ("string_above_max_length", "tools")


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        ("f", "invalid_type", ""),
        ({}, "missing_required_parameter", ".name"),
        ({"name": "a b"}, "invalid_function_parameters", ".name"),
        ({"name": "f", "parameters": []}, "invalid_type", ".parameters"),
        ({"name": "f", "parameters": nested(33)}, "invalid_function_parameters", ".parameters"),
        ({"name": "f", "parameters": {"$ref": "https://x"}}, "invalid_function_parameters", ".parameters"),
        ({"name": "f", "parameters": {"x": "x" * 262_144}}, "string_above_max_length", ".parameters"),
    ],
)
def test_functions_are_held_to_what_tools_are(bad: Any, code: str, field: str) -> None:
    """D20: the older field is no way round."""
    assert refused([{"name": "f"}, bad], "functions") == (code, f"functions[1]{field}")


def test_functions_are_limited_in_number_and_in_sum() -> None:
    """D20."""
    assert refused([{"name": "f"}] * 129, "functions") == ("array_above_max_length", "functions")
    large = {"name": "f", "parameters": {"x": "x" * 250_000}}
    assert refused([large] * 5, "functions") == ("string_above_max_length", "functions")
    parse([large] * 4, "functions")
