"""Parameters of a chat completion in Converse's words."""

from typing import Any

import pytest

from tests.translators.official.requests import REQUESTS
from tests.translators.providers.bedrock.bedrock_asks import (
    CLAUDE,
    HI,
    LLAMA,
    NOVA,
    OLD_CLAUDE,
    TIME,
    Json,
    Target,
    ask,
    call,
    lacks,
    wire,
)
from translators.providers.anthropic.thinking import SMALLEST_BUDGET
from translators.providers.bedrock import Bedrock

OSS = "openai.gpt-oss-120b-1:0"
QWEN = "qwen.qwen3-32b-v1:0"
NEWEST = "us.anthropic.claude-opus-4-8"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
MODELS = (CLAUDE, OLD_CLAUDE, NEWEST, NOVA, LLAMA, OSS, QWEN, "amazon.titan-text-lite-v1", PROFILE)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", REQUESTS)
def test_what_goes_out_is_what_the_service_model_allows(model: str, name: str) -> None:
    """Every request that the model is a candidate for; ``wire`` asks botocore."""
    body = dict(REQUESTS[name])
    if not lacks(body["messages"], to=model, **{key: value for key, value in body.items() if key != "messages"}):
        wire(body.pop("messages"), to=model, **body)


@pytest.mark.parametrize(
    ("model", "streamed", "path"),
    [
        (CLAUDE, False, "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"),
        (CLAUDE, True, "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream"),
        (
            PROFILE,
            False,
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc123/converse",
        ),
        ("a/../b?c#d", False, "/model/a%2F..%2Fb%3Fc%23d/converse"),
    ],
)
def test_the_model_is_one_segment_of_the_path(model: str, streamed: bool, path: str) -> None:
    """Whatever is in its name."""
    request = Bedrock().request(ask(stream=streamed), Target(model))

    assert request.path == path
    assert b"stream" not in request.body


def test_a_plain_request_is_its_messages() -> None:
    """Nothing is set that was not asked for."""
    request, body = wire()

    assert body == {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}
    assert (request.dropped, request.headers) == ((), {})


def test_limits_and_sampling_have_their_names() -> None:
    """The limit by either of its names."""
    _, body = wire(max_tokens=7, temperature=0, top_p=0.5, stop="END", to=LLAMA)

    assert body["inferenceConfig"] == {"maxTokens": 7, "temperature": 0, "topP": 0.5, "stopSequences": ["END"]}
    assert wire(max_completion_tokens=7)[1]["inferenceConfig"] == {"maxTokens": 7}


