"""A chat completion in Anthropic's words: parameters, and the features they need.

Source: https://platform.claude.com/docs/en/api/messages and …/api/beta-headers, 2026-11. What Anthropic has no place
for is left out and named if it is advice, and rules the target out if it is binding.
"""

import re
from typing import Any

from translators.base import ChatRequest, JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.anthropic.messages import set_messages
from translators.providers.anthropic.models import Model, model_of
from translators.providers.anthropic.parts import lacking
from translators.providers.anthropic.plain import set_plain_messages
from translators.providers.anthropic.schema import compilable
from translators.providers.anthropic.thinking import set_thinking
from translators.providers.anthropic.tools import lacking_tools, set_tools
from translators.providers.loose import obj, objs

VERSION = "2023-06-01"
"""The API's version. 2026-10-21 takes no ``temperature``, ``top_p`` and ``top_k`` at all, which models up to 4.6 still
honour under this one (https://platform.claude.com/docs/en/api/versioning, 2026-11)."""
_WITHOUT_SAMPLING = "2026-10-21"

_SAID = frozenset(
    {
        *("model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens"),
        *("tools", "tool_choice", "functions", "function_call", "parallel_tool_calls", "web_search_options"),
        *("thinking", "reasoning_effort", "response_format", "temperature", "top_p", "top_k"),
    }
)
"""Parameters that are said before the rest is."""
_TAKEN = _SAID | {
    *("stop", "stop_sequences", "user", "safety_identifier", "metadata", "service_tier", "output_config", "betas")
}
"""Those that have their own place below."""
_BINDING = frozenset({"n", "logprobs", "top_logprobs", "modalities", "response_format", "tools", "tool_choice"})
"""Those that may rule a target out."""
_OWN = {
    "cache_control": None,
    "container": None,
    "context_management": "context-management-2025-06-27",
    "diagnostics": None,
    "inference_geo": None,
    "mcp_servers": "mcp-client-2025-04-04",
    "speed": "fast-mode-2026-02-01",
}
"""Anthropic's own parameters, which pass, with the feature that each needs."""
_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "store": (False,),
    "modalities": (["text"],),
    "verbosity": ("medium",),
}
"""What these say anyway if they are left out."""
_TIERS = {"auto": "auto", "priority": "auto", "default": "standard_only", "standard_only": "standard_only"}
"""``auto`` uses capacity that was bought ahead, where there is any (…/api/service-tiers)."""
_FORMATS = ("text", "json_object", "json_schema")
_PERSONAL = re.compile(r"\S+@\S+\.\S+|\+[0-9 ().-]{7,}")
"""E-mail addresses and telephone numbers, which Anthropic forbids in ``metadata.user_id`` (…/api/messages)."""
_LONGEST_USER = 256
_BETA = re.compile(r"[A-Za-z0-9._-]{1,64}")
_JSON_ONLY = "Answer with one valid JSON object and nothing else: no prose around it, no code fence."


def translate(ask: ChatRequest, model_name: str, version: str = VERSION) -> Draft:
    """The request as the Messages API takes it; ``model`` and ``stream`` are in the body.

    Args:
        ask: what the client wants.
        model_name: as the upstream spells it.
        version: of the API.
    """
    asked, model, draft = ask.body, model_of(model_name), Draft({"model": model_name})
    draft.plain = ask.plain and set_plain_messages(draft, asked["messages"])
    if not draft.plain:
        set_messages(draft, asked["messages"])
    set_tools(draft, asked, model)
    set_thinking(draft, asked, model, asked.get("max_completion_tokens") or asked.get("max_tokens"))
    if asked.get("response_format") is not None:
        _set_format(draft, asked["response_format"])
    _set_sampling(draft, asked, model, refused=version >= _WITHOUT_SAMPLING)
    _set_rest(draft, asked)
    if draft.output:
        draft.body["output_config"] = draft.output
    if ask.stream:
        draft.body["stream"] = True
    return draft


def lacking_of(ask: ChatRequest, model_name: str) -> tuple[str, ...]:
    """Binding parameters that this model cannot honour."""
    names = [] if _BINDING.isdisjoint(ask.body) else _lacking_parameters(ask.body, model_name)
    if not ask.plain:
        contents = [message.get("content") for message in ask.body["messages"]]
        lists = [content for content in contents if isinstance(content, list)]
        names += [f"messages[].content[].{kind}" for content in lists for kind in lacking(content)]
    return tuple(dict.fromkeys(names))


