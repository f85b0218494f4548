"""A chat completion in Ollama's words: ``POST /api/chat`` (https://docs.ollama.com/api/chat, 2026-11).

What the client does not say is not said either: the model's own file has its defaults.
"""

from typing import Any

from translators.base import ChatRequest, JsonObject
from translators.providers.choices import choice_of, functions_of
from translators.providers.draft import Draft
from translators.providers.loose import obj, objs
from translators.providers.ollama.messages import bytes_of, set_messages, set_plain_messages
from translators.providers.ollama.parameters import IN_TURNS, OPTIONS, OWN, TABLE
from translators.providers.unsaid import unsaid

_LEVELS = {"none": False, "minimal": "low", "low": "low", "medium": "medium", "high": "high"}
_LEVELS |= {"xhigh": "max", "max": "max"}
"""``think`` for each effort, as the server's own OpenAI interface has it (openai.go, ``thinkFromReasoningEffort``)."""
_NO_PARAMETERS: JsonObject = {"type": "object", "properties": {}}
_IMAGE = "messages[].content[].image_url"


def translate(ask: ChatRequest, model_name: str) -> Draft:
    """The request as Ollama takes it, and what it leaves out."""
    asked, draft = ask.body, Draft({"model": model_name})
    if ask.plain:
        set_plain_messages(draft, asked["messages"])
    else:
        set_messages(draft, asked["messages"])
    draft.body["stream"] = ask.stream  # true where nothing is said
    if ask.uses:
        for name in TABLE.left_out(ask.uses):
            draft.drop(name)
        _set_parameters(draft, asked, ask.uses)
    if not ask.plain or "tools" in asked:
        for name in unsaid(asked, IN_TURNS):
            draft.drop(name)
    return draft


def lacking_of(ask: ChatRequest) -> tuple[str, ...]:
    """Binding parameters that Ollama has no form for."""
    if not ask.uses:
        return ()
    names = list(TABLE.unmet(ask.uses))
    if choice_of(ask.body).mode == "required":
        names += [name for name in ("tool_choice.allowed_tools", "function_call") if name in ask.uses]
    if _IMAGE in ask.uses and f"{_IMAGE}.url" not in names and not _all_here(ask.body["messages"]):
        names.append(f"{_IMAGE}.url")
    return tuple(names)


def _all_here(messages: list[JsonObject]) -> bool:
    parts = [part for message in messages for part in objs(message.get("content")) if part["type"] == "image_url"]
    images = [part["image_url"] for part in parts]
    return all(bytes_of(image["url"] if isinstance(image, dict) else image) for image in images)


def _set_parameters(draft: Draft, asked: JsonObject, uses: tuple[str, ...]) -> None:
    options = {OPTIONS[name]: asked[name] for name in uses if name in OPTIONS}
    if asked.get("max_completion_tokens"):
        options["num_predict"] = asked["max_completion_tokens"]
    if asked.get("stop"):
        options["stop"] = [asked["stop"]] if isinstance(asked["stop"], str) else asked["stop"]
    options |= obj(asked.get("options"))
    if options:
        draft.body["options"] = options
    draft.body |= {name: asked[name] for name in OWN if name in uses}
    _set_tools(draft, asked)
    form = _format(obj(asked.get("response_format"))) or asked.get("format")
    if form:
        draft.body["format"] = form
    _set_thinking(draft, asked.get("think"), asked.get("reasoning_effort"))


def _set_tools(draft: Draft, asked: JsonObject) -> None:
    if choice_of(asked).mode == "none":
        return
    functions = functions_of(asked)
    if functions:
        draft.body["tools"] = [{"type": "function", "function": _function(function)} for function in functions]


def _function(function: JsonObject) -> JsonObject:
    said = {name: function[name] for name in ("name", "description") if function.get(name)}
    schema = function.get("parameters")
    return {**said, "parameters": {**_NO_PARAMETERS, **schema} if schema else _NO_PARAMETERS}


def _format(form: JsonObject) -> Any:
    """A schema, or the word for any object."""
    if form.get("type") == "json_schema":
        return obj(form.get("json_schema")).get("schema") or "json"
    return "json" if form.get("type") == "json_object" else None


def _set_thinking(draft: Draft, wish: Any, level: Any) -> None:
    if wish is not None:
        draft.body["think"] = wish
    elif isinstance(level, str) and level in _LEVELS:
        draft.body["think"] = _LEVELS[level]
    elif level is not None:
        draft.drop("reasoning_effort")
