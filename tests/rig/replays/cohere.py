"""Recorded Cohere requests, said as an OpenAI client would say them; and what such a request means, to compare.

Source: https://docs.cohere.com/reference/chat, 2026-11. One recording is of the first version of the API, an error,
whose form has stayed the same: its request is said as the conversation that it is.
"""

from typing import Any

from tests.rig.tokens import Tokens

Json = dict[str, Any]

ACCOUNT: Json = {}
FINISH_REASONS = {"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}
"""https://docs.cohere.com/reference/chat, 2026-11."""

_SAME = ("temperature", "max_tokens", "seed", "documents")
_ROLES = {"System": "system", "User": "user", "Chatbot": "assistant"}


def usage(facts: Json) -> Tokens | None:
    """All tokens, billed or not; what was read from the cache is part of the input."""
    said = facts.get("usage") or {}
    if said.get("input_tokens") is None:
        return None
    prompt, completion = said["input_tokens"], said["output_tokens"]
    reasoning = said["raw"]["tokens"].get("reasoning_tokens", 0)  # the facts themselves leave it out
    return Tokens(prompt, completion, prompt + completion, said.get("cached_tokens") or 0, reasoning)


def openai_request(body: Json, path: str) -> Json:
    """The request that means the same."""
    if "message" in body:
        said = [*body.get("chat_history", ()), {"role": "User", "message": body["message"]}]
        return {"messages": [{"role": _ROLES[turn["role"]], "content": turn["message"]} for turn in said]}
    ask: Json = {"messages": [_message(message) for message in body["messages"]]}
    ask |= {name: body[name] for name in (*_SAME, "tools") if body.get(name) is not None}
    if "stop_sequences" in body:
        ask["stop"] = body["stop_sequences"]
    schema = body.get("response_format", {}).get("json_schema")
    if schema is not None:
        ask["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return ask


def meaning(body: Json) -> Json:
    """What a request asks of Cohere, whatever way it is written."""
    return {name: body.get(name) or None for name in (*_SAME, "stop_sequences", "response_format", "tools")} | {
        "stream": bool(body.get("stream")),
        "tool_choice": body.get("tool_choice"),
        "thinking": body.get("thinking"),
        "messages": [_gist(message) for message in body["messages"]],
    }


def check_path(path: str, model: str, streamed: bool) -> None:
    """One path for all."""
    assert path.endswith("/v2/chat")


def _message(message: Json) -> Json:
    """Thinking is a field of its own in OpenAI's form, and a call has no text beside it but null."""
    blocks = _blocks(message.get("content") or [])
    thought = "".join(block["thinking"] for block in blocks if block["type"] == "thinking")
    texts = [block for block in blocks if block["type"] != "thinking" and block.get("text") != ""]
    said = {**message, "content": texts or None}
    return said | ({"reasoning_content": thought} if thought else {})


def _gist(message: Json) -> tuple[Any, ...]:
    # an empty text beside tool calls says nothing, and is not sent
    blocks = [block for block in _blocks(message.get("content") or []) if block.get("text") != ""]
    return (
        message["role"],
        [(block["type"], block[block["type"]]) for block in blocks],
        message.get("tool_calls"),
        message.get("tool_call_id"),
        message.get("tool_plan"),
    )


def _blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
