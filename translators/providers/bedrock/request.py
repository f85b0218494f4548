"""A chat completion in Converse's words: parameters, and where each model family has them.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, 2026-11.
"""

import re
from typing import Any
from urllib.parse import quote

from translators.base import ChatRequest, JsonObject
from translators.providers.anthropic.models import model_of
from translators.providers.bedrock.draft import Draft
from translators.providers.bedrock.families import Family, Thinking, family_of
from translators.providers.bedrock.form import lacking_form, set_form
from translators.providers.bedrock.messages import set_messages
from translators.providers.bedrock.parameters import OWN, TABLE, in_turns
from translators.providers.bedrock.parts import lacking
from translators.providers.bedrock.plain import set_plain_messages
from translators.providers.bedrock.thinking import set_thinking, thinks
from translators.providers.bedrock.tools import lacking_tools, set_tools
from translators.providers.loose import obj
from translators.providers.unsaid import unsaid

TIERS = frozenset({"priority", "default", "flex", "reserved"})
_METADATA = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}")
"""A key or a value (…/APIReference/API_runtime_Converse.html, ``requestMetadata``); OpenAI has no more entries."""
_COMMON = frozenset(
    {
        *("model", "messages", "stream", "stream_options"),
        *("max_tokens", "max_completion_tokens", "temperature", "top_p"),
    }
)
"""What most requests have and no more, and any model takes: nothing else needs to be looked for then."""
_CALM_TOP_P = 0.95
"""What Claude takes at the least while it thinks."""


def path_of(model: str, operation: str) -> str:
    """Where a model is asked: its id is one segment, whatever is in it (an ARN has slashes and colons)."""
    return f"/model/{quote(model, safe='')}/{operation}"


def converse(ask: ChatRequest, model: str) -> Draft:
    """The request as Converse takes it.

    Args:
        ask: what the client wants.
        model: id, inference profile or ARN.
    """
    draft, asked = Draft(model=model), ask.body
    draft.plain = ask.plain and set_plain_messages(draft, asked["messages"])
    if not draft.plain:
        set_messages(draft, asked["messages"])
    if draft.plain and _COMMON.issuperset(asked):
        set_thinking(draft, asked, _limit_of(asked))
        _set_sampling(draft, asked)
    else:
        _set_parameters(draft, asked)
        for name in TABLE.left_out(ask.uses):
            draft.drop(name)
    if not ask.plain or "tools" in asked:
        for name in unsaid(asked, in_turns(claude=draft.vendor == "anthropic", status=draft.family.status)):
            draft.drop(name)
    for name, value in (
        ("system", draft.system),
        ("inferenceConfig", draft.settings),
        ("outputConfig", draft.output),
        ("additionalModelRequestFields", draft.extra),
    ):
        if value:
            draft.body[name] = value
    return draft


def lacking_of(ask: ChatRequest, model: str) -> tuple[str, ...]:
    """Binding parameters that this model cannot honour."""
    if not ask.uses or (ask.plain and _COMMON.issuperset(ask.body)):
        return ()
    family, asked = family_of(model), ask.body
    names = [*TABLE.unmet(ask.uses), *lacking_tools(asked, family), *lacking_form(asked.get("response_format"), family)]
    names += [name for name in ask.uses if name in family.lacks]
    for message in () if ask.plain else asked["messages"]:
        names += [f"messages[].content[].{kind}" for kind in lacking(message.get("content"))]
    return tuple(dict.fromkeys(names))


def _set_parameters(draft: Draft, asked: JsonObject) -> None:
    if asked.get("response_format") is not None:
        set_form(draft, asked["response_format"])
    set_tools(draft, asked)
    set_thinking(draft, asked, _limit_of(asked))
    _set_sampling(draft, asked)
    _set_stop(draft, asked.get("stop"))
    _set_metadata(draft, asked.get("metadata"))
    _set_tier(draft, asked.get("service_tier"))
    for name in OWN:
        value = asked.get(name)
        if value is None:
            continue
        if name == "additionalModelRequestFields" and isinstance(value, dict):
            draft.extra |= value
        elif name == "requestMetadata" and isinstance(value, dict):
            draft.body[name] = {**draft.body.get(name, {}), **value}
        else:
            draft.body[name] = value


def _limit_of(asked: JsonObject) -> int | None:
    return asked.get("max_completion_tokens") or asked.get("max_tokens")


def _set_sampling(draft: Draft, asked: JsonObject) -> None:
    """The API's temperature ends at 1: a higher one is left out, and named. Claude's models have rules of their own."""
    for name, own in (("temperature", "temperature"), ("top_p", "topP")):
        value = asked.get(name)
        if value is None:
            continue
        if value > 1 or not _takes(draft, name, value):
            draft.drop(name)
        else:
            draft.settings[own] = value
    top_k, place = asked.get("top_k"), draft.family.top_k
    if top_k is None:
        return
    if not place or not _takes(draft, "top_k", top_k):
        draft.drop("top_k")
    elif len(place) == 1:
        draft.extra[place[0]] = top_k
    else:
        draft.extra[place[0]] = {place[1]: top_k}


def _takes(draft: Draft, name: str, value: float) -> bool:
    family: Family = draft.family
    if family.thinking is Thinking.NOVA:
        return obj(draft.extra.get("reasoningConfig")).get("maxReasoningEffort") != "high"
    if family.thinking is not Thinking.CLAUDE:
        return True
    model = model_of(draft.model)
    if thinks(draft) and (name != "top_p" or value < _CALM_TOP_P) and not (name == "temperature" and value == 1):
        return False
    both = name == "top_p" and "temperature" in draft.settings and not model.both_samplers
    return model.samples and not both


def _set_stop(draft: Draft, stop: Any) -> None:
    """Blank sequences are a 400: empty ones for all, and white space for Claude."""
    wanted = [stop] if isinstance(stop, str) else stop or []
    blank_too = draft.family.thinking is not Thinking.CLAUDE
    kept = [text for text in wanted if isinstance(text, str) and (text.strip() or (blank_too and text))]
    if len(kept) < len(wanted):
        draft.drop("stop")
    if kept:
        draft.settings["stopSequences"] = kept


def _set_metadata(draft: Draft, metadata: Any) -> None:
    """As much of it as the API's limits allow."""
    kept = {name: value for name, value in obj(metadata).items() if _fits(name) and (value == "" or _fits(value))}
    if kept:
        draft.body["requestMetadata"] = kept
    if len(kept) < len(obj(metadata)):
        draft.drop("metadata")


def _fits(text: Any) -> bool:
    return isinstance(text, str) and _METADATA.fullmatch(text) is not None


def _set_tier(draft: Draft, tier: Any) -> None:
    """``auto`` is what is meant by none."""
    if tier in TIERS:
        draft.body["serviceTier"] = {"type": tier}
    elif tier not in (None, "auto"):
        draft.drop("service_tier")
