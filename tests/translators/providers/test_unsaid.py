"""Fields that hold something and are not said: each by its place and its name."""

from tests.rig.asks import HI, Json, call
from translators.providers.unsaid import Said, unsaid

SAID = Said(
    messages=frozenset({"mark", "extra_content"}),
    parts=frozenset({"mark"}),
    whole=frozenset({"own"}),
    calls=frozenset({"extra_content"}),
    tools=frozenset({"mark"}),
    own="us",
)


def names(*messages: Json, tools: list[Json] | None = None) -> list[str]:
    """What is not said of these."""
    return list(unsaid({"messages": list(messages), "tools": tools}, SAID))


def test_openais_own_fields_are_said() -> None:
    """Whether they hold anything or not."""
    message = {
        "role": "assistant",
        "content": None,
        "refusal": "No",
        "audio": None,
        "tool_calls": [call("f", "{}", "c")],
    }
    tool = {"type": "function", "function": {"name": "f", "description": "F", "parameters": {}, "strict": True}}

    assert names(*HI, message, {"role": "tool", "tool_call_id": "c", "content": "1"}, tools=[tool]) == []


def test_what_is_not_said_is_named_if_it_holds_anything() -> None:
    """In a stable order; a stranger's name is cut."""
    message = {"role": "user", "content": "x", "z": 1, "b": True, "mark": 1, "none": None, "no": [], "y" * 99: 1}

    assert names(message) == ["messages[].b", f"messages[].{'y' * 64}", "messages[].z"]


def test_parts_calls_and_tools_are_looked_at() -> None:
    """A part's own field is that of its type; some parts pass as they are, and so do tools that are no functions."""
    parts = [{"type": "text", "text": "x", "mark": 1, "a": 1}, {"type": "own", "own": {}, "a": 1}]
    asking = {"role": "assistant", "content": None, "tool_calls": [{**call("f", "{}", "c"), "index": 0, "a": 1}]}
    tools = [{"function": {"name": "f", "mark": 1, "a": 1}, "mark": 1, "b": 1}, {"type": "theirs", "a": 1}]

    assert names({"role": "user", "content": parts}) == ["messages[].content[].a"]
    assert names(asking) == ["messages[].tool_calls[].a"]
    assert names(*HI, tools=tools) == ["tools[].b", "tools[].function.a"]


def test_facts_of_another_provider_are_named() -> None:
    """Ours are read."""
    ours, theirs = {"us": {"x": 1}}, {"them": {"x": 1}}
    calls = [{**call("f", "{}", "c"), "extra_content": theirs}]

    assert names({"role": "assistant", "content": "x", "extra_content": ours}) == []
    assert names({"role": "assistant", "content": "x", "extra_content": ours | theirs}) == ["messages[].extra_content"]
    assert names({"role": "assistant", "content": None, "tool_calls": calls}) == [
        "messages[].tool_calls[].extra_content"
    ]


def test_odd_shapes_are_looked_past() -> None:
    """The dialect does not look into what is no OpenAI's."""
    message = {"role": "assistant", "content": "x", "extra_content": [1], "tool_calls": ["odd"]}

    assert names(message, tools=[{"type": "x", "function": 5}]) == []
