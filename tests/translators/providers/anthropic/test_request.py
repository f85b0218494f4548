"""Parameters of a chat completion in Anthropic's words: every body is one the vendor's own types know."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import pytest
from anthropic.types import MessageCreateParams
from pydantic import TypeAdapter

from tests.translators.providers.anthropic.anthropic_asks import HI, TIME, WEATHER, Json, Target, ask, call, lacks, wire
from translators.providers.anthropic import Anthropic

OFFICIAL: TypeAdapter[Any] = TypeAdapter(MessageCreateParams)
SAMPLING = {"temperature", "top_p", "top_k"}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
DATA = "iVBORw0KGgo="
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}}
PAPER = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}
ROUND = [
    *HI,
    {"role": "assistant", "content": None, "tool_calls": [call("get_weather", '{"city": "Rome"}', "a")]},
    {"role": "tool", "tool_call_id": "a", "content": "sunny"},
]


def concrete(value: Any) -> Any:
    """Lists where validation left lazy iterators."""
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, Mapping):
        return {name: concrete(child) for name, child in value.items()}
    return [concrete(child) for child in value] if isinstance(value, Iterable) else value


ASKS: dict[str, Json] = {
    "plain": {},
    "stream": {"stream": True, "stream_options": {"include_usage": True}},
    "system": {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "And kind."}, *HI]
    },
    "system-parts": {"messages": [{"role": "system", "content": [{"type": "text", "text": "Be brief."}]}, *HI]},
    "late-system": {
        "messages": [*HI, {"role": "assistant", "content": "Yes?"}, {"role": "system", "content": "Stop."}]
    },
    "system-alone": {"messages": [{"role": "system", "content": "Say hello."}]},
    "image": {"messages": [{"role": "user", "content": [PICTURE, {"type": "text", "text": "What?"}]}]},
    "image-url": {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.b/c"}}]}]
    },
    "pdf": {"messages": [{"role": "user", "content": [PAPER]}]},
    "file-url": {
        "messages": [{"role": "user", "content": [{"type": "file", "file": {"file_data": "https://a.b/c.pdf"}}]}]
    },
    "file-id": {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file_1"}}]}]},
    "tools": {"tools": [WEATHER, TIME]},
    "strict": {"tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": True}}]},
    "choice-auto": {"tools": [WEATHER], "tool_choice": "auto"},
    "choice-none": {"tools": [WEATHER], "tool_choice": "none"},
    "choice-required": {"tools": [WEATHER], "tool_choice": "required"},
    "choice-named": {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
    "one-at-a-time": {"tools": [WEATHER], "parallel_tool_calls": False},
    "tool-results": {"messages": ROUND, "tools": [WEATHER]},
    "tool-results-alone": {"messages": ROUND},
    "search": {"web_search_options": {"user_location": {"type": "approximate", "approximate": {"country": "IT"}}}},
    "own-tool": {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]},
    "schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
    "json": {"response_format": {"type": "json_object"}},
    "effort": {"reasoning_effort": "medium"},
    "effort-adaptive": {"to": "claude-opus-4-7", "reasoning_effort": "xhigh"},
    "thinking": {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000},
    "stop": {"stop": ["END", "\n"]},
    "user": {"user": "u-1"},
    "tier": {"service_tier": "default"},
    "sampling": {"temperature": 0.2, "top_k": 5},
    "cache": {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]}
        ]
    },
    "container": {"container": "container_1", "cache_control": {"type": "ephemeral"}, "inference_geo": "us"},
}


@pytest.mark.parametrize("body", ASKS.values(), ids=ASKS.keys())
def test_the_official_types_know_every_field(body: Json) -> None:
    """Typed dicts forget what they do not know: what comes out of them is what went in."""
    body = {**body}
    _, sent = wire(body.pop("messages", HI), **body)
    checked = {name: value for name, value in sent.items() if name not in SAMPLING}

    assert concrete(OFFICIAL.validate_python(checked)) == checked


def test_a_request_goes_to_the_messages_endpoint() -> None:
    """Path without the base URL's part, the version, no feature that is not needed; nothing was left out."""
    request, sent = wire([{"role": "system", "content": "Be brief."}, *HI])

    assert (request.path, request.method, request.dropped) == ("/v1/messages", "POST", ())
    assert request.headers == {"anthropic-version": "2023-06-01"}
    assert sent == {
        "model": "claude-sonnet-4-5",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "system": [{"type": "text", "text": "Be brief."}],
        "max_tokens": 64000,
    }


