"""A chat completion in Anthropic's words: parameters, and the features they need.

Source: https://platform.claude.com/docs/en/api/messages and …/api/beta-headers, 2026-11. What Anthropic has no place
for is left out and named if it is advice, and rules the target out if it is binding: ``parameters`` says which.
"""

import re
from typing import Any

from translators.base import ChatRequest, JsonObject
from translators.providers.anthropic.draft import Draft
from translators.providers.anthropic.form import lacking_form, set_form
from translators.providers.anthropic.messages import set_messages
from translators.providers.anthropic.models import NEWEST, VERSION, Model, model_of
from translators.providers.anthropic.parameters import IN_TURNS, OWN, TABLE
from translators.providers.anthropic.parts import lacking
from translators.providers.anthropic.plain import set_plain_messages
from translators.providers.anthropic.thinking import set_thinking
from translators.providers.anthropic.tools import is_own_tool, set_tools
from translators.providers.loose import obj, objs
from translators.providers.unsaid import unsaid

_SAID = frozenset(
    {
        *("model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens"),
        *("tools", "tool_choice", "functions", "function_call", "parallel_tool_calls", "web_search_options"),
        *("thinking", "reasoning_effort", "response_format", "temperature", "top_p", "top_k"),
    }
)
"""Parameters that are said before the rest is."""
_TIERS = {"auto": "auto", "priority": "auto", "default": "standard_only", "standard_only": "standard_only"}
"""``auto`` uses capacity that was bought ahead, where there is any (…/api/service-tiers)."""
_PERSONAL = re.compile(r"\S+@\S+\.\S+|\+[0-9 ().-]{7,}")
"""E-mail addresses and telephone numbers, which Anthropic forbids in ``metadata.user_id`` (…/api/messages)."""
_LONGEST_USER = 256
_BETA = re.compile(r"[A-Za-z0-9._-]{1,64}")


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
    if asked.get("response_format") is not None:
        set_form(draft, asked["response_format"], model)
    set_thinking(draft, asked, model, asked.get("max_completion_tokens") or asked.get("max_tokens"))
    _set_sampling(draft, asked, model, refused=version >= NEWEST)
    _set_rest(draft, ask)
    if not ask.plain or "tools" in asked:
        for name in unsaid(asked, IN_TURNS):
            draft.drop(name)
    if draft.output:
        draft.body["output_config"] = draft.output
    if ask.stream:
        draft.body["stream"] = True
    return draft


def lacking_of(ask: ChatRequest, model_name: str) -> tuple[str, ...]:
    """Binding parameters that this model cannot honour."""
    if not ask.uses:
        return ()
    names = [name for name in TABLE.unmet(ask.uses) if not is_own_tool(name.removeprefix("tools[]."))]
    names += lacking_form(ask.body.get("response_format"), model_of(model_name))
    if not ask.plain:
        contents = [message.get("content") for message in ask.body["messages"]]
        lists = [content for content in contents if isinstance(content, list)]
        names += [f"messages[].content[].{kind}" for content in lists for kind in lacking(content)]
    return tuple(dict.fromkeys(names))


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


def _set_rest(draft: Draft, ask: ChatRequest) -> None:
    asked = ask.body
    if draft.plain and _SAID.issuperset(asked):
        return
    draft.output |= obj(asked.get("output_config"))
    _set_stop(draft, asked.get("stop") or asked.get("stop_sequences"))
    _set_user(draft, asked)
    for name, beta in OWN.items():
        if asked.get(name) is not None:
            draft.body[name] = asked[name]
            if beta:
                draft.need(beta)
    for name in TABLE.left_out(ask.uses):
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
