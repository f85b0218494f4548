"""OpenAI's embeddings, as clients speak them. The canonical form is this very one.

Source: https://platform.openai.com/docs/api-reference/embeddings/create and the words of its Python SDK,
openai/types/embedding_create_params.py (2026-11); limits are RELIABILITY.md D7 to D24.
"""

from typing import Any, Literal

from translators.base import EmbeddingsRequest, JsonObject, Malformed, Response
from translators.dialects import checks
from translators.dialects.body import REFUSED, end_user, load, model_of, no_object
from translators.dialects.shape import check_shape
from translators.facts import Endpoint
from translators.parameters import PARAMETERS

Encoding = Literal["float", "base64"]
Inputs = tuple[str, ...] | tuple[tuple[int, ...], ...]

MOST_INPUTS = 2048
MOST_TOKENS = 300_000
"""Over all inputs, as OpenAI's page says; only token arrays can be counted here."""

_ALWAYS = frozenset({"model", "input", "encoding_format"})
_ENCODINGS: tuple[Encoding, ...] = ("float", "base64")
_NUMBERS = frozenset({int})
_TEXTS = frozenset({str})
_TOKEN = checks.integer(low=0)
_INPUT = checks.any_of(str, list)
_ENTRY = "one of a string or an integer or an array of integers"
_NO_STREAM = "embeddings come whole"


class EmbeddingsDialect:
    """``POST /v1/embeddings``."""

    endpoint = Endpoint.EMBEDDINGS
    prompt = "input"

    def parse(self, raw: bytes, *, request_id: str, created: int) -> EmbeddingsRequest:
        """Check a body and read it.

        Raises:
            Malformed: it is not a legal request; the message names the field.
        """
        body = load(raw)
        if type(body) is not dict:
            raise no_object()
        check_shape(raw, {**body, "input": None})  # tokens are many values, and all in their place
        hints = body.pop("switchgear", None)
        if hints is not None:
            checks.obj(hints, "switchgear")
        model = model_of(body)
        if not REFUSED.isdisjoint(body):
            raise checks.unknown(min(REFUSED & body.keys()))
        inputs = _inputs(body.get("input"))
        for field, check in _CHECKS.items():
            if body.get(field) is not None:
                check(body[field], field)
        encoding: Encoding = body.get("encoding_format") or "float"
        dimensions = body.get("dimensions")
        uses = _uses(body, inputs)
        return EmbeddingsRequest(request_id, created, raw, body, model, inputs, encoding, dimensions, hints or {}, uses)

    def render(self, ask: EmbeddingsRequest, response: Response) -> bytes:  # noqa: ARG002
        """The answer as it is: canonical form and client's form are one."""
        return response.body

    def encoder(self, ask: EmbeddingsRequest) -> "Silence":  # noqa: ARG002
        """An encoder for what there is none of."""
        return _SILENCE


class Silence:
    """The encoder of answers that come whole: nothing may follow them."""

    __slots__ = ()

    def feed(self, events: bytes) -> bytes:  # noqa: ARG002
        """A fault: there are no events."""
        raise TypeError(_NO_STREAM)

    def close(self) -> bytes:
        """A fault likewise."""
        raise TypeError(_NO_STREAM)

    def fail(self, error: JsonObject) -> bytes:  # noqa: ARG002
        """Nothing: whatever broke, the answer's length has been told."""
        return b""

    def ping(self) -> bytes:
        """Nothing."""
        return b""


_SILENCE = Silence()


def _inputs(value: Any) -> Inputs:
    if value is None:
        raise checks.missing("input")
    _INPUT(value, "input")
    if type(value) is str:
        checks.filled(value, "input")
        return (value,)
    checks.length(value, "input", len(value), 1)
    if type(value[0]) is int:
        return (_tokens(value, "input"),)
    checks.length(value, "input", MOST_INPUTS)
    if type(value[0]) is str:
        return _texts(value)
    if type(value[0]) is list:
        return _runs(value)
    raise checks.wrong_type("input[0]", _ENTRY, value[0])


def _texts(value: list[Any]) -> tuple[str, ...]:
    if not _TEXTS.issuperset(map(type, value)) or "" in value:
        for i, text in enumerate(value):
            checks.string(text, f"input[{i}]")
            checks.filled(text, f"input[{i}]")
    return tuple(value)


def _runs(value: list[Any]) -> tuple[tuple[int, ...], ...]:
    for i, run in enumerate(value):
        checks.array(run, f"input[{i}]")
    _few(sum(map(len, value)))
    return tuple([_tokens(run, f"input[{i}]") for i, run in enumerate(value)])


def _tokens(run: list[Any], path: str) -> tuple[int, ...]:
    checks.length(run, path, len(run), 1)
    _few(len(run))
    if not _NUMBERS.issuperset(map(type, run)) or min(run) < 0:
        for i, token in enumerate(run):
            _TOKEN(token, f"{path}[{i}]")
    return tuple(run)


def _few(tokens: int) -> None:
    """In OpenAI's words, https://github.com/spiceai/spiceai/issues/6142."""
    if tokens > MOST_TOKENS:
        message = f"Requested {tokens} tokens, max {MOST_TOKENS} tokens per request."
        raise Malformed(message, "max_tokens_per_request", "input")


def _encoding(value: Any, field: str) -> None:
    checks.string(value, field)
    checks.one_of(value, _ENCODINGS, field)


def _uses(body: JsonObject, inputs: Inputs) -> tuple[str, ...]:
    """What it asks for beyond the defaults; ``input[]``: several inputs, ``input.tokens``: tokens instead of texts."""
    names = [name for name, value in body.items() if name not in _ALWAYS and not _says_nothing(name, value)]
    if len(inputs) > 1:
        names.append("input[]")
    if type(inputs[0]) is tuple:
        names.append("input.tokens")
    return tuple(names)


def _says_nothing(name: str, value: Any) -> bool:
    known = PARAMETERS.get(name)
    return value is None or (known is not None and value in known.defaults)


_CHECKS: dict[str, checks.Check] = {
    "encoding_format": _encoding,
    "dimensions": checks.integer(low=1),
    "user": end_user,
}
"""What is known of a field's value; ``null`` is as good as absent."""