def test_a_request_is_the_same_each_time() -> None:
    """Retries say it again, from a body that is not theirs to change."""
    wanted = ask(ROUND, tools=[WEATHER], reasoning_effort="low", response_format={"type": "json_object"})
    before = orjson.dumps(wanted.body)

    requests = [Anthropic().request(wanted, Target()) for _ in range(2)]

    assert requests[0] == requests[1]
    assert orjson.dumps(wanted.body) == before


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("claude-3-haiku-20240307", 4096),
        ("claude-3-5-sonnet-20240620", 8192),
        ("claude-sonnet-4-20250514", 8192),
        ("claude-opus-4-1@20250805", 8192),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", 64000),
        ("claude-opus-4-6", 128000),
        ("claude-opus-9", 64000),
        ("kimi-k2", 8192),
    ],
)
def test_a_limit_is_found_where_the_client_names_none(model: str, most: int) -> None:
    """The API demands one."""
    assert wire(to=model)[1]["max_tokens"] == most


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_clients_limit_holds(name: str) -> None:
    """Under either name."""
    limit: Json = {name: 5}

    assert wire(**limit)[1]["max_tokens"] == 5


def test_values_that_mean_nothing_pass_in_silence() -> None:
    """They are what happens anyway."""
    request, sent = wire(
        n=1,
        presence_penalty=0,
        frequency_penalty=0.0,
        logprobs=False,
        store=False,
        logit_bias={},
        modalities=["text"],
        temperature=1,
        top_p=1.0,
        seed=None,
        metadata={},
        response_format={"type": "text"},
        tool_choice="none",
    )

    assert request.dropped == ()
    assert sent.keys() == {"model", "messages", "max_tokens"}


def test_advice_without_a_place_is_named() -> None:
    """Nothing is dropped in silence, and what is unknown is advice."""
    request, _ = wire(
        seed=1,
        presence_penalty=0.5,
        frequency_penalty=1,
        logit_bias={"1": 2},
        store=True,
        prompt_cache_key="k",
        verbosity="low",
        prediction={"type": "content", "content": "x"},
        metadata={"a": "b"},
        service_tier="flex",
        best_of=2,
        frobnicate=True,
    )

    assert set(request.dropped) == {
        *("seed", "presence_penalty", "frequency_penalty", "logit_bias", "store", "prompt_cache_key", "verbosity"),
        *("prediction", "metadata", "service_tier", "best_of", "frobnicate"),
    }


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"n": 2}, ("n",)),
        ({"logprobs": True, "top_logprobs": 3}, ("logprobs", "top_logprobs")),
        ({"modalities": ["text", "audio"]}, ("modalities",)),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, ("tools[].custom",)),
        ({"tools": [WEATHER], "tool_choice": {"type": "custom", "custom": {"name": "x"}}}, ("tool_choice.custom",)),
        ({"tools": [WEATHER], "tool_choice": "whatever"}, ("tool_choice.whatever",)),
        ({"response_format": {"type": "grammar"}}, ("response_format.grammar",)),
        ({"tools": [WEATHER], "tool_choice": "required", "response_format": {"type": "json_object"}}, ()),
        ({}, ()),
    ],
)
def test_binding_parameters_that_cannot_be_honoured_are_named(body: Json, names: tuple[str, ...]) -> None:
    """The target is no candidate then."""
    assert lacks(**body) == names


@pytest.mark.parametrize(
    ("model", "wishes", "sent", "dropped"),
    [
        ("claude-sonnet-4-5", {"temperature": 0.3}, {"temperature": 0.3}, ()),
        ("claude-sonnet-4-5", {"top_p": 0.5, "top_k": 4}, {"top_p": 0.5, "top_k": 4}, ()),
        ("claude-sonnet-4-5", {"temperature": 0, "top_p": 0.5}, {"temperature": 0}, ("top_p",)),
        ("claude-3-haiku-20240307", {"temperature": 0, "top_p": 0.5}, {"temperature": 0, "top_p": 0.5}, ()),
        ("claude-sonnet-4-5", {"temperature": 1.7}, {}, ("temperature",)),
        ("claude-opus-4-7", {"temperature": 0.3, "top_p": 0.2, "top_k": 1}, {}, ("temperature", "top_p", "top_k")),
        ("claude-opus-5", {"temperature": 1, "top_p": 1}, {}, ()),
        (
            "claude-sonnet-4-5",
            {"temperature": 0.3, "top_k": 2, "reasoning_effort": "low"},
            {},
            ("temperature", "top_k"),
        ),
        ("claude-sonnet-4-5", {"top_p": 0.5, "reasoning_effort": "low"}, {}, ("top_p",)),
        ("claude-sonnet-4-5", {"top_p": 0.97, "reasoning_effort": "low"}, {"top_p": 0.97}, ()),
    ],
)
def test_sampling_is_as_free_as_the_model_lets_it_be(
    model: str, wishes: Json, sent: Json, dropped: tuple[str, ...]
) -> None:
    """What it would answer with a 400 is left out and named; above 1 there is nothing but 1, the default."""
    request, body = wire(to=model, **wishes)

    assert {name: body[name] for name in SAMPLING & body.keys()} == sent
    assert request.dropped == dropped


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("claude-3-haiku-20240307", "2023-06-01"),
        ("claude-opus-4-6", "2023-06-01"),
        ("claude-opus-4-7", "2026-10-21"),
        ("claude-sonnet-5-5", "2026-10-21"),
        ("claude-of-tomorrow", "2026-10-21"),
        ("kimi-k2", "2023-06-01"),
    ],
)
def test_a_model_that_samples_as_it_is_told_is_asked_by_the_version_that_says_how(model: str, version: str) -> None:
    """The newest refuses ``temperature``, ``top_p`` and ``top_k``; other models are asked by it."""
    request, sent = wire(to=model, temperature=0.5)

    assert request.headers["anthropic-version"] == version
    assert (sent.get("temperature") == 0.5, request.dropped) == (
        (True, ()) if version == "2023-06-01" else (False, ("temperature",))
    )


