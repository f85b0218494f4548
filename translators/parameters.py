"""What a chat request may ask for, by name, and what becomes of it where an upstream has no place for it.

A request *uses* a name where it sets it to something else than its default. Names are those of the body's fields;
where a field asks for several things that upstreams take one by one, each has a name of its own
(``response_format.json_schema``, ``messages[].content[].image_url``). Source of the defaults:
https://platform.openai.com/docs/api-reference/chat/create, 2026-11.

For each name an upstream's wire format has one :class:`Treatment`; its :class:`Table` says which. Nothing is left out
in silence: what is advisory is named in ``x-switchgear-dropped``, what is binding takes the target out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from translators.base import EmbeddingsRequest, JsonObject, Request
from translators.omission import uses_of_part, without
from translators.value import Word

Wish = Literal["drop", "refuse", "pass"]
"""What an operator may say of a parameter: left out and named, ruled out, or sent as it is."""


class Treatment(Word):
    """What a wire format does with a parameter."""

    NATIVE = "native"
    """It says the same, by the same name."""
    MAPPED = "mapped"
    """It says the same in words of its own."""
    ADVISORY = "advisory"
    """It cannot say it: left out, and named. The answer is as good, or nearly."""
    BINDING = "binding"
    """It cannot say it, and the client would not get what it asked for: the target is no candidate."""


_ADVISORY, _BINDING = Treatment.ADVISORY, Treatment.BINDING


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a request may ask for."""

    loss: Treatment
    """What it is where it cannot be said."""
    defaults: tuple[Any, ...] = ()
    """Values that say what is said anyway by leaving it out."""


PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "max_tokens": Parameter(_BINDING),
        "max_completion_tokens": Parameter(_BINDING),
        "temperature": Parameter(_ADVISORY),
        "top_p": Parameter(_ADVISORY),
        "frequency_penalty": Parameter(_ADVISORY, (0,)),
        "presence_penalty": Parameter(_ADVISORY, (0,)),
        "logit_bias": Parameter(_ADVISORY, ({},)),
        "seed": Parameter(_ADVISORY),
        "stop": Parameter(_BINDING, ([],)),
        "n": Parameter(_BINDING, (1,)),
        "logprobs": Parameter(_BINDING, (False,)),
        "top_logprobs": Parameter(_BINDING, (0,)),
        "tools": Parameter(_BINDING, ([],)),
        "tools[].function.strict": Parameter(_ADVISORY),
        "tools[].custom": Parameter(_BINDING),
        "tool_choice.none": Parameter(_BINDING),
        "tool_choice.required": Parameter(_BINDING),
        "tool_choice.function": Parameter(_BINDING),
        "tool_choice.allowed_tools": Parameter(_BINDING),
        "tool_choice.custom": Parameter(_BINDING),
        "parallel_tool_calls": Parameter(_ADVISORY, (True,)),
        "functions": Parameter(_BINDING, ([],)),
        "function_call": Parameter(_BINDING, ("auto",)),
        "response_format.json_object": Parameter(_BINDING),
        "response_format.json_schema": Parameter(_BINDING),
        "reasoning_effort": Parameter(_ADVISORY),
        "verbosity": Parameter(_ADVISORY, ("medium",)),
        "prediction": Parameter(_ADVISORY),
        "modalities": Parameter(_BINDING, (["text"],)),
        "audio": Parameter(_BINDING),
        "web_search_options": Parameter(_BINDING),
        "service_tier": Parameter(_ADVISORY, ("auto", "default")),
        "user": Parameter(_ADVISORY, ("",)),
        "safety_identifier": Parameter(_ADVISORY, ("",)),
        "metadata": Parameter(_ADVISORY, ({},)),
        "store": Parameter(_ADVISORY, (False,)),
        "prompt_cache_key": Parameter(_ADVISORY, ("",)),
        "prompt_cache_retention": Parameter(_ADVISORY),
        "messages[].name": Parameter(_ADVISORY),
        "messages[].content[].image_url": Parameter(_BINDING),
        "messages[].content[].image_url.url": Parameter(_BINDING),
        "messages[].content[].image_url.detail": Parameter(_ADVISORY),
        "messages[].content[].input_audio": Parameter(_BINDING),
        "messages[].content[].file": Parameter(_BINDING),
        "messages[].content[].file.file_id": Parameter(_BINDING),
        "dimensions": Parameter(_BINDING),
        "input[]": Parameter(_BINDING),
        "input.tokens": Parameter(_BINDING),
    }
)
"""All that OpenAI documents. ``image_url.url`` is an image that the upstream has to fetch; a data URL is not.

The last three are embeddings': vectors of a length, of several inputs, of tokens.
"""

_ALWAYS = frozenset({"model", "messages", "stream", "stream_options"})
"""Every wire format says these."""


