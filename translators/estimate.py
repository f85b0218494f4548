"""Tokens by size, where a provider does not count them (RELIABILITY F11, F15).

Byte-level tokenizers make 4.5 bytes of English or Chinese prose one token, 2.3 of emoji and 1.5 of base64 (o200k_base,
measured); 4 leans towards too many. Against the counts of recorded traffic, output without hidden thinking comes to the
right sum (0.97 of it; half of the answers within 0.6 and 1.1), input to 0.6 of it: templates, the providers' own tools
and what they searched for cannot be seen. An exact count can take the place of :func:`input_tokens` and
:func:`output_tokens`; nothing else knows how they count.
"""

from dataclasses import replace
from typing import Any

import orjson

from translators.base import ChatResponse, Decoder, EmbeddingsRequest, JsonObject, Request, Response
from translators.facts import Usage

BYTES_PER_TOKEN = 4
PER_MESSAGE = 4
"""Tokens around each message: its role and its ends (OpenAI's cookbook, "How to count tokens with tiktoken": 3, and 1
for a name)."""
PER_CALL = 80
"""Bytes for the form of each tool call, which the model writes too: 20 tokens."""
PER_PART = {
    "image_url": 765,  # 1024 x 1024 pixels in high detail
    "input_audio": 300,  # half a minute, at 10 a second
    "file": 3000,  # one dense page of a PDF
}
"""Tokens of a part that is no text, whatever its size: what is in it is not looked at. Sources, all of 2026-11:
https://developers.openai.com/api/docs/guides/images-vision, https://developers.openai.com/api/docs/guides/realtime-costs,
https://platform.claude.com/docs/en/build-with-claude/pdf-support (1,500 to 3,000 a page)."""
LOW_DETAIL = 85
"""Tokens of an image in low detail (OpenAI's page on images)."""
ALARM = 10
"""A count is not believed beyond so many times its bound."""
TEMPLATE = 10_000
"""Tokens at most that a provider puts into a prompt by itself: its template, its tools, what it searched for."""
MOST_PER_PART = 100_000
"""Tokens at most of a part that is no text: it may be a reference to a long document."""
MOST_OUTPUT = 131_072
"""Tokens at most of an answer to a request that sets no limit; models' own limits are below it (the catalog)."""
LEAST_LIMIT = 1000
"""Limits below it are taken for it: thinking may not count in them, and an answer to ``max_tokens: 1`` is no case."""


def input_tokens(ask: Request) -> int:
    """What a request gives a model to read."""
    if isinstance(ask, EmbeddingsRequest):
        return sum(_tokens(utf8(entry)) if isinstance(entry, str) else len(entry) for entry in ask.inputs)
    size = tokens = 0
    for message in ask.body["messages"]:
        size += said_in(message)
        tokens += PER_MESSAGE + _beside_text(message.get("content"))
    for name in ("tools", "functions", "response_format"):
        if ask.body.get(name):
            size += len(orjson.dumps(ask.body[name]))
    return tokens + _tokens(size)


def output_tokens(size: int) -> int:
    """What so many bytes of an answer took."""
    return _tokens(size)


def of_stream(ask: Request, decoder: Decoder) -> Usage | None:
    """The usage of a stream: the provider's count where there is one of all of it.

    Of a stream that broke, or that its client left, a provider may have counted the beginning (Anthropic: one token):
    what came out counts then, if it is more.

    Returns:
        None where nothing came out and nobody counted.
    """
    if not decoder.started:
        return decoder.usage
    return _completed(ask, decoder.usage, decoder.produced, final=decoder.finished)


def of_answer(ask: Request, answer: Response) -> Usage:
    """The usage of a whole answer: the provider's count where it is one."""
    usage = answer.usage
    if not isinstance(answer, ChatResponse):
        return _completed(ask, usage, 0)
    if usage is not None and usage.input_tokens and usage.output_tokens:
        return usage
    messages = [choice["message"] for choice in orjson.loads(answer.body)["choices"]]
    return _completed(ask, usage, sum(map(said_in, messages)))


def is_implausible(ask: Request, usage: Usage) -> bool:
    """Whether a count is more than ten times what there can be (RELIABILITY F11), by generous bounds.

    A token has a byte at least, so a request has no more tokens than bytes, but for what a provider adds.
    """
    read, made = usage.input_tokens, usage.output_tokens
    if isinstance(ask, EmbeddingsRequest):
        return read > ALARM * (len(ask.raw) + TEMPLATE)
    most_read = len(ask.raw) + TEMPLATE + MOST_PER_PART * sum(map(_parts, ask.body["messages"]))
    return read > ALARM * most_read or made > ALARM * _most_output(ask.body)


def said_in(message: JsonObject) -> int:
    """Bytes that a message says, or a piece of one: its text, its thinking, its refusal, its tool calls."""
    size = 0
    content, thought = message.get("content"), message.get("reasoning_content")
    refusal, calls = message.get("refusal"), message.get("tool_calls")
    if content:
        size = utf8(content) if type(content) is str else _texts(content)
    if type(thought) is str:
        size += utf8(thought)
    if type(refusal) is str:
        size += utf8(refusal)
    return size + _called(calls) if calls and type(calls) is list else size


def utf8(text: str) -> int:
    """Bytes of a text."""
    return len(text) if text.isascii() else len(text.encode())


def _completed(ask: Request, usage: Usage | None, size: int, *, final: bool = True) -> Usage:
    """A provider's count, and ours for what it lacks: all, the input, or the output of so many bytes."""
    if usage is None:
        return Usage(input_tokens(ask), output_tokens(size), source="estimated")
    read, made = usage.input_tokens or input_tokens(ask), usage.output_tokens
    if not made or not final:
        made = max(made, output_tokens(size))
    if (read, made) == (usage.input_tokens, usage.output_tokens):
        return usage
    return replace(usage, input_tokens=read, output_tokens=made, source="estimated")


def _most_output(body: JsonObject) -> int:
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or MOST_OUTPUT
    return max(limit, LEAST_LIMIT) * (body.get("n") or 1)


def _parts(message: JsonObject) -> int:
    content = message.get("content")
    return len(content) if type(content) is list else 0


def _tokens(size: int) -> int:
    return -(-size // BYTES_PER_TOKEN)


def _texts(content: Any) -> int:
    texts = [part.get("text") for part in content if type(part) is dict] if type(content) is list else []
    return sum(utf8(text) for text in texts if type(text) is str)


def _called(calls: list[Any]) -> int:
    size = 0
    for call in calls:
        function = call.get("function") or call.get("custom") if type(call) is dict else None
        if type(function) is dict:
            said = function.get("name"), function.get("arguments"), function.get("input")
            size += sum(utf8(text) for text in said if type(text) is str) + (PER_CALL if call.get("id") else 0)
    return size


def _beside_text(content: Any) -> int:
    """Tokens of the parts of a message that are no text."""
    tokens = 0
    for part in content if type(content) is list else ():
        kind = part.get("type") if type(part) is dict else None
        image = part.get("image_url") if kind == "image_url" else None
        low = type(image) is dict and image.get("detail") == "low"
        tokens += LOW_DETAIL if low else PER_PART.get(str(kind), 0)
    return tokens
