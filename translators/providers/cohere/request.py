"""A chat completion in Cohere's words: ``POST /v2/chat`` (https://docs.cohere.com/reference/chat, 2026-11).

A number out of Cohere's range is moved to its end, and named; a seed below 0 has no place and is left out. Of the two
penalties one can be set ("cannot specify both frequency_penalty and presence_penalty",
https://docs.cohere.com/reference/errors): the frequency's.
"""

from typing import Any

from translators.base import ChatRequest, JsonObject
from translators.providers.cohere.messages import lacking, set_messages, set_plain_messages
from translators.providers.cohere.models import Model, model_of
from translators.providers.cohere.parameters import IN_TURNS, TABLE
from translators.providers.cohere.schema import compilable
from translators.providers.cohere.thinking import set_thinking
from translators.providers.cohere.tools import declared, lacking_choice, set_tools
from translators.providers.draft import Draft
from translators.providers.loose import obj
from translators.providers.unsaid import unsaid

_AS_THEY_ARE = ("logprobs", "documents", "citation_options", "safety_mode", "priority")
_RANGES = {
    "temperature": ("temperature", 0, 1),
    "top_p": ("p", 0.01, 0.99),
    "top_k": ("k", 0, 500),
    "k": ("k", 0, 500),
    "frequency_penalty": ("frequency_penalty", 0, 1),
    "presence_penalty": ("presence_penalty", 0, 1),
}
"""Cohere's name, least and most."""


def translate(ask: ChatRequest, model_name: str) -> Draft:
    """The request as Cohere takes it, and what it leaves out."""
    asked, model, draft = ask.body, model_of(model_name), Draft({"model": model_name})
    if not ask.plain or not set_plain_messages(draft, asked["messages"]):
        set_messages(draft, asked["messages"], model)
    draft.body["stream"] = ask.stream
    if ask.uses:
        for name in TABLE.left_out(ask.uses):
            draft.drop(name)
        _set_parameters(draft, asked, ask.uses, model)
    if not ask.plain or "tools" in asked:
        for name in unsaid(asked, IN_TURNS):
            draft.drop(name)
    return draft


def lacking_of(ask: ChatRequest, model_name: str) -> tuple[str, ...]:
    """Binding parameters that this model cannot honour."""
    if not ask.uses:
        return ()
    names = [*TABLE.unmet(ask.uses), *lacking_choice(ask.body, model_of(model_name))]
    form = obj(ask.body.get("response_format")).get("type", "text")
    if form != "text" and (declared(ask.body, model_of(model_name)) or ask.body.get("documents")):
        names.append(f"response_format.{form[:64]}")  # "not supported when used in combination"
    if not ask.plain:
        names += lacking(ask.body["messages"])
    return tuple(dict.fromkeys(names))


def _set_parameters(draft: Draft, asked: JsonObject, uses: tuple[str, ...], model: Model) -> None:
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens")
    if limit is not None:
        draft.body["max_tokens"] = limit
    draft.body |= {name: asked[name] for name in _AS_THEY_ARE if name in uses}
    for name in uses:
        if name in _RANGES:
            _set_number(draft, name, asked[name])
    if draft.body.get("frequency_penalty") and draft.body.pop("presence_penalty", None):
        draft.drop("presence_penalty")
    if asked.get("stop"):
        draft.body["stop_sequences"] = [asked["stop"]] if isinstance(asked["stop"], str) else asked["stop"]
    seed = asked.get("seed")
    if seed is not None and seed < 0:
        draft.drop("seed")
    elif seed is not None:
        draft.body["seed"] = seed
    set_tools(draft, asked, model)
    _set_format(draft, obj(asked.get("response_format")))
    set_thinking(draft, asked, model)


def _set_number(draft: Draft, name: str, value: Any) -> None:
    """Fields that OpenAI does not have were not checked by anybody."""
    theirs, least, most = _RANGES[name]
    if type(value) not in (int, float):
        draft.drop(name)
        return
    draft.body[theirs] = min(max(value, least), most)
    if not least <= value <= most:
        draft.drop(name)


def _set_format(draft: Draft, form: JsonObject) -> None:
    """One type for both of OpenAI's; a client that speaks Cohere's own form has its schema in it."""
    kind = form.get("type", "text")
    if kind == "text":
        return
    draft.body["response_format"] = {"type": "json_object"}
    given = obj(form.get("json_schema"))
    schema = obj(given.get("schema")) if kind == "json_schema" else given
    if schema:
        draft.body["response_format"]["json_schema"], lost = compilable(schema)
        for keyword in lost:
            draft.drop(f"response_format.json_schema.schema.{keyword}")
