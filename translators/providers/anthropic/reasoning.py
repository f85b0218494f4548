"""Thinking between canonical form and Anthropic's, both ways: a signature that gets lost is a 400 in the next turn.

Canonical are OpenRouter's ``reasoning_details`` (https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-11), an
entry for each block; LiteLLM's ``thinking_blocks``, which are Anthropic's own, are read as well.
"""

from translators.base import JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.reasoning_details import whole

FORMAT = "anthropic-claude-v1"
"""OpenRouter's name for signatures and encrypted data that Anthropic alone can read."""
_DROPPED = "messages[].reasoning_details"


def detail_of(block: JsonObject, index: int) -> JsonObject:
    """One thinking block as an entry of ``reasoning_details``."""
    if block["type"] == "redacted_thinking":
        return {"type": "reasoning.encrypted", "data": block["data"], "format": FORMAT, "index": index}
    detail = {"type": "reasoning.text", "text": block["thinking"], "format": FORMAT, "index": index}
    if block.get("signature"):
        detail["signature"] = block["signature"]
    return detail


def thinking_of(draft: Draft, message: JsonObject) -> list[JsonObject]:
    """The thinking blocks of an assistant's message in history, in order and unchanged.

    Only what is signed or encrypted by Anthropic can be sent back; the rest is left out, and named.
    """
    details, native = message.get("reasoning_details"), message.get("thinking_blocks")
    blocks: list[JsonObject] = []
    if isinstance(details, list) and details:
        for detail in whole(details):
            block = _block_of(detail)
            if block:
                blocks.append(block)
            else:
                draft.drop(_DROPPED)
    elif isinstance(native, list):
        blocks = [block for block in native if isinstance(block, dict) and _is_thinking(block)]
    elif message.get("reasoning_content"):
        draft.drop("messages[].reasoning_content")
    return blocks


def _block_of(detail: JsonObject) -> JsonObject | None:
    kind, form = detail.get("type"), detail.get("format")
    if form not in (None, FORMAT):
        return None
    if kind == "reasoning.text" and detail.get("signature"):
        return {"type": "thinking", "thinking": detail.get("text") or "", "signature": detail["signature"]}
    if kind == "reasoning.encrypted" and isinstance(detail.get("data"), str):
        return {"type": "redacted_thinking", "data": detail["data"]}
    return None


def _is_thinking(block: JsonObject) -> bool:
    if block.get("type") == "thinking":
        return isinstance(block.get("thinking"), str) and bool(block.get("signature"))
    return block.get("type") == "redacted_thinking" and isinstance(block.get("data"), str)
