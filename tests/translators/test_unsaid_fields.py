"""No field of a message, a part, a call or a tool is dropped in silence either, at any provider.

Each sample has a mark in it: it is found in the request that goes out, or the field is named, or the target ruled out.
"""

from typing import Any

import orjson
import pytest

from tests.rig.asks import HI, Json, Target, ask, call
from translators.registry import PROVIDERS

MARK = "m4rk"
MODELS = {
    "anthropic": ("claude-sonnet-4-5",),
    "bedrock": ("anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-pro-v1:0", "writer.palmyra-x5-v1:0"),
    "google": ("gemini-2.5-flash", "gemini-3-pro"),
    "vertex": ("gemini-2.5-flash", "claude-sonnet-4-5@20250929"),
    "cohere": ("command-a-reasoning-08-2025", "command-r"),
}
APIS = [
    pytest.param(name, provider, model, id=f"{provider}-{name}-{model}")
    for provider, row in PROVIDERS.items()
    for name in row.apis
    for model in MODELS.get(provider, ("some-model",))
]
TOOL: Json = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SIGNATURE: Json = {"google": {"thought_signature": MARK}}


def said(**fields: Any) -> list[Json]:
    """An assistant's message in a history."""
    return [*HI, {"role": "assistant", "content": "Hello", **fields}, *HI]


def called(result: Json | None = None, **fields: Any) -> list[Json]:
    """A tool call in a history, and its result."""
    asking: Json = {"role": "assistant", "content": None, "tool_calls": [{**call("f", "{}", "c1"), **fields}]}
    return [*HI, asking, {"role": "tool", "tool_call_id": "c1", "content": "1", **(result or {})}]


def part(**fields: Any) -> list[Json]:
    """A user's message of one text."""
    return [{"role": "user", "content": [{"type": "text", "text": "Hi", **fields}]}]


MESSAGES: dict[str, tuple[list[Json], str]] = {
    "annotations": (said(annotations=[{"type": "url_citation", "url_citation": {"url": MARK}}]), "annotations"),
    "audio": (said(audio={"id": MARK}), "audio"),
    "citations": (said(citations=[MARK]), "citations"),
    "another's facts": (said(extra_content={"nobody": {"x": MARK}}), "extra_content"),
    "another's fields": (said(provider_specific_fields={"x": MARK}), "provider_specific_fields"),
    "another's thinking": (said(reasoning=MARK), "reasoning"),
    "another's visible thinking": (said(reasoning_content=MARK), "reasoning_content"),
    "another's state": (
        said(reasoning_details=[{"type": "reasoning.encrypted", "data": MARK, "format": "nobody-v1"}]),
        "reasoning_details",
    ),
    "thinking blocks": (
        said(thinking_blocks=[{"type": "thinking", "thinking": "Hm", "signature": MARK}]),
        "thinking_blocks",
    ),
    "of tomorrow": (said(frobnicate=MARK), "frobnicate"),
    "a user's of tomorrow": ([{**HI[0], "frobnicate": MARK}], "frobnicate"),
    "an instruction's of tomorrow": ([{"role": "system", "content": "Be", "frobnicate": MARK}, *HI], "frobnicate"),
    "a result's of tomorrow": (called({"frobnicate": MARK}), "frobnicate"),
    "a part's of tomorrow": (part(frobnicate=MARK), "content[].frobnicate"),
    "a call's of tomorrow": (called(frobnicate=MARK), "tool_calls[].frobnicate"),
    "a signature on a call": (called(extra_content=SIGNATURE), "tool_calls[].extra_content"),
}
"""Messages, and the name of what is in them."""
PASSED_ON = {
    "a mark for a cache": ([{**HI[0], "cache_control": {"type": "ephemeral"}}], "cache_control"),
    "a part's mark for a cache": (part(cache_control={"type": "ephemeral"}), "content[].cache_control"),
    "how a tool fared": (called({"is_error": True}), "is_error"),
}
"""What wire formats say in words of their own: the request differs."""
TOOLS = {
    "tools[].cache_control": {**TOOL, "cache_control": {"type": "ephemeral", "x": MARK}},
    "tools[].frobnicate": {**TOOL, "frobnicate": MARK},
    "tools[].function.frobnicate": {**TOOL, "function": {**TOOL["function"], "frobnicate": MARK}},
}


def sent(
    provider: str, api: str, model: str, messages: list[Json], **body: Any
) -> tuple[bytes, tuple[str, ...]] | None:
    """What goes out, and what is named; None where the target is none for it."""
    translator, target = PROVIDERS[provider].apis[api].chat, Target(model, provider)
    wanted = ask(messages, **body)
    if translator.unsupported(wanted, target):
        return None
    request = translator.request(wanted, target)
    return request.body, request.dropped


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize(("api", "provider", "model"), APIS)
def test_no_field_of_a_message_is_dropped_in_silence(api: str, provider: str, model: str, name: str) -> None:
    """What is said in the wire's own words has its mark in it; the rest has its name."""
    messages, path = MESSAGES[name]
    found = sent(provider, api, model, messages, tools=[TOOL])

    if found is not None:
        body, dropped = found
        # what a vendor calls `reasoning` is `reasoning_content` to others, and named so
        names = {f"messages[].{path}", *(["messages[].reasoning_content"] if path == "reasoning" else [])}
        assert (MARK.encode() in body) is names.isdisjoint(dropped)


@pytest.mark.parametrize("name", PASSED_ON)
@pytest.mark.parametrize(("api", "provider", "model"), APIS)
def test_what_is_said_otherwise_is_said_or_named(api: str, provider: str, model: str, name: str) -> None:
    """Marks for a cache, and how a tool fared: without them the request is another one."""
    messages, path = PASSED_ON[name]
    plain = orjson.loads(orjson.dumps(messages))
    for message in plain:
        for holder in (message, *(message["content"] if isinstance(message["content"], list) else ())):
            holder.pop(path.rpartition(".")[2], None)
    with_it, without = (sent(provider, api, model, given, tools=[TOOL]) for given in (messages, plain))

    assert (with_it is None) is (without is None)
    if with_it is None or without is None:  # it has no tools
        return
    named = {f"messages[].{path}", f"messages[].{path.removeprefix('content[].')}"} & set(with_it[1])
    assert bool(named) is (orjson.loads(with_it[0]) == orjson.loads(without[0]))


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize(("api", "provider", "model"), APIS)
def test_no_field_of_a_tool_is_dropped_in_silence(api: str, provider: str, model: str, name: str) -> None:
    """Nor of the function in it."""
    found = sent(provider, api, model, HI, tools=[TOOLS[name]])

    if found is not None:
        body, dropped = found
        marked = MARK.encode() in body or (b"cachePoint" in body and "cache_control" in name)
        assert marked is (name not in dropped)


@pytest.mark.parametrize("empty", [None, [], {}, "", False])
@pytest.mark.parametrize(("api", "provider", "model"), APIS)
def test_fields_that_hold_nothing_are_not_worth_a_word(api: str, provider: str, model: str, empty: Any) -> None:
    """OpenAI's SDK sends back all of them, empty."""
    fields = dict.fromkeys(("annotations", "audio", "function_call", "refusal", "frobnicate"), empty)
    found = sent(provider, api, model, said(**fields) if empty is None else said(annotations=empty, frobnicate=empty))

    assert found is not None
    assert found[1] == ()
