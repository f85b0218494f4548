"""Histories: what other providers gave a conversation, and what each vendor gets back of it."""

from typing import Any

import pytest

from tests.rig.asks import HI, Json, call
from tests.translators.providers.openai.openai_asks import wire
from translators.providers.openai.history import short_id
from translators.providers.vendors import VENDORS

SIGNED = {"type": "reasoning.text", "text": "hm", "signature": "s", "format": "anthropic-claude-v1", "index": 0}
OURS = [{"type": "reasoning.text", "text": part, "format": "mistral-v1", "index": 0} for part in ("h", "m")]


def answered(**fields: Any) -> list[Json]:
    """A conversation whose second message has these fields."""
    return [*HI, {"role": "assistant", "content": "Yes?", **fields}, *HI]


@pytest.mark.parametrize(
    ("vendor", "field"),
    [
        ("deepseek", "reasoning_content"),
        ("zai", "reasoning_content"),
        ("groq", "reasoning"),
        ("vllm", "reasoning"),
        ("openrouter", "reasoning"),
        ("llamacpp", "reasoning_content"),
        ("openai", None),
        ("azure", None),
        ("perplexity", None),
    ],
)
@pytest.mark.parametrize("given", ["reasoning_content", "reasoning"])
def test_visible_thinking_goes_under_the_vendors_name(vendor: str, field: str | None, given: str) -> None:
    """Once; where there is no name it is left out, and named."""
    request, body = wire(vendor, answered(**{given: "hm"}))

    thinking = {name: body["messages"][1].get(name) for name in ("reasoning_content", "reasoning")}
    assert {name: value for name, value in thinking.items() if value} == ({field: "hm"} if field else {})
    assert request.dropped == (() if field else ("messages[].reasoning_content",))


@pytest.mark.parametrize("vendor", sorted(VENDORS.keys() - {"openrouter", "mistral"}))
def test_state_of_another_provider_is_never_sent_on(vendor: str) -> None:
    """Nobody else can read it."""
    calls = [{**call("f", "{}", "c"), "extra_content": {"google": {"thought_signature": "s"}}}]
    request, body = wire(
        vendor, answered(reasoning_details=[SIGNED], extra_content={"anthropic": {}}, citations=["x"], tool_calls=calls)
    )

    assert not {"reasoning_details", "extra_content", "citations"} & body["messages"][1].keys()
    assert "extra_content" not in body["messages"][1]["tool_calls"][0]
    assert {"messages[].reasoning_details", "messages[].extra_content", "messages[].citations"} <= set(request.dropped)
    assert "messages[].tool_calls[].extra_content" in request.dropped


def test_openrouter_gets_all_details_back() -> None:
    """It knows whose they are."""
    request, body = wire("openrouter", answered(reasoning_details=[SIGNED]))

    assert (body["messages"][1]["reasoning_details"], request.dropped) == ([SIGNED], ())


def test_mistral_gets_its_own_thinking_back_as_it_came() -> None:
    """As chunks before the text; that of others is left out, and named."""
    request, body = wire("mistral", answered(reasoning_content="hm", reasoning_details=[*OURS, SIGNED]))

    assert body["messages"][1] == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
            {"type": "text", "text": "Yes?"},
        ],
    }
    assert request.dropped == ("messages[].reasoning_details",)


def test_mistral_gets_no_thinking_of_unknown_origin() -> None:
    """Its other models refuse such chunks."""
    request, body = wire("mistral", answered(reasoning_content="hm", reasoning_details=[SIGNED]))

    assert body["messages"][1] == {"role": "assistant", "content": "Yes?"}
    assert request.dropped == ("messages[].reasoning_details", "messages[].reasoning_content")


def test_deepseek_finds_thinking_beside_each_call() -> None:
    """Else it answers a 400, even of calls that another model made; an empty one will do."""
    calls = [call("f", "{}", "c")]
    history = [*answered(tool_calls=calls)[:2], {"role": "tool", "tool_call_id": "c", "content": "1"}, *answered()]

    messages = wire("deepseek", history)[1]["messages"]

    assert messages[1]["reasoning_content"] == ""
    assert "reasoning_content" not in messages[4]


