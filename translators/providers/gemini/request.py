"""A chat completion in Gemini's words: parameters, and the form of the answer.

What Gemini has no place for is left out and named if it is advice, and rules the target out if it is binding
(``parameters.py``); here is what depends on the model and on values.
"""

from collections.abc import Iterator
from typing import Any

from translators.base import ChatRequest, JsonObject
from translators.providers.choices import declared_of
from translators.providers.gemini.draft import Draft
from translators.providers.gemini.messages import set_contents
from translators.providers.gemini.models import draws, model_of, speaks
from translators.providers.gemini.parameters import IN_TURNS, OWN, TABLE, Place
from translators.providers.gemini.parts import lacking
from translators.providers.gemini.plain import set_plain_contents
from translators.providers.gemini.schema import enforceable
from translators.providers.gemini.thinking import set_thinking
from translators.providers.gemini.tools import never_calls, own_tools, set_tools
from translators.providers.loose import obj
from translators.providers.unsaid import unsaid

_SAMPLING = {"temperature": "temperature", "top_p": "topP", "top_k": "topK"}
_PENALTIES = {"frequency_penalty": "frequencyPenalty", "presence_penalty": "presencePenalty"}
_COMMON = frozenset(
    {
        *("model", "messages", "stream", "stream_options"),
        *("max_tokens", "max_completion_tokens", "temperature", "top_p"),
    }
)
"""What most requests have and no more, and any model takes: nothing else needs to be looked for then."""
_JSON = "application/json"
_TIERS = frozenset({"flex", "priority", "standard"})
"""https://ai.google.dev/gemini-api/docs/flex-inference and …/priority-inference."""
_MEDIA = {"text": "TEXT", "image": "IMAGE", "audio": "AUDIO"}
_FILES = ("messages[].content[].image_url.url", "messages[].content[].video_url")


def translate(ask: ChatRequest, model_name: str, *, vertex: bool) -> Draft:
    """The request as ``generateContent`` takes it; model and streaming are in its path.

    Args:
        ask: what the client wants.
        model_name: as the upstream spells it.
        vertex: it goes to Vertex, and not to AI Studio.
    """
    asked, draft = ask.body, Draft(model=model_of(model_name), vertex=vertex)
    if not (ask.plain and set_plain_contents(draft, asked["messages"])):
        set_contents(draft, asked["messages"])
    if ask.plain and _COMMON.issuperset(asked):
        _set_limit(draft, asked)
        _set_sampling(draft, asked)
    elif ask.uses:
        _set_config(draft, asked)
        _set_form(draft, obj(asked.get("response_format")))
        set_thinking(draft, asked)
        _set_own(draft, asked)
        set_tools(draft, asked)
        for name in TABLE.left_out(ask.uses):
            draft.drop(name)
    if not ask.plain or "tools" in asked:
        for name in unsaid(asked, IN_TURNS):
            draft.drop(name)
    if draft.config:
        draft.body["generationConfig"] = draft.config
    return draft


def lacking_of(ask: ChatRequest, model_name: str, *, vertex: bool) -> tuple[str, ...]:
    """Binding parameters that this model cannot honour."""
    if not ask.uses or (ask.plain and _COMMON.issuperset(ask.body)):
        return ()
    names = (*TABLE.unmet(ask.uses), *_lacking_values(ask, model_name, vertex=vertex), *_lacking_parts(ask))
    return tuple(dict.fromkeys(names))


def _lacking_values(ask: ChatRequest, model_name: str, *, vertex: bool) -> Iterator[str]:
    asked, uses, model = ask.body, ask.uses, model_of(model_name)
    if "n" in uses and asked["n"] > model.candidates:
        yield "n"
    if ("vertex" if vertex else "google") not in model.logprobs:
        yield from (name for name in ("logprobs", "top_logprobs") if name in uses)
    if not vertex and not model.fetches:
        yield from (name for name in _FILES if name in uses)
    if declared_of(asked) and not never_calls(asked):
        if not model.mixes:
            yield from (name for name in uses if name.startswith("response_format.json_"))
        if own_tools(asked) and (vertex or not model.mixes):
            yield from (name for name in uses if name == "web_search_options" or name.startswith("tools[]."))
    yield from _lacking_media(asked, uses, model_name)


