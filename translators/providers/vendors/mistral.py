"""Mistral: the vendor that refuses what it does not know (422 ``extra_forbidden``), with content parts of its own."""

from translators.base import JsonObject
from translators.providers.loose import obj
from translators.providers.vendors.vendor import OPENAI_ALONE, STRICT, Vendor

REASONING = "mistral-v1"
"""Format of ``reasoning_details`` made of Mistral's thinking: their texts go back as such, and to nobody else."""


def _file(part: JsonObject) -> JsonObject:
    """``document_url`` takes data URLs as well (https://docs.mistral.ai/capabilities/document_ai, 2026-11)."""
    file = obj(part.get("file"))
    if not file.get("file_data"):
        return {"type": "file", "file_id": file.get("file_id")}
    named = {"document_name": file["filename"]} if file.get("filename") else {}
    return {"type": "document_url", "document_url": file["file_data"], **named}


def _audio(part: JsonObject) -> JsonObject:
    """Bare base64; the format is found in it (https://docs.mistral.ai/capabilities/audio, 2026-11)."""
    return {"type": "input_audio", "input_audio": obj(part.get("input_audio")).get("data")}


def _thoughts(details: list[JsonObject]) -> list[JsonObject]:
    """Thinking as it came: chunks of content (https://docs.mistral.ai/capabilities/reasoning, 2026-11)."""
    return [
        {"type": "thinking", "thinking": [{"type": "text", "text": detail.get("text") or ""}]}
        | ({"signature": detail["signature"]} if detail.get("signature") else {})
        for detail in details
    ]


MISTRAL = Vendor(
    "mistral",
    "https://api.mistral.ai/v1",
    "MISTRAL_API_KEY",
    "https://docs.mistral.ai/api/ and https://github.com/mistralai/client-python (ChatCompletionRequest of 3.7); "
    "https://github.com/avante-corp/avante.nvim/issues/2347 (422 extra_forbidden)",
    renames={"max_completion_tokens": "max_tokens", "seed": "random_seed"},
    lacks=(OPENAI_ALONE - {"messages[].content[].input_audio", "messages[].content[].file"})
    - {"messages[].content[].file.file_id"}
    | {"logit_bias", "user", "messages[].name"},
    words={
        "tool_choice": {"required": "any"},  # the older of its two words for it
        "service_tier": {"default": "standard_only", "flex": None, "scale": None, "priority": None},
    },
    hottest=1.5,
    asks_usage=False,
    message_drops=STRICT - {"reasoning_details"},
    keeps="reasoning_details",
    formats=frozenset({REASONING}),
    bare_tools=False,  # the SDK's Function: required
    short_ids=True,  # a 400: "Tool call id … must be a-z, A-Z, 0-9, with a length of 9."
    parts={"file": _file, "input_audio": _audio},
    thoughts=_thoughts,
)
