"""Thinking between canonical form and Converse's, both ways.

Canonical are OpenRouter's ``reasoning_details``, an entry for each block. Claude's signatures and encrypted thinking
are the same here as at Anthropic ("``signature`` values are compatible across platforms (Claude APIs, Amazon Bedrock,
and Vertex AI)", https://platform.claude.com/docs/en/build-with-claude/extended-thinking, 2026-11), so they have the
same ``format`` and may go from one to the other. What other vendors sign is theirs: its format bears their name.

``redactedContent`` is bytes, so base64 in JSON; what it holds is Anthropic's ``data`` to the letter (seen in
recordings).
"""

import base64
import binascii
from typing import Any

from translators.base import JsonObject, Memento
from translators.providers.anthropic.draft import Draft as AnthropicDraft
from translators.providers.anthropic.reasoning import FORMAT as CLAUDE
from translators.providers.anthropic.reasoning import thinking_of
from translators.providers.bedrock.draft import Draft
from translators.providers.bedrock.families import vendor_of

_DROPPED = "messages[].reasoning_details"


def format_of(model: str) -> str:
    """Who can read what a model signs: Claude anywhere; another vendor's models, or one profile's, here."""
    vendor = vendor_of(model)
    return CLAUDE if vendor == "anthropic" else f"bedrock-{vendor or 'profile'}-v1"


def text_detail(text: str, signature: Any, form: str, index: int) -> JsonObject:
    """A block of visible thinking as an entry of ``reasoning_details``."""
    detail: JsonObject = {"type": "reasoning.text", "text": text, "format": form, "index": index}
    if isinstance(signature, str) and signature:
        detail["signature"] = signature
    return detail


def encrypted_detail(redacted: bytes, form: str, index: int) -> JsonObject:
    """A block of encrypted thinking likewise; what is no text stays base64."""
    try:
        data = redacted.decode("ascii")
    except UnicodeDecodeError:
        data = base64.b64encode(redacted).decode()
    return {"type": "reasoning.encrypted", "data": data, "format": form, "index": index}


def unpacked(redacted: Any) -> bytes:
    """The bytes of ``redactedContent``.

    Raises:
        TypeError: it is no base64.
    """
    try:
        return base64.b64decode(redacted, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise TypeError from fault


def memento_of(calls: tuple[str, ...], details: list[JsonObject]) -> Memento | None:
    """What the model wants to see again beside its tool calls: signed or encrypted thinking."""
    if not calls or not any(detail.get("signature") or detail.get("data") for detail in details):
        return None
    return Memento(calls, {"reasoning_details": details})


def reasoning_of(draft: Draft, message: JsonObject) -> list[JsonObject]:
    """The thinking blocks of an assistant's message in history, in order and unchanged.

    Only what is signed or encrypted by the same vendor can be sent back; the rest is left out, and named.
    """
    if draft.vendor == "anthropic":
        claude = AnthropicDraft()
        blocks = [_from_claude(block) for block in thinking_of(claude, message)]
        for path in claude.dropped:
            draft.drop(path)
        return blocks
    details = message.get("reasoning_details")
    if not isinstance(details, list) or not details:
        if message.get("reasoning_content"):
            draft.drop("messages[].reasoning_content")
        return []
    form = format_of(draft.model)
    found = [_block_of(detail, form) for detail in details if isinstance(detail, dict)]
    if None in found:
        draft.drop(_DROPPED)
    return [block for block in found if block]


def _from_claude(block: JsonObject) -> JsonObject:
    if block["type"] == "redacted_thinking":
        return _encrypted(block["data"])
    return _signed(block["thinking"], block["signature"])


def _block_of(detail: JsonObject, form: str) -> JsonObject | None:
    if detail.get("format") != form:
        return None
    if detail.get("type") == "reasoning.text" and detail.get("signature"):
        return _signed(detail.get("text") or "", detail["signature"])
    if detail.get("type") == "reasoning.encrypted" and isinstance(detail.get("data"), str):
        return _encrypted(detail["data"])
    return None


def _signed(text: str, signature: str) -> JsonObject:
    return {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}


def _encrypted(data: str) -> JsonObject:
    return {"reasoningContent": {"redactedContent": base64.b64encode(data.encode()).decode()}}