def _lacking_media(asked: JsonObject, uses: tuple[str, ...], model_name: str) -> Iterator[str]:
    """Speech comes as bare samples, and in no other form (https://ai.google.dev/gemini-api/docs/speech-generation)."""
    if "modalities" in uses:
        wanted = set(asked["modalities"])
        made = {"text", *(["image"] if draws(model_name) else ()), *(["audio"] if speaks(model_name) else ())}
        if wanted - made:
            yield "modalities"
    if "audio" in uses and obj(asked["audio"]).get("format") not in (None, "pcm16"):
        yield "audio"


def _lacking_parts(ask: ChatRequest) -> Iterator[str]:
    if ask.plain:
        return
    for message in ask.body["messages"]:
        for kind in lacking(message.get("content")):
            yield f"messages[].content[].{kind}"


def _set_config(draft: Draft, asked: JsonObject) -> None:
    config, stop = draft.config, asked.get("stop")
    _set_limit(draft, asked)
    if stop:
        config["stopSequences"] = [stop] if isinstance(stop, str) else stop
    if asked.get("seed") is not None:
        config["seed"] = asked["seed"]
    if (asked.get("n") or 1) > 1:
        config["candidateCount"] = asked["n"]
    if asked.get("logprobs") or asked.get("top_logprobs"):
        config["responseLogprobs"] = True
    if asked.get("top_logprobs"):
        config["logprobs"] = asked["top_logprobs"]
    _set_sampling(draft, asked)
    _set_penalties(draft, asked)
    _set_media(draft, asked)
    tier = asked.get("service_tier")
    if tier in _TIERS:
        draft.body["serviceTier"] = tier
    elif tier not in (None, "auto", "default"):
        draft.drop("service_tier")


def _set_limit(draft: Draft, asked: JsonObject) -> None:
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens")
    if limit:
        draft.config["maxOutputTokens"] = limit


def _set_sampling(draft: Draft, asked: JsonObject) -> None:
    """What a model ignores is left out and named, as what it refuses."""
    for name, own in _SAMPLING.items():
        value = asked.get(name, asked.get(own))
        if value is not None and draft.model.samples:
            draft.config[own] = value
        elif value is not None:
            draft.drop(name)


def _set_penalties(draft: Draft, asked: JsonObject) -> None:
    for name, own in _PENALTIES.items():
        if asked.get(name) and (draft.model.penalties or (draft.vertex and draft.model.samples)):
            draft.config[own] = asked[name]
        elif asked.get(name):
            draft.drop(name)


def _set_media(draft: Draft, asked: JsonObject) -> None:
    """A model that speaks says nothing else: text beside speech is what OpenAI's clients have to ask for."""
    wanted = asked.get("modalities")
    if wanted and wanted != ["text"]:
        wanted = ["audio"] if "audio" in wanted else wanted
        draft.config["responseModalities"] = [_MEDIA.get(name, name) for name in wanted]
    voice = obj(asked.get("audio")).get("voice")
    if isinstance(voice, str):
        draft.config["speechConfig"] = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}


def _set_form(draft: Draft, form: JsonObject) -> None:
    kind = form.get("type", "text")
    if kind == "text":
        return
    draft.config["responseMimeType"] = _JSON
    schema = obj(obj(form.get("json_schema")).get("schema"))
    if kind == "json_schema" and schema:
        draft.config["responseJsonSchema"], lost = enforceable(schema)
        for keyword in lost:
            draft.drop(f"response_format.json_schema.schema.{keyword}")


def _set_own(draft: Draft, asked: JsonObject) -> None:
    """Gemini's own parameters; what stands at the top of the request wins."""
    for where, said in (*_nested(asked), ("", asked)):
        known = 0
        for name, (place, camel) in OWN.items():
            value = said.get(name, said.get(camel))
            if value is None or name in _SAMPLING:
                continue
            known += 1
            target = draft.body if place is Place.BODY else draft.config
            target[camel] = value
        if where and known < len(said):
            draft.drop(where)


def _nested(asked: JsonObject) -> Iterator[tuple[str, Any]]:
    """Google's own surface has them in ``google``, which its page writes as ``extra_body`` within the SDK's."""
    if "extra_body" in asked:
        yield "extra_body", obj(obj(asked["extra_body"]).get("google"))
    if "google" in asked:
        yield "google", obj(asked["google"])