@pytest.mark.parametrize(
    ("model", "body", "settings", "dropped"),
    [
        (LLAMA, {"temperature": 1.5}, None, ("temperature",)),
        (CLAUDE, {"temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2}, ("top_p",)),
        (OLD_CLAUDE, {"temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2, "topP": 0.5}, ()),
        (NEWEST, {"temperature": 0.2}, None, ("temperature",)),
        (CLAUDE, {"stop": [" ", "END"]}, {"stopSequences": ["END"]}, ("stop",)),
        (LLAMA, {"stop": ["\n", ""]}, {"stopSequences": ["\n"]}, ("stop",)),
    ],
)
def test_what_the_model_does_not_take_is_named(model: str, body: Json, settings: Any, dropped: Any) -> None:
    """Sampling beyond the API's range, or that of the model; blank stops."""
    request, said = wire(to=model, **body)

    assert said.get("inferenceConfig") == settings
    assert request.dropped == dropped


@pytest.mark.parametrize(
    ("model", "extra", "dropped"),
    [
        (CLAUDE, {"top_k": 5}, ()),
        (NOVA, {"inferenceConfig": {"topK": 5}}, ()),
        (LLAMA, None, ("top_k",)),
    ],
)
def test_top_k_stands_where_the_family_has_it(model: str, extra: Any, dropped: Any) -> None:
    """Converse itself has none."""
    request, body = wire(top_k=5, to=model)

    assert body.get("additionalModelRequestFields") == extra
    assert request.dropped == dropped


@pytest.mark.parametrize(
    ("model", "level", "extra", "dropped"),
    [
        (OSS, "low", {"reasoning_effort": "low"}, ()),
        (OSS, "xhigh", {"reasoning_effort": "high"}, ("reasoning_effort",)),
        (OSS, "minimal", {"reasoning_effort": "low"}, ("reasoning_effort",)),
        (OSS, "none", None, ("reasoning_effort",)),
        (QWEN, "high", {"reasoning_config": "high"}, ()),
        (QWEN, "medium", {"reasoning_config": "low"}, ("reasoning_effort",)),
        (NOVA, "medium", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}}, ()),
        (NOVA, "none", None, ()),
        (LLAMA, "low", None, ("reasoning_effort",)),
        (LLAMA, "none", None, ()),
        (OLD_CLAUDE, "low", {"thinking": {"type": "enabled", "budget_tokens": 2048}}, ()),
    ],
)
def test_an_effort_is_said_as_the_family_has_it(model: str, level: str, extra: Any, dropped: Any) -> None:
    """A level that it lacks is its next lower one, and named."""
    request, body = wire(reasoning_effort=level, to=model)

    assert body.get("additionalModelRequestFields") == extra
    assert request.dropped == dropped


def test_a_newer_claude_is_told_its_effort() -> None:
    """Thinking is adaptive, and the level Converse's own field."""
    _, body = wire(reasoning_effort="low", to=NEWEST)

    assert body["additionalModelRequestFields"] == {"thinking": {"type": "adaptive", "display": "summarized"}}
    assert body["outputConfig"] == {"effort": "low"}


def test_novas_highest_effort_gives_way_to_a_limit() -> None:
    """There is none at that level; sampling gives way to it instead."""
    request, body = wire(reasoning_effort="high", max_tokens=100, to=NOVA)
    assert body["additionalModelRequestFields"]["reasoningConfig"]["maxReasoningEffort"] == "medium"
    assert (body["inferenceConfig"], request.dropped) == ({"maxTokens": 100}, ("reasoning_effort",))

    request, body = wire(reasoning_effort="high", temperature=0.5, to=NOVA)
    assert body["additionalModelRequestFields"]["reasoningConfig"]["maxReasoningEffort"] == "high"
    assert ("inferenceConfig" in body, request.dropped) == (False, ("temperature",))


def test_claudes_own_thinking_passes_and_fits_the_limit() -> None:
    """A budget stays below the limit, or is a 400."""
    request, body = wire(thinking={"type": "enabled", "budget_tokens": 9000}, max_tokens=4000, to=OLD_CLAUDE)

    assert body["additionalModelRequestFields"]["thinking"]["budget_tokens"] < 4000
    assert body["inferenceConfig"]["maxTokens"] == 4000
    assert request.dropped == ("thinking.budget_tokens",)
    assert wire(thinking={"type": "enabled", "budget_tokens": 9000}, to=NOVA)[0].dropped == ("thinking",)


def test_thinking_gives_way_to_a_forced_tool() -> None:
    """Claude cannot do both; the choice is binding."""
    request, body = wire(reasoning_effort="low", tools=[TIME], tool_choice="required", to=OLD_CLAUDE)

    assert "additionalModelRequestFields" not in body
    assert request.dropped == ("reasoning_effort",)


def test_thinking_calms_the_sampling() -> None:
    """With it the temperature is 1 and ``top_p`` hardly anything, or it is a 400."""
    request, body = wire(reasoning_effort="low", temperature=0.2, top_p=0.99, top_k=3, to=OLD_CLAUDE)

    assert body["inferenceConfig"] == {"topP": 0.99}
    assert set(request.dropped) == {"temperature", "top_k"}


@pytest.mark.parametrize("signed", [True, False])
def test_thinking_rests_after_a_call_that_came_without_it(signed: bool) -> None:
    """The API wants the turn that it goes on to begin with a thinking block; another provider made none."""
    detail = {"type": "reasoning.text", "text": "Hm", "signature": "sig", "format": "anthropic-claude-v1"}
    assistant = {"role": "assistant", "content": None, "tool_calls": [call("get_time", "{}", "a")]}
    assistant |= {"reasoning_details": [detail]} if signed else {}
    history = [*HI, assistant, {"role": "tool", "tool_call_id": "a", "content": "Noon"}]

    request, body = wire(history, reasoning_effort="low", tools=[TIME], to=OLD_CLAUDE)

    assert ("thinking" in body.get("additionalModelRequestFields", {})) is signed
    assert request.dropped == (() if signed else ("reasoning_effort",))
    assert SMALLEST_BUDGET == 1024


def test_converses_own_parameters_pass() -> None:
    """What OpenAI has no words for; the client's own extra fields win over ours."""
    own: Json = {
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
        "performanceConfig": {"latency": "optimized"},
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
        "additionalModelRequestFields": {"top_k": 9, "x": 1},
        "promptVariables": {"v": {"text": "t"}},
        "requestMetadata": {"team": "a"},
    }
    request, body = wire(**own, top_k=5, metadata={"run": "1"})

    assert body["additionalModelRequestFields"] == {"top_k": 9, "x": 1}
    assert body["requestMetadata"] == {"run": "1", "team": "a"}
    assert {name: body[name] for name in own if name not in ("additionalModelRequestFields", "requestMetadata")} == {
        name: value for name, value in own.items() if name not in ("additionalModelRequestFields", "requestMetadata")
    }
    assert request.dropped == ()


def test_metadata_are_as_many_as_fit() -> None:
    """Of certain characters, and so long; the rest is named."""
    request, body = wire(metadata={"a": "b", "c": "déjà", "d": "x" * 257})

    assert (body["requestMetadata"], request.dropped) == ({"a": "b"}, ("metadata",))
    assert wire(metadata={"a": ""})[1]["requestMetadata"] == {"a": ""}


@pytest.mark.parametrize(
    ("tier", "expected", "dropped"),
    [
        ("priority", {"type": "priority"}, ()),
        ("flex", {"type": "flex"}, ()),
        ("auto", None, ()),
        ("scale", None, ("service_tier",)),
    ],
)
def test_a_tier_has_bedrocks_name(tier: str, expected: Any, dropped: Any) -> None:
    """``auto`` is what is meant by none."""
    request, body = wire(service_tier=tier)

    assert body.get("serviceTier") == expected
    assert request.dropped == dropped


def test_advice_is_left_out_and_named() -> None:
    """What Converse has no place for, and fields that nobody knows."""
    request, body = wire(seed=7, user="u", logit_bias={"1": 1}, presence_penalty=0.5, verbosity="low", hm=1)

    assert list(body) == ["messages"]
    assert set(request.dropped) == {"seed", "user", "logit_bias", "presence_penalty", "verbosity", "hm"}


def test_defaults_are_no_wishes() -> None:
    """They say what is said anyway."""
    body: Json = {"n": 1, "logprobs": False, "presence_penalty": 0, "logit_bias": {}, "store": False}

    assert wire(**body)[0].dropped == ()
    assert lacks(**body) == ()


@pytest.mark.parametrize("body", [{"n": 2}, {"logprobs": True}, {"modalities": ["text", "audio"]}])
def test_what_binds_and_has_no_form_rules_the_target_out(body: Json) -> None:
    """By its name."""
    assert lacks(**body) == tuple(body)


def test_a_request_is_made_anew_each_time() -> None:
    """Retries call it again: nothing of the client's is changed."""
    wanted = ask(
        [{"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]}],
        tools=[TIME],
        response_format={"type": "json_object"},
        metadata={"a": "b"},
    )

    assert Bedrock().request(wanted, Target()) == Bedrock().request(wanted, Target())
