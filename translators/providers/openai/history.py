"""A conversation as one vendor of OpenAI's wire takes it.

Clients send back what they were answered, by this vendor or by another one. Visible thinking goes under the vendor's
own name for it. ``reasoning_details`` go to whoever can read their format; foreign ones never do. What is left out is
named.
"""

import hashlib
import re
from typing import Any

from translators.base import JsonObject
from translators.providers.reasoning_details import is_ours, whole
from translators.providers.vendors import Vendor

_THINKING = ("reasoning_content", "reasoning")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHORT = re.compile(r"[a-zA-Z0-9]{9}")


def set_roles(messages: list[JsonObject]) -> list[JsonObject]:
    """Plain messages for a vendor without developers."""
    return [{**message, "role": "system"} if message["role"] == "developer" else message for message in messages]


def told(messages: list[JsonObject], vendor: Vendor, dropped: list[str], *, named: bool) -> list[JsonObject]:
    """The messages as the vendor takes them.

    Args:
        messages: the client's; they are not changed.
        vendor: the row.
        dropped: where what is left out is named.
        named: whether names of participants pass.
    """
    return [_message(message, vendor, dropped, named=named) for message in messages]


def _message(message: JsonObject, vendor: Vendor, dropped: list[str], *, named: bool) -> JsonObject:
    less = dict(message)
    if "refusal" in vendor.message_drops and less.get("refusal") and not less.get("content"):
        less["content"] = less.pop("refusal")  # it is what was said
    for name in sorted(vendor.message_drops & less.keys()):
        _leave_out(less, name, dropped)
    if not named and less["role"] != "function":
        less.pop("name", None)
    if less["role"] == "developer" and not vendor.developer_role:
        less["role"] = "system"
    if not vendor.cache_marks:
        _leave_out(less, "cache_control", dropped)
    if type(less.get("content")) is list:
        less["content"] = [_part(part, vendor, dropped) for part in less["content"]]
    if less["role"] == "assistant":
        _set_thinking(less, vendor, dropped)
        if less.get("tool_calls"):
            less["tool_calls"] = [_call(call, vendor, dropped) for call in less["tool_calls"]]
    if vendor.short_ids and type(less.get("tool_call_id")) is str:
        less["tool_call_id"] = short_id(less["tool_call_id"])
    return less


def _leave_out(fields: JsonObject, name: str, dropped: list[str], path: str = "messages[]") -> None:
    value = fields.pop(name, None)
    if value:
        _name(dropped, f"{path}.{name}")


def _name(dropped: list[str], path: str) -> None:
    if path not in dropped:
        dropped.append(path)


def _set_thinking(message: JsonObject, vendor: Vendor, dropped: list[str]) -> None:
    seen: Any = next((message[name] for name in _THINKING if message.get(name)), None)
    for name in _THINKING:
        message.pop(name, None)
    kept = _readable(message, vendor, dropped)
    if kept and vendor.thoughts:
        content = message.get("content")
        text = [{"type": "text", "text": content}] if type(content) is str and content else content
        message["content"] = [*vendor.thoughts(whole(kept)), *(text or ())]
    elif kept:
        message["reasoning_details"] = kept
    if vendor.reasoning is None:
        if seen and not kept:
            _name(dropped, "messages[].reasoning_content")
    elif seen:
        message[vendor.reasoning] = seen
    elif vendor.unthought is not None and message.get("tool_calls"):
        message[vendor.reasoning] = vendor.unthought


def _readable(message: JsonObject, vendor: Vendor, dropped: list[str]) -> list[JsonObject]:
    """The details that the vendor can read, taken out of the message."""
    details = message.pop("reasoning_details", None)
    if type(details) is not list:
        return []
    if vendor.formats is None:
        kept = [detail for detail in details if not is_ours(detail)]
    else:
        kept = [detail for detail in details if type(detail) is dict and detail.get("format") in vendor.formats]
    if len(kept) < len(details):
        _name(dropped, "messages[].reasoning_details")
    return kept


def _call(call: JsonObject, vendor: Vendor, dropped: list[str]) -> JsonObject:
    less = dict(call)
    if not vendor.signed_calls:
        _leave_out(less, "extra_content", dropped, "messages[].tool_calls[]")
    if not vendor.cache_marks:
        _leave_out(less, "cache_control", dropped, "messages[].tool_calls[]")
    if vendor.short_ids and type(less.get("id")) is str:
        less["id"] = short_id(less["id"])
    return less


def _part(part: JsonObject, vendor: Vendor, dropped: list[str]) -> JsonObject:
    if "cache_control" in part and not vendor.cache_marks:
        part = dict(part)
        _leave_out(part, "cache_control", dropped, "messages[].content[]")
    if part["type"] == "refusal" and "refusal" in vendor.message_drops:
        return {"type": "text", "text": part["refusal"]}
    other = vendor.parts.get(part["type"])
    return other(part) if other else part


def short_id(given: str) -> str:
    """An id of nine letters or digits: as it is if it is one, or made of it, the same each time."""
    if _SHORT.fullmatch(given):
        return given
    number = int.from_bytes(hashlib.blake2b(given.encode(), digest_size=8).digest())
    letters = []
    for _ in range(9):
        number, at = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[at])
    return "".join(letters)