@pytest.mark.parametrize("given", ["toolu_01A09q90qw90lq917835lq9", "call_1", "x", "é" * 9])
def test_ids_of_other_providers_are_mended_for_mistral(given: str) -> None:
    """Nine letters or digits, the same for a call and its result, and one of a kind."""
    history = [*answered(tool_calls=[call("f", "{}", given), call("f", "{}", "abcDEF123")])[:2]]
    history += [{"role": "tool", "tool_call_id": name, "content": "1"} for name in (given, "abcDEF123")]
    _, body = wire("mistral", history)

    first, second = (entry["id"] for entry in body["messages"][1]["tool_calls"])
    assert [message["tool_call_id"] for message in body["messages"][2:]] == [first, second]
    assert (len(first), first.isalnum(), first.isascii(), second) == (9, True, True, "abcDEF123")
    assert first != second
    assert short_id(given) == first


def test_mistrals_prefix_passes() -> None:
    """It asks for the answer to go on from there."""
    assert wire("mistral", [*HI, {"role": "assistant", "content": "A", "prefix": True}])[1]["messages"][1]["prefix"]


def test_mistral_gets_files_and_sounds_in_its_own_form() -> None:
    """OpenAI's parts are others."""
    parts = [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
        {"type": "file", "file": {"file_id": "f1"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
    ]
    request, body = wire("mistral", [{"role": "user", "content": parts}])

    assert body["messages"][0]["content"] == [
        {
            "type": "document_url",
            "document_url": "data:application/pdf;base64,JVBERi0=",
            "document_name": "a.pdf",
        },
        {"type": "file", "file_id": "f1"},
        {"type": "input_audio", "input_audio": "UklGRg=="},
        parts[3],
    ]
    assert request.dropped == ()


def test_marks_on_parts_and_messages_are_left_out_by_name() -> None:
    """They are for Anthropic's cache."""
    mark = {"cache_control": {"type": "ephemeral"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hi", **mark}]}, {**HI[0], **mark}]
    request, body = wire("openai", messages)

    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, *HI]
    assert request.dropped == ("messages[].content[].cache_control", "messages[].cache_control")
    assert wire("openrouter", messages)[1]["messages"] == messages


def test_names_are_left_out_even_if_they_are_empty() -> None:
    """Groq refuses the field; the function's name is another thing."""
    messages = [{"role": "user", "content": "Hi", "name": ""}, {"role": "function", "name": "f", "content": "1"}]
    request, body = wire("groq", messages)

    assert body["messages"] == [*HI, messages[1]]
    assert request.dropped == ()


def test_a_refusal_is_what_was_said() -> None:
    """Where the vendor has no field for it; OpenAI has."""
    messages = [
        *HI,
        {"role": "assistant", "content": None, "refusal": "No."},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
    ]
    request, body = wire("mistral", messages)

    assert body["messages"][1:] == [
        {"role": "assistant", "content": "No."},
        {"role": "assistant", "content": [{"type": "text", "text": "No."}]},
    ]
    assert request.dropped == ()
    assert wire("openai", messages)[1]["messages"] == messages
    assert wire("mistral", answered(refusal="No."))[0].dropped == ("messages[].refusal",)


@pytest.mark.parametrize("form", ["cohere-tool-plan-v1", "mistral-v1", "bedrock-qwen-v1", "bedrock-profile-v1"])
def test_openrouter_is_not_told_of_formats_that_are_known_here_alone(form: str) -> None:
    """Its list is closed: a conversation that another provider began would end there with a 400."""
    request, body = wire("openrouter", answered(reasoning_details=[{**SIGNED, "format": form}, SIGNED]))

    assert body["messages"][1]["reasoning_details"] == [SIGNED]
    assert request.dropped == ("messages[].reasoning_details",)


@pytest.mark.parametrize("form", ["bedrock-openai-responses-v1", "xai-responses-v1", "unknown", "newer-v9", None])
def test_openrouter_gets_back_whatever_else_it_may_have_answered(form: str | None) -> None:
    """New formats too."""
    detail = {**SIGNED, "format": form}

    assert wire("openrouter", answered(reasoning_details=[detail]))[1]["messages"][1]["reasoning_details"] == [detail]
