"""The ``messages`` of a chat completion: shape by role, typed parts, tool calls (D18, D22).

Parts of types that OpenAI does not know pass, for other vendors have more of them; a translator that cannot say one
refuses it by name. Source: https://platform.openai.com/docs/api-reference/chat/create, 2026-11.
"""

from typing import Any

from translators.base import JsonObject
from translators.dialects import checks
from translators.dialects.images import MOST_IMAGES, check_image

MOST_MESSAGES = 10_000

_TEXT = frozenset({"text"})
_PARTS_OF_ROLE = {
    "system": _TEXT,
    "developer": _TEXT,
    "user": frozenset({"text", "image_url", "input_audio", "file"}),
    "assistant": frozenset({"text", "refusal"}),
    "tool": frozenset({"text", "image_url", "file"}),  # OpenAI has text alone; Anthropic and Gemini take more
    "function": _TEXT,
}
_PLAIN_ROLES = ("user", "assistant", "system", "developer")
_INSTEAD_OF_CONTENT = (
    "tool_calls",
    "function_call",
    "refusal",
    "audio",
    "reasoning_content",
    "reasoning_details",
    "reasoning",
    "thinking_blocks",
)
_MAY_BE_EMPTY = frozenset({"assistant", "tool"})
"""An answer that is nothing but calls, and a call that gave nothing: LangChain says both with an empty list."""


def are_plain(messages: Any) -> bool:
    """Whether each is the common kind, by far: a role and a text. Nothing is left to check of these."""
    if type(messages) is not list or not 0 < len(messages) <= MOST_MESSAGES:
        return False
    for message in messages:
        if type(message) is not dict or len(message) != 2 or type(message.get("content")) is not str:
            return False
        if message.get("role") not in _PLAIN_ROLES:
            return False
    return True


def check_messages(messages: Any) -> None:
    """Check a request's messages.

    Raises:
        Malformed: the path names message and field, ``messages[0].content``.
    """
    if type(messages) is not list:
        raise checks.wrong_type("messages", "an array of objects", messages)
    checks.length(messages, "messages", MOST_MESSAGES, least=1)
    for i, message in enumerate(messages):
        _message(message, f"messages[{i}]")


def _message(message: Any, path: str) -> None:
    checks.obj(message, path)
    role = message.get("role")
    if role is None:
        raise checks.missing(f"{path}.role")
    checks.string(role, f"{path}.role")
    checks.one_of(role, _PARTS_OF_ROLE, f"{path}.role")
    for name in ("name", "refusal"):
        if message.get(name) is not None:
            checks.string(message[name], f"{path}.{name}")
    if role == "tool":
        if message.get("tool_call_id") is None:
            raise checks.missing(f"{path}.tool_call_id")
        checks.string(message["tool_call_id"], f"{path}.tool_call_id")
    if message.get("tool_calls") is not None:
        _tool_calls(message["tool_calls"], f"{path}.tool_calls")
    if message.get("function_call") is not None:
        _function(message["function_call"], f"{path}.function_call")
    _content(message, role, f"{path}.content")


def _content(message: JsonObject, role: str, path: str) -> None:
    content = message.get("content")
    if type(content) is str:
        return
    if content is None:
        if role == "function" or (role == "assistant" and any(message.get(name) for name in _INSTEAD_OF_CONTENT)):
            return
        raise checks.wrong_value(path, "expected a string or an array of parts, but got null instead.")
    if type(content) is not list:
        raise checks.wrong_type(path, "one of a string or an array of objects", content)
    checks.length(content, path, MOST_MESSAGES, least=0 if role in _MAY_BE_EMPTY else 1)
    allowed = _PARTS_OF_ROLE[role]
    for i, part in enumerate(content):
        _part(part, allowed, role, f"{path}[{i}]")
    if len(content) > MOST_IMAGES:
        images = [part for part in content if part["type"] == "image_url"]
        checks.length(images, path, MOST_IMAGES, what="images")


def _part(part: Any, allowed: frozenset[str], role: str, path: str) -> None:
    checks.obj(part, path)
    kind = part.get("type")
    if kind is None:
        raise checks.missing(f"{path}.type")
    checks.string(kind, f"{path}.type")
    check = _PART_CHECKS.get(kind)
    if check is None:
        return
    if kind not in allowed:
        raise checks.wrong_value(f"{path}.type", f"'{kind}' is not supported in a message of role '{role}'.")
    if part.get(kind) is None:
        raise checks.missing(f"{path}.{kind}")
    check(part[kind], f"{path}.{kind}")


def _audio(audio: Any, path: str) -> None:
    checks.obj(audio, path)
    for name in ("data", "format"):
        if audio.get(name) is None:
            raise checks.missing(f"{path}.{name}")
        checks.string(audio[name], f"{path}.{name}")


_PART_CHECKS: dict[str, checks.Check] = {
    "text": checks.string,
    "refusal": checks.string,
    "image_url": check_image,
    "input_audio": _audio,
    "file": checks.obj,
}


def _tool_calls(calls: Any, path: str) -> None:
    checks.array(calls, path)
    for i, call in enumerate(calls):
        checks.obj(call, f"{path}[{i}]")
        if call.get("id") is not None:
            checks.string(call["id"], f"{path}[{i}].id")
        if call.get("type") is not None:
            checks.string(call["type"], f"{path}[{i}].type")
        if call.get("function") is not None:
            _function(call["function"], f"{path}[{i}].function")
        elif call.get("type") in (None, "function"):  # else a custom tool's call, or another vendor's
            raise checks.missing(f"{path}[{i}].function")


def _function(function: Any, path: str) -> None:
    """What was called: a name and its arguments as text; an object would be read differently by each vendor."""
    checks.obj(function, path)
    for name in ("name", "arguments"):
        if function.get(name) is None:
            raise checks.missing(f"{path}.{name}")
        checks.string(function[name], f"{path}.{name}")