def test_the_newest_version_of_the_api_takes_no_sampling() -> None:
    """An operator may pin it."""
    request = Anthropic().request(ask(temperature=0.3), Target(api_version="2026-10-21"))

    assert request.headers["anthropic-version"] == "2026-10-21"
    assert request.dropped == ("temperature",)


@pytest.mark.parametrize(
    ("stop", "sent", "dropped"),
    [("END", ["END"], ()), (["A", " \n", ""], ["A"], ("stop",)), ("\n", None, ("stop",)), ([], None, ())],
)
def test_blank_stop_sequences_are_left_out(stop: Any, sent: list[str] | None, dropped: tuple[str, ...]) -> None:
    """The API refuses them."""
    request, body = wire(stop=stop)

    assert (body.get("stop_sequences"), request.dropped) == (sent, dropped)


@pytest.mark.parametrize(
    ("body", "sent", "dropped"),
    [
        ({"user": "u1"}, "u1", ()),
        ({"user": "12345678"}, "12345678", ()),
        ({"user": "u1", "safety_identifier": "s1"}, "s1", ()),
        ({"user": "u1", "metadata": {"user_id": "m1"}}, "m1", ()),
        ({"metadata": {"user_id": "m1", "x": "y"}}, "m1", ("metadata",)),
        ({"user": "ann@example.org"}, None, ("user",)),
        ({"user": "+44 20 7946 0000"}, None, ("user",)),
        ({"metadata": {"user_id": "u" * 257}}, None, ("metadata.user_id",)),
    ],
)
def test_an_end_user_is_passed_on_unless_it_is_personal(body: Json, sent: str | None, dropped: tuple[str, ...]) -> None:
    """Anthropic wants an opaque id."""
    request, out = wire(**body)

    assert out.get("metadata", {}).get("user_id") == sent
    assert request.dropped == dropped


@pytest.mark.parametrize(
    ("tier", "sent"),
    [("auto", "auto"), ("priority", "auto"), ("default", "standard_only"), ("standard_only", "standard_only")],
)
def test_a_service_tier_keeps_its_meaning(tier: str, sent: str) -> None:
    """In Anthropic's two words."""
    assert wire(service_tier=tier)[1]["service_tier"] == sent


def test_parameters_of_anthropics_own_pass() -> None:
    """With the features that they need, and those that the client names; a header takes no other text."""
    own = {
        "mcp_servers": [{"type": "url", "url": "https://a.b", "name": "x"}],
        "context_management": {"edits": []},
        "output_config": {"effort": "low"},
        "betas": ["context-1m-2025-08-07", "x\r\ny: z", 5],
    }
    request, sent = wire(to="claude-opus-4-6", **own)

    assert {name: sent[name] for name in own if name != "betas"} == {
        name: value for name, value in own.items() if name != "betas"
    }
    assert "betas" not in sent
    assert (
        request.headers["anthropic-beta"] == "context-management-2025-06-27,mcp-client-2025-04-04,context-1m-2025-08-07"
    )
    assert request.dropped == ("betas",)


def test_a_file_of_the_files_api_asks_for_its_feature() -> None:
    """In a message and in a tool's result alike."""
    part = {"type": "file", "file": {"file_id": "file_1"}}
    history = [*ROUND[:2], {"role": "tool", "tool_call_id": "a", "content": [part]}]

    for messages in ([{"role": "user", "content": [part]}], history):
        assert wire(messages)[0].headers["anthropic-beta"] == "files-api-2025-04-14"


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [WEATHER], "tool_choice": {"type": "allowed_tools", "allowed_tools": "x"}},
        {"web_search_options": {"user_location": "x"}},
        {"stop_sequences": [1]},
        {"thinking": "yes"},
        {"output_config": 1, "betas": {}},
        {"reasoning_effort": "banana"},
        {"thinking": {"type": "enabled"}},
        {"messages": [{"role": "assistant", "content": "x", "tool_calls": [{"type": "custom", "custom": 1}]}]},
        {
            "messages": [
                {"role": "assistant", "content": "x", "extra_content": {"anthropic": [1]}, "reasoning_details": [1]}
            ]
        },
        {"messages": [{"role": "assistant", "content": "x", "thinking_blocks": [1, {"type": "thinking"}]}]},
    ],
)
def test_a_field_of_an_odd_shape_breaks_nothing(body: Json) -> None:
    """The dialect does not check all that a client may write."""
    body = {**body}
    messages = body.pop("messages", HI)

    lacks(messages, **body)
    _, sent = wire(messages, **body)

    assert sent["messages"]