class Table:
    """What one wire format, or one vendor's dialect of it, makes of each parameter.

    Args:
        said: names that it can say, with the words in which it does; empty where they are OpenAI's own. One that ends
            in ``*`` stands for all that begin so.
        unknown: what it does with what OpenAI does not have. Where that is advice, it is so for fields alone: tools,
            choices and content parts of unknown types are binding.
    """

    def __init__(self, said: Mapping[str, str], unknown: Treatment = Treatment.ADVISORY) -> None:
        self.said, self.unknown = said, unknown
        self._treatments = {name: parameter.loss for name, parameter in PARAMETERS.items()}
        self._treatments |= {name: _said(how) for name, how in said.items()}
        self._beginnings = {name[:-1]: _said(how) for name, how in said.items() if name.endswith("*")}
        losses = {name: loss for name, loss in self._treatments.items() if loss in (_ADVISORY, _BINDING)}
        self._losses = losses.keys() if unknown is Treatment.NATIVE else None

    def treatment(self, name: str) -> Treatment:
        """What becomes of a name that a request uses."""
        known = self._treatments.get(name)
        if known is not None:
            return known
        for beginning, treatment in self._beginnings.items():
            if name.startswith(beginning):
                return treatment
        if self.unknown is Treatment.NATIVE:
            return Treatment.NATIVE
        return _BINDING if "." in name else self.unknown

    def unmet(self, uses: tuple[str, ...]) -> tuple[str, ...]:
        """The binding names among these: a target that has to say them is no candidate."""
        return self._lost(uses, _BINDING)

    def left_out(self, uses: tuple[str, ...]) -> tuple[str, ...]:
        """The advisory names among these, to be left out and named."""
        return self._lost(uses, _ADVISORY)

    def _lost(self, uses: tuple[str, ...], loss: Treatment) -> tuple[str, ...]:
        if self._losses is not None and self._losses.isdisjoint(uses):
            return ()
        return tuple([name for name in uses if self.treatment(name) is loss])


def _said(how: str) -> Treatment:
    return Treatment.MAPPED if how else Treatment.NATIVE


def uses_of(body: JsonObject, *, plain: bool) -> tuple[str, ...]:
    """The names that a request uses, each once.

    Args:
        body: of a chat request that has been checked.
        plain: its messages are roles and texts and nothing else.
    """
    names: dict[str, None] = {}
    for name, value in body.items():
        if name in _ALWAYS or value is None:
            continue
        if name in _BARE:  # a temperature, a limit: mostly there is no more
            names[name] = None
            continue
        parameter = PARAMETERS.get(name)
        if parameter is not None and value in parameter.defaults:
            continue
        finer = _FINER.get(name)
        if finer is None:
            names[name] = None
        else:
            names |= dict.fromkeys(finer(value))
    if not plain:
        for message in body["messages"]:
            names |= dict.fromkeys(_uses_of_message(message))
    return tuple(names)


def _uses_of_message(message: JsonObject) -> Iterator[str]:
    if message.get("name") and message["role"] != "function":
        yield "messages[].name"
    content = message.get("content")
    if type(content) is not list:
        return
    for part in content:
        yield from uses_of_part(part)


def _tools(tools: list[JsonObject]) -> Iterator[str]:
    yield "tools"
    for tool in tools:
        kind = tool.get("type") or "function"
        if kind != "function":
            yield f"tools[].{kind[:64]}"
        elif (tool.get("function") or {}).get("strict"):
            yield "tools[].function.strict"


def _tool_choice(choice: Any) -> Iterator[str]:
    kind = choice.get("type", "function") if type(choice) is dict else choice
    if kind != "auto":
        yield f"tool_choice.{str(kind)[:64]}"


def _response_format(form: JsonObject) -> Iterator[str]:
    if form["type"] != "text":
        yield f"response_format.{form['type'][:64]}"


_FINER: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "tools": _tools,
    "tool_choice": _tool_choice,
    "response_format": _response_format,
}
"""Fields that ask for several things."""
_BARE = frozenset({name for name, parameter in PARAMETERS.items() if not parameter.defaults} - _FINER.keys())
"""Names that are asked for by any value but ``null``."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A request as one target gets to see it."""

    ask: Request
    dropped: tuple[str, ...] = ()
    """Names that were left out of it."""
    refused: tuple[str, ...] = ()
    """Names in it that rule the target out."""


def fitted(ask: Request, wishes: Mapping[str, Wish]) -> Fitted:
    """A request without what a target is known not to take.

    Args:
        ask: what the client wants; returned as it is where nothing of it is concerned.
        wishes: by name, or by the field that a name begins with.
    """
    found = {name: wishes.get(name) or wishes.get(name.partition(".")[0]) for name in ask.uses}
    found |= {name: "refuse" for name in _ALL_THERE_IS if found.get(name) == "drop"}
    dropped = with_followers(tuple([name for name, wish in found.items() if wish == "drop"]), ask.uses)
    refused = tuple([name for name, wish in found.items() if wish == "refuse" and name not in dropped])
    if not dropped:
        return Fitted(ask, (), refused)
    uses = tuple([name for name in ask.uses if name not in dropped])
    less = replace(ask, body=without(ask.body, dropped), uses=uses)
    if isinstance(less, EmbeddingsRequest) and "dimensions" in dropped:
        less = replace(less, dimensions=None)
    return Fitted(less, dropped, refused)


_ALL_THERE_IS = ("input[]", "input.tokens")
"""Without these nothing would be left of the request: who wants them dropped rules the target out."""
_FOLLOWS = {
    "tools[]": "tools",
    "tool_choice": "tools",
    "parallel_tool_calls": "tools",
    "function_call": "functions",
    "top_logprobs": "logprobs",
    "audio": "modalities",
}
"""What means nothing, or is a 400, without something else."""


def with_followers(names: tuple[str, ...], uses: tuple[str, ...]) -> tuple[str, ...]:
    """The names that go where these go: a choice among tools goes with the tools.

    Args:
        names: what is left out.
        uses: all that the request uses.
    """
    followers = [name for name in uses if name not in names and _goes_with(name, names)]
    return (*names, *followers) if followers else names


def _goes_with(name: str, names: tuple[str, ...]) -> bool:
    return _FOLLOWS.get(name.partition(".")[0], "") in names or any(name.startswith(f"{one}.") for one in names)
