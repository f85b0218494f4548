"""Thinking and thought signatures between canonical form and Gemini's, both ways.

Canonical are OpenRouter's ``reasoning_details`` (https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-11): an
entry for each thought, and one for each signature, with the ``id`` of the call that it belongs to. Beside it, a call's
signature is where Google's own surface for OpenAI's SDK has it, in ``extra_content.google.thought_signature`` of the
call (https://ai.google.dev/gemini-api/docs/thought-signatures, 2026-11). Both are read back.
"""

from dataclasses import dataclass, field
from typing import Any

from translators.base import JsonObject
from translators.providers.gemini.draft import Draft
from translators.providers.loose import obj, objs

FORMAT = "google-gemini-v1"
"""OpenRouter's name for signatures that Google alone can read."""
UNSIGNED = "skip_thought_signature_validator"
"""What Google documents to write in place of a signature where a call is another model's, or the signature was lost:
without one, Gemini 3 answers 400 (…/docs/thought-signatures, FAQ)."""
_DROPPED = "messages[].reasoning_details"


@dataclass(slots=True)
class State:
    """What a message in a history carries of the model's state."""

    thoughts: list[JsonObject] = field(default_factory=list)
    """Parts."""
    calls: dict[str, str] = field(default_factory=dict)
    """Signatures by the id of their call."""
    texts: list[str] = field(default_factory=list)
    """Signatures of texts."""


def thought_of(text: str, signature: str | None, index: int) -> JsonObject:
    """A thought as an entry of ``reasoning_details``."""
    detail = {"type": "reasoning.text", "text": text, "format": FORMAT, "index": index}
    return detail | {"signature": signature} if signature else detail


def signature_of(signature: str, index: int, call: str | None = None) -> JsonObject:
    """A signature as an entry of ``reasoning_details``."""
    detail = {"type": "reasoning.encrypted", "data": signature, "format": FORMAT, "index": index}
    return detail | {"id": call} if call else detail


def state_of(draft: Draft, message: JsonObject) -> State:
    """The state in an assistant's message; what another provider made is left out, and named."""
    state = State()
    details = objs(message.get("reasoning_details"))
    for detail in details:
        if not _take(state, detail):
            draft.drop(_DROPPED)
    if message.get("reasoning_content") and not details:
        draft.drop("messages[].reasoning_content")
    if message.get("thinking_blocks"):
        draft.drop("messages[].thinking_blocks")
    return state


def signature_on(entry: JsonObject) -> str | None:
    """The signature on a call or an image, where Google's own surface has it."""
    return _text(obj(obj(entry.get("extra_content")).get("google")).get("thought_signature"))


def _take(state: State, detail: JsonObject) -> bool:
    """Whether this is Gemini's own."""
    if detail.get("format") != FORMAT:
        return False
    text, data = _text(detail.get("text")), _text(detail.get("data"))
    if detail.get("type") == "reasoning.text" and text:
        part: JsonObject = {"text": text, "thought": True}
        if signature := _text(detail.get("signature")):
            part["thoughtSignature"] = signature
        state.thoughts.append(part)
    elif detail.get("type") == "reasoning.encrypted" and data:
        if call := _text(detail.get("id")):
            state.calls[call] = data
        else:
            state.texts.append(data)
    return True


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
