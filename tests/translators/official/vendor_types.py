"""What each vendor's own SDK says of a request's body: its faults, none if it is one that the SDK could have made."""

import base64
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from tests.translators.official.typed import faults

Json = dict[str, Any]


def anthropic(body: Json) -> list[str]:
    """https://github.com/anthropics/anthropic-sdk-python: the parameters of ``beta.messages.create``, which has all."""
    from anthropic.types.beta.message_create_params import MessageCreateParamsBase

    said = {name: value for name, value in body.items() if name != "stream"}
    sampling = {name: said.pop(name) for name in ("temperature", "top_p", "top_k") if name in said}
    # The SDK has none since 2.0, for new models take none; the API's version 2023-06-01 does (ECOSYSTEM 2).
    wrong = [f".{name}: no number" for name, value in sampling.items() if not isinstance(value, int | float)]
    return faults(said, MessageCreateParamsBase) + wrong


def openai(body: Json) -> list[str]:
    """https://github.com/openai/openai-python: Azure's wire is OpenAI's."""
    from openai.types.chat import completion_create_params as params

    streams = params.CompletionCreateParamsStreaming, params.CompletionCreateParamsNonStreaming
    return faults(body, streams[0] if body.get("stream") else streams[1])


def mistral(body: Json) -> list[str]:
    """https://github.com/mistralai/client-python: ``ChatCompletionRequest``."""
    from mistralai.client import models

    kind = models.ChatCompletionStreamRequest if body.get("stream") else models.ChatCompletionRequest
    return _checked(kind, body)


def cohere(body: Json) -> list[str]:
    """https://github.com/cohere-ai/cohere-python: the arguments of ``V2Client.chat``."""
    import inspect

    from cohere.v2.client import V2Client

    known = inspect.signature(V2Client.chat, eval_str=True).parameters
    wrong = [f".{name}: unknown" for name in body if name not in known and name != "stream"]
    for name, value in body.items():
        if name in known and name != "stream":
            wrong += _checked(known[name].annotation, value, f".{name}")
    return wrong


def gemini(body: Json) -> list[str]:
    """https://github.com/googleapis/python-genai: the types of its parts; unknown fields are forbidden there."""
    from google.genai import types

    kinds: dict[str, Any] = {
        "contents": list[types.Content],
        "systemInstruction": types.Content,
        "tools": list[types.Tool],
        "toolConfig": types.ToolConfig,
        "generationConfig": types.GenerationConfig,
        "safetySettings": list[types.SafetySetting],
        "cachedContent": str,
        "labels": dict[str, str],
        "serviceTier": str,  # of ``GenerateContentConfig``, which the SDK writes beside its parts
    }
    wrong = [f".{name}: unknown" for name in body.keys() - kinds.keys()]
    for name in body.keys() & kinds.keys():
        wrong += _checked(kinds[name], body[name], f".{name}")
    return wrong


def bedrock(body: Json) -> list[str]:
    """The service model of botocore: operation ``Converse``."""
    from botocore.validate import ParamValidator

    shape = _converse()
    report = ParamValidator().validate({"modelId": "m", **_decoded(body, shape)}, shape)
    return str(report.generate_report()).splitlines() if report.has_errors() else []


OFFICIAL: dict[str, Callable[[Json], list[str]]] = {
    "anthropic": anthropic,
    "google": gemini,
    "bedrock": bedrock,
    "cohere": cohere,
    "azure": openai,
    "mistral": mistral,
}
"""By provider."""


def _checked(kind: Any, value: Any, at: str = "") -> list[str]:
    """By pydantic, from JSON; what a model keeps beside its fields is unknown to it."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    try:
        made = adapter.validate_json(orjson.dumps(value))
    except ValidationError as fault:
        return [f"{at}.{'.'.join(map(str, line['loc']))}: {line['msg']}" for line in fault.errors()]
    return list(_extras(made, value, at))


def _extras(made: Any, value: Any, at: str) -> Iterator[str]:
    if isinstance(made, BaseModel):
        fields = {}
        for name, field in type(made).model_fields.items():
            fields |= dict.fromkeys((name, field.alias, field.serialization_alias), name)
        for name, inner in value.items():
            if name in fields:
                yield from _extras(getattr(made, fields[name]), inner, f"{at}.{name}")
            else:
                yield f"{at}.{name}: unknown to {type(made).__name__}"
    elif isinstance(made, list):
        for place, (one, inner) in enumerate(zip(made, value, strict=True)):
            yield from _extras(one, inner, f"{at}[{place}]")


@cache
def _converse() -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    described = Loader().load_service_model("bedrock-runtime", "service-2")
    return ServiceModel(described, "bedrock-runtime").operation_model("Converse").input_shape


def _decoded(value: Any, shape: Any) -> Any:
    """JSON as botocore has it before it is written: blobs are bytes, not base64."""
    if shape.type_name == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        return {
            name: _decoded(inner, shape.members[name]) if name in shape.members else inner
            for name, inner in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_decoded(inner, shape.member) for inner in value]
    if shape.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value, validate=True)
    return value
