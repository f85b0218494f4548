"""The shape of messages by role (D18, D22)."""

from typing import Any

import pytest

from translators.base import Malformed
from translators.dialects.chat_messages import check_messages

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TEXT = {"type": "text", "text": "hi"}
AUDIO = {"type": "input_audio", "input_audio": {"data": "aa", "format": "wav"}}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}


def refused(*messages: Any) -> tuple[str, str | None]:
    """Code and param for which messages are refused."""
    with pytest.raises(Malformed) as caught:
        check_messages(list(messages))
    return caught.value.code, caught.value.param


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": "hi"},
        {"role": "user", "content": ""},
        {"role": "user", "content": "hi", "name": "ann"},
        {"role": "user", "content": "hi", "name": None, "tool_calls": None},
        {"role": "user", "content": [TEXT, IMAGE, AUDIO, {"type": "file", "file": {"file_id": "f"}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": "data:image/png;base64,AA"}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "HTTPS://example.com"}, "text": None}]},
        {"role": "user", "content": [{"type": "video_url", "video_url": {}}]},
        {"role": "system", "content": [TEXT]},
        {"role": "developer", "content": "hi"},
        {"role": "assistant", "content": [TEXT, {"type": "refusal", "refusal": "no"}, {"type": "thinking"}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "assistant", "tool_calls": [{"type": "custom", "id": "c", "custom": {"name": "f", "input": ""}}]},
        {"role": "assistant", "content": [], "tool_calls": [CALL]},
        {"role": "assistant", "content": None, "refusal": "no"},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "assistant", "content": None, "audio": {"id": "a"}},
        {"role": "tool", "tool_call_id": "c1", "content": "42"},
        {"role": "tool", "tool_call_id": "c1", "content": [TEXT, IMAGE]},
        {"role": "assistant", "content": None, "reasoning": "Let me think."},
        {"role": "assistant", "content": None, "thinking_blocks": [{"type": "thinking", "thinking": "Hm."}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL], "function_call": None, "refusal": None},
        {"role": "assistant", "content": "", "tool_calls": [CALL], "name": "bot", "additional_kwargs": {"a": [1]}},
        {"role": "assistant", "content": []},
        {"role": "tool", "tool_call_id": "c1", "content": []},
        {"role": "tool", "tool_call_id": "c1", "content": "42", "name": "f", "status": "success"},
        {"role": "developer", "content": [TEXT | {"cache_control": {"type": "ephemeral"}}]},
        {"role": "function", "name": "f", "content": None},
        {"role": "function", "name": "f", "content": "42"},
    ],
)
def test_legal_messages_pass(message: dict[str, Any]) -> None:
    """What clients of OpenAI and of others send."""
    check_messages([message])


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        ("hi", "invalid_type", ""),
        (None, "invalid_type", ""),
        ({"content": "hi"}, "missing_required_parameter", ".role"),
        ({"role": 1, "content": "hi"}, "invalid_type", ".role"),
        ({"role": [], "content": "hi"}, "invalid_type", ".role"),
        ({"role": "boss", "content": "hi"}, "invalid_value", ".role"),
        ({"role": "user", "content": "hi", "name": 1}, "invalid_type", ".name"),
        ({"role": "user"}, "invalid_value", ".content"),
        ({"role": "user", "content": None}, "invalid_value", ".content"),
        ({"role": "system", "content": None}, "invalid_value", ".content"),
        ({"role": "tool", "tool_call_id": "c", "content": None}, "invalid_value", ".content"),
        ({"role": "assistant", "content": None}, "invalid_value", ".content"),
        ({"role": "assistant", "content": None, "tool_calls": []}, "invalid_value", ".content"),
        ({"role": "user", "content": 1}, "invalid_type", ".content"),
        ({"role": "user", "content": {"text": "hi"}}, "invalid_type", ".content"),
        ({"role": "user", "content": []}, "empty_array", ".content"),
        ({"role": "user", "content": ["hi"]}, "invalid_type", ".content[0]"),
        ({"role": "user", "content": [{}]}, "missing_required_parameter", ".content[0].type"),
        ({"role": "user", "content": [{"type": 1}]}, "invalid_type", ".content[0].type"),
        ({"role": "user", "content": [TEXT, {"type": "text"}]}, "missing_required_parameter", ".content[1].text"),
        ({"role": "user", "content": [{"type": "text", "text": 1}]}, "invalid_type", ".content[0].text"),
        ({"role": "system", "content": [IMAGE]}, "invalid_value", ".content[0].type"),
        ({"role": "assistant", "content": [AUDIO]}, "invalid_value", ".content[0].type"),
        ({"role": "tool", "content": "42"}, "missing_required_parameter", ".tool_call_id"),
        ({"role": "tool", "content": "42", "tool_call_id": 1}, "invalid_type", ".tool_call_id"),
        ({"role": "assistant", "tool_calls": {}}, "invalid_type", ".tool_calls"),
        ({"role": "assistant", "tool_calls": ["f"]}, "invalid_type", ".tool_calls[0]"),
        ({"role": "assistant", "tool_calls": [CALL | {"id": 1}]}, "invalid_type", ".tool_calls[0].id"),
        ({"role": "assistant", "tool_calls": [{"function": 1}]}, "invalid_type", ".tool_calls[0].function"),
        ({"role": "assistant", "tool_calls": [{"type": 1}]}, "invalid_type", ".tool_calls[0].type"),
        ({"role": "assistant", "tool_calls": [{"id": "c"}]}, "missing_required_parameter", ".tool_calls[0].function"),
        ({"role": "assistant", "function_call": "f"}, "invalid_type", ".function_call"),
        (
            {"role": "assistant", "function_call": {"name": "f"}},
            "missing_required_parameter",
            ".function_call.arguments",
        ),
        ({"role": "developer", "content": None}, "invalid_value", ".content"),
        ({"role": "tool", "tool_call_id": "c"}, "invalid_value", ".content"),
        ({"role": "assistant", "content": None, "refusal": ""}, "invalid_value", ".content"),
        ({"role": "system", "content": []}, "empty_array", ".content"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(message: Any, code: str, field: str) -> None:
    """D18: ``messages[1].content`` and the like."""
    assert refused({"role": "user", "content": "hi"}, message) == (code, f"messages[1]{field}")


@pytest.mark.parametrize(
    ("function", "code", "field"),
    [
        ({"arguments": "{}"}, "missing_required_parameter", "name"),
        ({"name": "f"}, "missing_required_parameter", "arguments"),
        ({"name": "f", "arguments": {}}, "invalid_type", "arguments"),
    ],
)
def test_a_tool_call_has_a_name_and_arguments_as_text(function: dict[str, Any], code: str, field: str) -> None:
    """An object would be read differently by each vendor."""
    message = {"role": "assistant", "tool_calls": [{"id": "c", "function": function}]}

    assert refused(message) == (code, f"messages[0].tool_calls[0].function.{field}")


def test_images_are_counted_by_the_message() -> None:
    """D22: ten in one; a conversation may have more of them. Other parts do not count."""
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    full = {"role": "user", "content": [TEXT] * 5 + [picture] * 10}

    check_messages([full, full])
    assert refused(full, full | {"content": [*full["content"], picture]}) == (
        "array_above_max_length",
        "messages[1].content",
    )


@pytest.mark.parametrize(
    ("audio", "code", "field"),
    [
        ("aa", "invalid_type", "input_audio"),
        ({"format": "wav"}, "missing_required_parameter", "input_audio.data"),
        ({"data": "aa", "format": 1}, "invalid_type", "input_audio.format"),
    ],
)
def test_audio_has_data_and_a_format(audio: Any, code: str, field: str) -> None:
    """D18."""
    message = {"role": "user", "content": [{"type": "input_audio", "input_audio": audio}]}

    assert refused(message) == (code, f"messages[0].content[0].{field}")


def test_there_is_at_least_one_message_and_there_are_not_too_many() -> None:
    """D18."""
    assert refused() == ("empty_array", "messages")
    assert refused(*[{"role": "user", "content": "hi"}] * 10_001) == ("array_above_max_length", "messages")
