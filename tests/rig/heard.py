"""What an OpenAI client hears of an answer, whole or streamed, in one form that can be compared."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.rig.tokens import Tokens


@dataclass
class Call:
    """One tool call under way."""

    name: str = ""
    arguments: str = ""

    @property
    def parsed(self) -> tuple[str, Any]:
        """Its name, and its arguments as JSON where they are that."""
        try:
            return self.name, json.loads(self.arguments)
        except ValueError:
            return self.name, self.arguments


@dataclass
class Heard:
    """The first choice of an answer, and its usage."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[Call] = field(default_factory=list)
    finish_reasons: list[str] = field(default_factory=list)
    """One in a whole answer; in a stream, one for each chunk that had one."""
    annotations: int = 0
    """Or citations, whichever the answer has."""
    usage: Tokens | None = None
    usage_chunks: int = 0
    """Chunks with usage and no choices."""
    choices: set[int] = field(default_factory=set)

    @property
    def tool_calls(self) -> list[tuple[str, Any]]:
        """Names and parsed arguments, in order."""
        return [call.parsed for call in self.calls]


def of_completion(completion: ChatCompletion) -> Heard:
    """What a whole answer says."""
    choice = completion.choices[0]
    heard = Heard(choices={one.index for one in completion.choices}, finish_reasons=[choice.finish_reason])
    _take(heard, choice.message)
    for call in choice.message.tool_calls or ():
        if call.type == "custom":
            heard.calls.append(Call(call.custom.name, json.dumps({"input": call.custom.input})))
        else:
            heard.calls.append(Call(call.function.name, call.function.arguments))
    heard.usage = _tokens(completion.usage)
    return heard


def of_stream(chunks: Iterable[ChatCompletionChunk]) -> Heard:
    """What a stream says, once it is over."""
    heard = Heard()
    for chunk in chunks:
        heard.usage = _tokens(chunk.usage) or heard.usage
        heard.usage_chunks += chunk.usage is not None and not chunk.choices
        for choice in chunk.choices:
            heard.choices.add(choice.index)
            if choice.index == 0:
                _take(heard, choice.delta)
                _take_calls(heard, choice.delta.tool_calls or ())
                heard.finish_reasons += [choice.finish_reason] if choice.finish_reason else []
    return heard


def _take(heard: Heard, message: Any) -> None:
    heard.text += message.content or ""
    heard.reasoning += getattr(message, "reasoning_content", None) or ""
    heard.refusal += message.refusal or ""
    heard.annotations += len(getattr(message, "annotations", None) or getattr(message, "citations", None) or ())


def _take_calls(heard: Heard, deltas: Iterable[Any]) -> None:
    for delta in deltas:
        while len(heard.calls) <= delta.index:
            heard.calls.append(Call())
        call = heard.calls[delta.index]
        if delta.function is not None:
            call.name += delta.function.name or ""
            call.arguments += delta.function.arguments or ""


def _tokens(usage: CompletionUsage | None) -> Tokens | None:
    if usage is None:
        return None
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return Tokens(
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.total_tokens,
        (prompt.cached_tokens or 0) if prompt else 0,
        (completion.reasoning_tokens or 0) if completion else 0,
    )
