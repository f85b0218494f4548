"""Recorded requests in OpenAI's wire: they are an OpenAI client's already."""

from typing import Any

from tests.rig.tokens import Tokens

Json = dict[str, Any]

ACCOUNT: Json = {}
FINISH_REASONS: dict[str, str] = {}


def usage(facts: Json) -> Tokens | None:
    """As the provider says it, but where thinking stands beside the output: in the total, and not in the output."""
    said = facts.get("usage") or {}
    if said.get("input_tokens") is None:
        return None
    prompt, completion = said["input_tokens"], said["output_tokens"]
    total, reasoning = said.get("total_tokens") or prompt + completion, said.get("reasoning_tokens") or 0
    if reasoning and total == prompt + completion + reasoning:  # xAI
        completion += reasoning
    return Tokens(prompt, completion, total, said.get("cached_tokens") or 0, reasoning)


def openai_request(body: Json, path: str) -> Json:
    """As it is, but for what the test asks for itself."""
    return {name: value for name, value in body.items() if name not in ("model", "stream", "stream_options")}


def meaning(body: Json) -> Json:
    """Messages, tools and form of the answer."""
    return {
        "stream": bool(body.get("stream")),
        "messages": [_gist(message) for message in body["messages"]],
        "tools": body.get("tools"),
        "response_format": body.get("response_format"),
    }


def check_path(path: str, model: str, streamed: bool) -> None:
    """The end is the same for all vendors."""
    assert path.partition("?")[0].endswith("/chat/completions")


def _gist(message: Json) -> tuple[Any, ...]:
    role = "system" if message["role"] == "developer" else message["role"]
    return role, message.get("content"), message.get("tool_calls"), message.get("tool_call_id")
