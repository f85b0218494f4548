"""OpenAI's chat completions, as clients speak them. The canonical form is this very one, so little is left to say.

Checks are hand-written and driven by a table: a model library would cost more than the whole request (PERFORMANCE.md).
Fields that are not in the table pass: vendors invent them faster than anybody lists them.
Source: https://platform.openai.com/docs/api-reference/chat/create, 2026-11; limits are RELIABILITY.md D7 to D24.
"""

from typing import Any

from translators.base import ChatRequest, JsonObject, Response
from translators.dialects import checks
from translators.dialects.body import REFUSED, end_user, load, model_of, no_object
from translators.dialects.chat_messages import are_plain, check_messages
from translators.dialects.chat_tools import check_functions, check_tools
from translators.dialects.errors import envelope
from translators.dialects.shape import check_shape
from translators.facts import Endpoint
from translators.parameters import uses_of


class ChatDialect:
    """``POST /v1/chat/completions``."""

    endpoint = Endpoint.CHAT
    prompt = "messages"

    def parse(self, raw: bytes, *, request_id: str, created: int) -> ChatRequest:
        """Check a body and read it.

        Raises:
            Malformed: it is not a legal request; the message names the field.
        """
        body = load(raw)
        messages = body.get("messages") if type(body) is dict else None
        plain = are_plain(messages)
        depth = check_shape(raw, body, flat=messages if plain else None)
        if type(body) is not dict:
            raise no_object()
        hints = body.pop("switchgear", None)
        if hints is not None:
            checks.obj(hints, "switchgear")
        model, stream = model_of(body), body.get("stream") is True
        if not REFUSED.isdisjoint(body):
            raise checks.unknown(min(REFUSED & body.keys()))
        for field, value in body.items():
            check = _CHECKS.get(field)
            if check is not None and value is not None and not (plain and value is messages):
                check(value, field)
        if messages is None:
            raise checks.missing("messages")
        if body.get("tools") is not None:
            check_tools(body["tools"], raw, depth)
        if body.get("functions") is not None:
            check_functions(body["functions"], raw, depth)
        if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
            raise checks.wrong_value("max_tokens", "'max_completion_tokens' is set as well; set one of the two.")
        options = body.get("stream_options")
        if options is not None and not stream:
            raise checks.wrong_value("stream_options", "it is allowed only with 'stream' set to true.")
        include_usage = options is not None and options.get("include_usage") is True
        uses = uses_of(body, plain=plain)
        return ChatRequest(request_id, created, raw, body, model, stream, include_usage, hints or {}, plain, uses)

    def render(self, ask: ChatRequest, response: Response) -> bytes:  # noqa: ARG002
        """The answer as it is: canonical form and client's form are one."""
        return response.body

    def encoder(self, ask: ChatRequest) -> "ChatEncoder":  # noqa: ARG002
        """An encoder for one stream; it keeps nothing, so that one serves all."""
        return _ENCODER


class ChatEncoder:
    """Canonical events are what the client reads; only the ends of a stream are made here."""

    __slots__ = ()

    def feed(self, events: bytes) -> bytes:
        """Events as they are."""
        return events

    def close(self) -> bytes:
        """The end of a stream that succeeded."""
        return b"data: [DONE]\n\n"

    def fail(self, error: JsonObject) -> bytes:
        """The end of a stream that broke: OpenAI's SDKs raise on it, and would call a silent end a success (K8)."""
        return b"data: " + envelope(error) + b"\n\n"

    def ping(self) -> bytes:
        """A comment."""
        return b": keep-alive\n\n"


_ENCODER = ChatEncoder()


def _stop(value: Any, field: str) -> None:
    if type(value) is str:
        return
    if type(value) is not list:
        raise checks.wrong_type(field, "one of a string or an array of strings", value)
    checks.length(value, field, 4)
    for i, text in enumerate(value):
        checks.string(text, f"{field}[{i}]")


def _metadata(value: Any, field: str) -> None:
    checks.obj(value, field)
    for name in value:
        if name.startswith("switchgear"):
            raise checks.unknown(f"{field}.{name}")
    checks.size(value, field, 16)
    for name, text in value.items():
        checks.short(name, field, 64)
        checks.string(text, f"{field}.{name}")
        checks.short(text, f"{field}.{name}", 512)


def _logit_bias(value: Any, field: str) -> None:
    checks.obj(value, field)
    checks.size(value, field, 1024)
    for token, bias in value.items():
        _BIAS(bias, f"{field}.{token[:64]}")


def _stream_options(value: Any, field: str) -> None:
    checks.obj(value, field)
    for name in ("include_usage", "include_obfuscation"):
        if value.get(name) is not None:
            checks.boolean(value[name], f"{field}.{name}")


def _response_format(value: Any, field: str) -> None:
    checks.obj(value, field)
    if value.get("type") is None:
        raise checks.missing(f"{field}.type")
    checks.string(value["type"], f"{field}.type")
    form = value.get("json_schema")
    if form is not None:
        checks.obj(form, f"{field}.json_schema")
        if form.get("schema") is not None:
            checks.obj(form["schema"], f"{field}.json_schema.schema")


def _tool_choice(value: Any, field: str) -> None:
    _CHOICE(value, field)
    if type(value) is not dict:
        return
    if value.get("type") is not None:
        checks.string(value["type"], f"{field}.type")
    if value.get("function") is not None:
        checks.obj(value["function"], f"{field}.function")
        _named(value["function"], f"{field}.function")


def _function_call(value: Any, field: str) -> None:
    _CHOICE(value, field)
    if type(value) is dict:
        _named(value, field)


def _named(function: JsonObject, field: str) -> None:
    if function.get("name") is None:
        raise checks.missing(f"{field}.name")
    checks.string(function["name"], f"{field}.name")


def _modalities(value: Any, field: str) -> None:
    checks.array(value, field)
    for i, modality in enumerate(value):
        checks.string(modality, f"{field}[{i}]")


_BIAS = checks.decimal(-100, 100)
_PENALTY = checks.decimal(-2, 2)
_CHOICE = checks.any_of(str, dict)
_TOKENS, _CHOICES = checks.integer(low=1), checks.integer(low=1, high=8)

_CHECKS: dict[str, checks.Check] = {
    "messages": lambda value, _: check_messages(value),
    "stream": checks.boolean,
    "stream_options": _stream_options,
    "max_tokens": _TOKENS,
    "max_completion_tokens": _TOKENS,
    "n": _CHOICES,
    "best_of": _CHOICES,
    "temperature": checks.decimal(0, 2),
    "top_p": checks.decimal(0, 1),
    "frequency_penalty": _PENALTY,
    "presence_penalty": _PENALTY,
    "logprobs": checks.boolean,
    "top_logprobs": checks.integer(low=0, high=20),
    "logit_bias": _logit_bias,
    "seed": checks.integer(),
    "stop": _stop,
    "tool_choice": _tool_choice,
    "parallel_tool_calls": checks.boolean,
    "function_call": _function_call,
    "response_format": _response_format,
    "reasoning_effort": checks.string,
    "verbosity": checks.string,
    "modalities": _modalities,
    "audio": checks.obj,
    "prediction": checks.obj,
    "web_search_options": checks.obj,
    "metadata": _metadata,
    "store": checks.boolean,
    "user": end_user,
    "safety_identifier": end_user,
    "prompt_cache_key": checks.string,
    "service_tier": checks.string,
}
"""What is known of a field's value; ``null`` is as good as absent."""
