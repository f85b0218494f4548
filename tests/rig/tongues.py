"""Answers of any number of tokens as OpenAI and Anthropic write them, down to the bytes on the connection.

Shapes: https://platform.openai.com/docs/api-reference/chat/streaming and
https://docs.anthropic.com/en/docs/build-with-claude/streaming (both 2026-11).
"""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from tests.rig.bill import Usage

Json = dict[str, Any]
WORD = "word "
"""What a token looks like."""


@dataclass(frozen=True)
class Said:
    """What is to be said."""

    model: str
    input: int
    output: int
    usage: Usage


class Tongue(Protocol):
    """One wire."""

    def head(self, said: Said) -> bytes:
        """How a stream begins."""

    def piece(self, said: Said, tokens: int) -> bytes:
        """So many tokens more."""

    def last(self, said: Said, *, streamed: bool) -> bytes:
        """How a stream ends; or all of a whole answer."""

    def refusal(self, status: int) -> bytes:
        """An error."""


class OpenAI:
    """Chat completions."""

    def head(self, said: Said) -> bytes:
        return _STREAM + self._event(said, {"role": "assistant", "content": ""})

    def piece(self, said: Said, tokens: int) -> bytes:
        return self._event(said, {"content": WORD * tokens})

    def last(self, said: Said, *, streamed: bool) -> bytes:
        if not streamed:
            message = {"role": "assistant", "content": WORD * said.output, "refusal": None}
            choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
            usage = [{"usage": each} for each in self._usages(said)[-1:]]
            return _whole(_head(said, "chat.completion") | {"choices": [choice]} | (usage[0] if usage else {}))
        counted = [_data(_head(said) | {"choices": [], "usage": usage}) for usage in self._usages(said)]
        return self._event(said, {}, "stop") + b"".join(counted) + _framed(b"data: [DONE]\n\n") + _END

    def refusal(self, status: int) -> bytes:
        error = {"message": "It did not work.", "type": "server_error", "param": None, "code": None}
        return _whole({"error": error}, status)

    def _event(self, said: Said, delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _data(_head(said) | {"choices": [choice]})

    def _usages(self, said: Said) -> list[Json]:
        return [
            {"prompt_tokens": read, "completion_tokens": wrote, "total_tokens": read + wrote}
            for read, wrote in _counts(said)
        ]


class Anthropic:
    """Messages."""

    def head(self, said: Said) -> bytes:
        start = self._message(said, [], None, {"input_tokens": said.input, "output_tokens": 1})
        block = {"type": "text", "text": ""}
        return _STREAM + self._event("message_start", message=start) + self._event(_START, index=0, content_block=block)

    def piece(self, said: Said, tokens: int) -> bytes:
        return self._event("content_block_delta", index=0, delta={"type": "text_delta", "text": WORD * tokens})

    def last(self, said: Said, *, streamed: bool) -> bytes:
        usages = [{"input_tokens": read, "output_tokens": wrote} for read, wrote in _counts(said)]
        if not streamed:
            text = {"type": "text", "text": WORD * said.output}
            message = self._message(said, [text], "end_turn", usages[-1] if usages else {})
            return _whole(message)
        delta = {"stop_reason": "end_turn", "stop_sequence": None}
        counted = [self._event("message_delta", delta=delta, usage=usage) for usage in usages or [{}]]
        stop = self._event("content_block_stop", index=0)
        return stop + b"".join(counted) + self._event("message_stop") + _END

    def refusal(self, status: int) -> bytes:
        return _whole({"type": "error", "error": {"type": "api_error", "message": "It did not work."}}, status)

    def _event(self, kind: str, **rest: Any) -> bytes:
        return _framed(f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n".encode())

    def _message(self, said: Said, content: list[Json], reason: str | None, usage: Json) -> Json:
        head = {"id": "msg_bill", "type": "message", "role": "assistant", "model": said.model}
        return head | {"content": content, "stop_reason": reason, "stop_sequence": None, "usage": usage}


def of(path: str) -> Tongue:
    """The wire that a path belongs to."""
    return _ANTHROPIC if path.endswith("/messages") else _OPENAI


def _counts(said: Said) -> list[tuple[int, int]]:
    """Input and output as the answer has them; none, one, or two."""
    truth = (said.input, said.output)
    wrong = {"none": [], "zero": [(0, 0)], "negative": [(-5, -3)], "huge": [(10**12, 10**12)]}
    return [(said.input, 1), truth] if said.usage == "twice" else wrong.get(said.usage, [truth])


def _head(said: Said, kind: str = "chat.completion.chunk") -> Json:
    return {"id": "chatcmpl-bill", "object": kind, "created": 1_760_000_000, "model": said.model}


def _data(event: Json) -> bytes:
    return _framed(b"data: " + json.dumps(event).encode() + b"\n\n")


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _whole(body: Json, status: int = 200) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} Billed\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode() + content


_START = "content_block_start"
_STREAM = b"HTTP/1.1 200 Billed\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_END = b"0\r\n\r\n"
_OPENAI, _ANTHROPIC = OpenAI(), Anthropic()
