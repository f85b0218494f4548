"""Parameters of a chat completion in Gemini's words: every body is one that Google's own types know."""

from typing import Any

import pytest
from google.genai import types

from tests.translators.providers.gemini.gemini_asks import FLASH, HI, OLD, PRO, WEATHER, Json, lacks, wire
from translators.providers.gemini import Gemini
from translators.providers.gemini.parameters import TABLE

NEWEST = "gemini-3.8-flash"
SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FORM: Json = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
KINDS: Json = {
    "contents": list[types.Content],
    "systemInstruction": types.Content,
    "tools": list[types.Tool],
    "toolConfig": types.ToolConfig,
    "generationConfig": types.GenerationConfig,
    "safetySettings": list[types.SafetySetting],
    "cachedContent": str,
    "labels": dict[str, str],
    "serviceTier": types.ServiceTier,
}
"""Google's SDK, ``GenerateContentConfig`` and what it puts beside ``generationConfig``."""

SAID: dict[str, tuple[Json, Json]] = {
    "max_tokens": ({"max_tokens": 5}, {"maxOutputTokens": 5}),
    "max_completion_tokens": ({"max_completion_tokens": 5}, {"maxOutputTokens": 5}),
    "temperature": ({"temperature": 0}, {"temperature": 0}),
    "top_p": ({"top_p": 0.5}, {"topP": 0.5}),
    "top_k": ({"top_k": 7}, {"topK": 7}),
    "topK": ({"topK": 7}, {"topK": 7}),
    "seed": ({"seed": 3}, {"seed": 3}),
    "a stop": ({"stop": "END"}, {"stopSequences": ["END"]}),
    "stops": ({"stop": ["A", "B"]}, {"stopSequences": ["A", "B"]}),
    "n": ({"n": 2}, {"candidateCount": 2}),
    "json": ({"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}),
    "schema": (
        {"response_format": FORM},
        {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA},
    ),
    "media_resolution": ({"media_resolution": "MEDIA_RESOLUTION_LOW"}, {"mediaResolution": "MEDIA_RESOLUTION_LOW"}),
    "thinking_config": (
        {"thinking_config": {"thinkingBudget": 5}},
        {"thinkingConfig": {"thinkingBudget": 5}},
    ),
    "google": (
        {"extra_body": {"google": {"thinking_config": {"includeThoughts": True}}}},
        {"thinkingConfig": {"includeThoughts": True}},
    ),
}


@pytest.mark.parametrize(("body", "config"), SAID.values(), ids=SAID)
def test_a_parameter_is_said_in_the_generation_config(body: Json, config: Json) -> None:
    """And nothing is left out, nor added."""
    request, sent = wire(**body)

    assert sent["generationConfig"] == config
    assert request.dropped == ()
    _check(sent)


def _check(sent: Json) -> None:
    from pydantic import TypeAdapter

    for name, value in sent.items():
        TypeAdapter(KINDS[name]).validate_python(value)


def test_a_plain_question_has_contents_and_nothing_else() -> None:
    """What a request does not ask for is not said."""
    request, sent = wire()

    assert sent == {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    assert request.path == f"/v1beta/models/{FLASH}:generateContent"
    assert (request.dropped, dict(request.headers)) == ((), {})


def test_defaults_are_as_good_as_nothing() -> None:
    """A value that says what is said anyway passes everywhere."""
    body: Json = {"n": 1, "logprobs": False, "presence_penalty": 0, "modalities": ["text"], "service_tier": "auto"}

    assert lacks(to=NEWEST, **body) == ()
    assert wire(to=NEWEST, **body)[1].keys() == {"contents"}


def test_penalties_and_log_probabilities_are_said_where_the_model_takes_them() -> None:
    """Each API and model has its own."""
    body: Json = {"frequency_penalty": 0.5, "presence_penalty": -1, "logprobs": True, "top_logprobs": 3}
    _, old = wire(to=OLD, **body)

    assert old["generationConfig"] == {
        "frequencyPenalty": 0.5,
        "presencePenalty": -1,
        "responseLogprobs": True,
        "logprobs": 3,
    }
    assert lacks(to=OLD, **body) == ()
    assert lacks(**body) == ("logprobs", "top_logprobs")
    assert lacks(vertex=True, **body) == ()
    assert wire(frequency_penalty=0.5)[0].dropped == ("frequency_penalty",)
    assert wire(frequency_penalty=0.5, vertex=True)[0].dropped == ()


def test_sampling_that_a_model_ignores_is_named() -> None:
    """It would vanish in silence otherwise; a penalty would be a 400."""
    request, sent = wire(to=NEWEST, temperature=0.2, top_p=0.5, top_k=3, presence_penalty=1, seed=1)

    assert sent["generationConfig"] == {"seed": 1}
    assert set(request.dropped) == {"temperature", "top_p", "top_k", "presence_penalty"}


def test_advice_that_gemini_has_no_place_for_is_named() -> None:
    """By OpenAI's names."""
    body: Json = {"user": "u", "logit_bias": {"1": 2}, "metadata": {"a": "b"}, "verbosity": "low", "whatever": 1}
    request, sent = wire(parallel_tool_calls=False, **body)

    assert sent.keys() == {"contents"}
    assert set(request.dropped) == {*body, "parallel_tool_calls"}


BINDING: dict[str, tuple[Json, tuple[str, ...]]] = {
    "n": ({"to": PRO, "n": 2}, ("n",)),
    "a schema beside tools": ({"response_format": FORM, "tools": [WEATHER]}, ("response_format.json_schema",)),
    "JSON beside tools": (
        {"response_format": {"type": "json_object"}, "tools": [WEATHER]},
        ("response_format.json_object",),
    ),
    "search beside tools": ({"web_search_options": {}, "tools": [WEATHER]}, ("web_search_options",)),
    "an own tool beside tools": ({"tools": [WEATHER, {"type": "google_search"}]}, ("tools[].google_search",)),
    "search beside tools on Vertex": (
        {"to": PRO, "vertex": True, "web_search_options": {}, "tools": [WEATHER]},
        ("web_search_options",),
    ),
    "speech": ({"modalities": ["text", "audio"], "audio": {"voice": "Kore", "format": "pcm16"}}, ("modalities",)),
    "speech as wav": (
        {"to": "gemini-2.5-flash-preview-tts", "modalities": ["audio"], "audio": {"voice": "Kore", "format": "wav"}},
        ("audio",),
    ),
    "images": ({"modalities": ["text", "image"]}, ("modalities",)),
    "a custom tool": ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, ("tools[].custom",)),
    "another form": ({"response_format": {"type": "grammar"}}, ("response_format.grammar",)),
}


@pytest.mark.parametrize(("body", "expected"), BINDING.values(), ids=BINDING)
def test_what_a_model_cannot_do_rules_it_out(body: Json, expected: tuple[str, ...]) -> None:
    """By the names that the request uses."""
    assert lacks(**body) == expected


def test_gemini_3_takes_a_schema_and_search_beside_tools() -> None:
    """What its own tools did comes back, for it wants to see that again."""
    body: Json = {"response_format": FORM, "tools": [WEATHER], "web_search_options": {}}
    _, sent = wire(to=PRO, **body)

    assert lacks(to=PRO, **body) == ()
    assert sent["generationConfig"]["responseJsonSchema"] == SCHEMA
    assert [set(tool) for tool in sent["tools"]] == [{"functionDeclarations"}, {"googleSearch"}]
    assert sent["toolConfig"] == {"includeServerSideToolInvocations": True}
    _check(sent)


def test_tools_that_may_not_be_called_are_not_declared_where_they_clash() -> None:
    """Nothing is lost by that, so the model is a candidate."""
    body: Json = {"response_format": FORM, "tools": [WEATHER], "tool_choice": "none"}

    assert lacks(**body) == ()
    assert "tools" not in wire(**body)[1]


def test_geminis_own_parameters_pass() -> None:
    """At the top of the request, or in ``google``; the top wins, and what is unknown there is named."""
    safety = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    request, sent = wire(
        safety_settings=safety, labels={"a": "b"}, google={"cached_content": "cachedContents/x", "labels": {}, "odd": 1}
    )

    assert (sent["safetySettings"], sent["cachedContent"]) == (safety, "cachedContents/x")
    assert sent["labels"] == {"a": "b"}
    assert request.dropped == ("google",)
    _check(sent)


def test_speech_is_all_that_a_model_says() -> None:
    """OpenAI's clients have to ask for text beside it; the API would refuse that."""
    body: Json = {"modalities": ["text", "audio"], "audio": {"voice": "Kore", "format": "pcm16"}}
    _, sent = wire(to="gemini-2.5-flash-preview-tts", **body)

    assert lacks(to="gemini-2.5-flash-preview-tts", **body) == ()
    assert sent["generationConfig"] == {
        "responseModalities": ["AUDIO"],
        "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
    }
    _check(sent)


def test_images_are_made_beside_text() -> None:
    """By the models that can."""
    _, sent = wire(to="gemini-2.5-flash-image", modalities=["text", "image"])

    assert lacks(to="gemini-2.5-flash-image", modalities=["text", "image"]) == ()
    assert sent["generationConfig"] == {"responseModalities": ["TEXT", "IMAGE"]}


@pytest.mark.parametrize(
    ("tier", "sent", "dropped"),
    [("flex", "flex", ()), ("priority", "priority", ()), ("scale", None, ("service_tier",)), ("default", None, ())],
)
def test_a_service_tier_is_one_that_google_has(tier: str, sent: str | None, dropped: tuple[str, ...]) -> None:
    """Or it is named."""
    request, body = wire(service_tier=tier)

    assert (body.get("serviceTier"), request.dropped) == (sent, dropped)


def test_keywords_of_a_schema_that_are_not_enforced_are_named() -> None:
    """The schema is sent all the same, for the model to read."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^x", "maxLength": 3}}}
    request, sent = wire(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}})

    assert sent["generationConfig"]["responseJsonSchema"] == schema
    assert request.dropped == (
        "response_format.json_schema.schema.maxLength",
        "response_format.json_schema.schema.pattern",
    )


PATHS: dict[str, tuple[Any, str]] = {
    "a model": ("gemini-x", "/v1beta/models/gemini-x:generateContent"),
    "in its collection": ("models/gemini-x", "/v1beta/models/gemini-x:generateContent"),
    "a tuned one": ("tunedModels/mine", "/v1beta/tunedModels/mine:generateContent"),
    "another method": ("x:countTokens?a=b#", "/v1beta/models/x%3AcountTokens%3Fa%3Db%23:generateContent"),
}


@pytest.mark.parametrize(("model", "path"), PATHS.values(), ids=PATHS)
def test_a_name_leads_to_its_model_and_nowhere_else(model: str, path: str) -> None:
    """Names may be a client's own (D14)."""
    assert wire(to=model)[0].path == path


def test_a_stream_has_a_path_of_its_own() -> None:
    """And asks for server-sent events, which it would not send otherwise."""
    assert wire(stream=True)[0].path == f"/v1beta/models/{FLASH}:streamGenerateContent?alt=sse"


def test_a_pinned_version_is_in_the_path() -> None:
    """``api_version`` of the upstream."""
    from tests.rig.asks import ask
    from tests.translators.providers.gemini.gemini_asks import Target

    assert Gemini().request(ask(HI), Target(FLASH, "google", "v1")).path.startswith("/v1/models/")


def test_asking_twice_comes_to_the_same() -> None:
    """Retries call it again."""
    body: Json = {"tools": [WEATHER], "reasoning_effort": "low", "google": {"labels": {"a": "b"}}}

    assert wire(**body)[0] == wire(**body)[0]


def test_the_table_says_what_is_binding_by_openais_names() -> None:
    """Each name it says is one that a request can use."""
    assert TABLE.unmet(("tools[].custom", "tool_choice.custom", "prediction")) == (
        "tools[].custom",
        "tool_choice.custom",
    )