def _lacking_parameters(asked: JsonObject, model_name: str) -> list[str]:
    names = ["n"] if (asked.get("n") or 1) > 1 else []
    names += [name for name in ("logprobs", "top_logprobs") if asked.get(name)]
    if "audio" in (asked.get("modalities") or ()):
        names.append("modalities")
    form = asked.get("response_format")
    unenforced = _schema_of(form) is not None and not model_of(model_name).schemas
    if unenforced or obj(form).get("type", "text") not in _FORMATS:
        names.append("response_format")
    return names + lacking_tools(asked)


def _schema_of(form: Any) -> JsonObject | None:
    if obj(form).get("type") != "json_schema":
        return None
    return obj(obj(form.get("json_schema")).get("schema")) or None


def _set_format(draft: Draft, form: Any) -> None:
    """A schema is enforced by the API. A JSON object without one is not: the model is told, and the promise named."""
    schema = _schema_of(form)
    if schema is not None:
        draft.output["format"] = {"type": "json_schema"}
        draft.output["format"]["schema"], lost = compilable(schema)
        for keyword in lost:
            draft.drop(f"response_format.json_schema.schema.{keyword}")
    elif obj(form).get("type", "text") != "text":
        draft.body["system"] = [*draft.body.get("system", ()), {"type": "text", "text": _JSON_ONLY}]
        draft.drop("response_format")


def _set_sampling(draft: Draft, asked: JsonObject, model: Model, *, refused: bool) -> None:
    """Temperature here ends at 1, which is also what is meant by none: a higher one is left out, and named.

    With thinking on it must be 1, ``top_p`` at least 0.95, and there is no ``top_k`` (…/extended-thinking).
    """
    thinks = (draft.body.get("thinking") or {}).get("type") in ("enabled", "adaptive")
    for name in ("temperature", "top_p", "top_k"):
        value = asked.get(name)
        if value is None or (value == 1 and name != "top_k"):
            continue
        too_high = name == "temperature" and value > 1
        both = name == "top_p" and "temperature" in draft.body and not model.both_samplers
        calmed = thinks and (name != "top_p" or value < 0.95)
        if refused or not model.samples or too_high or both or calmed:
            draft.drop(name)
        else:
            draft.body[name] = value


def _set_rest(draft: Draft, asked: JsonObject) -> None:
    if draft.plain and _SAID.issuperset(asked):
        return
    draft.output |= obj(asked.get("output_config"))
    _set_stop(draft, asked.get("stop") or asked.get("stop_sequences"))
    _set_user(draft, asked)
    for name, value in asked.items():
        if name in _TAKEN or value is None:
            continue
        if name in _OWN:
            draft.body[name] = value
            if beta := _OWN[name]:
                draft.need(beta)
        elif value not in _DEFAULTS.get(name, ()):
            draft.drop(name)
    tier = asked.get("service_tier")
    if tier in _TIERS:
        draft.body["service_tier"] = _TIERS[tier]
    elif tier is not None:
        draft.drop("service_tier")
    if not draft.plain and _has_files(draft.body["messages"]):
        draft.need("files-api-2025-04-14")
    for beta in asked["betas"] if isinstance(asked.get("betas"), list) else ():
        if isinstance(beta, str) and _BETA.fullmatch(beta):  # it becomes part of a header
            draft.need(beta)
        else:
            draft.drop("betas")


def _set_stop(draft: Draft, stop: Any) -> None:
    """Blank sequences are a 400."""
    wanted = [stop] if isinstance(stop, str) else stop or []
    kept = [text for text in wanted if isinstance(text, str) and text.strip()]
    if len(kept) < len(wanted):
        draft.drop("stop")
    if kept:
        draft.body["stop_sequences"] = kept


def _set_user(draft: Draft, asked: JsonObject) -> None:
    metadata = obj(asked.get("metadata"))
    if metadata.keys() - {"user_id"}:
        draft.drop("metadata")
    names = {"metadata.user_id": metadata.get("user_id")}
    names |= {name: asked.get(name) for name in ("safety_identifier", "user")}
    for name, value in names.items():
        if not value or "metadata" in draft.body:
            continue
        if len(value) > _LONGEST_USER or _PERSONAL.fullmatch(value):
            draft.drop(name)
        else:
            draft.body["metadata"] = {"user_id": value}


def _has_files(turns: list[JsonObject]) -> bool:
    blocks = [block for turn in turns for block in turn["content"] if block["type"] != "text"]
    return any(_is_file(inner) for block in blocks for inner in (block, *objs(block.get("content"))))


def _is_file(block: JsonObject) -> bool:
    return bool(obj(block.get("source")).get("type") == "file")
