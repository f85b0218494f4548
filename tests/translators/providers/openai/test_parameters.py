"""Parameters in the vendors' words: values, levels, versions, and what an operator wants sent all the same."""

from typing import Any

import pytest

from tests.rig.asks import TIME, WEATHER
from tests.translators.providers.openai.openai_asks import lacks, wire

PICTURE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}]}]


@pytest.mark.parametrize(
    ("vendor", "level", "sent", "dropped"),
    [
        ("openai", "minimal", {"reasoning_effort": "minimal"}, ()),
        ("groq", "low", {"reasoning_effort": "low"}, ()),
        ("groq", "default", {"reasoning_effort": "default"}, ()),
        ("groq", "none", {"reasoning_effort": "none"}, ()),
        ("groq", "minimal", {"reasoning_effort": "low"}, ("reasoning_effort",)),
        ("groq", "xhigh", {"reasoning_effort": "high"}, ("reasoning_effort",)),
        ("deepseek", "none", {"thinking": {"type": "disabled"}}, ()),
        ("together", "none", {"reasoning": {"enabled": False}}, ()),
        ("perplexity", "none", {}, ("reasoning_effort",)),
        ("mistral", "max", {"reasoning_effort": "max"}, ()),
    ],
)
def test_an_effort_is_the_vendors_next_one(vendor: str, level: str, sent: Any, dropped: tuple[str, ...]) -> None:
    """The next lower one, or the lowest, and named; none at all in the vendor's own way."""
    request, body = wire(vendor, reasoning_effort=level)

    assert {name: body[name] for name in ("reasoning_effort", "thinking", "reasoning") if name in body} == sent
    assert request.dropped == dropped


@pytest.mark.parametrize(
    ("vendor", "tier", "sent", "dropped"),
    [
        ("openai", "flex", "flex", ()),
        ("mistral", "default", "standard_only", ()),
        ("mistral", "auto", "auto", ()),
        ("mistral", "flex", None, ("service_tier",)),
        ("groq", "default", "on_demand", ()),
        ("groq", "performance", "performance", ()),
        ("groq", "priority", None, ("service_tier",)),
        ("deepseek", "auto", None, ()),
        ("deepseek", "flex", None, ("service_tier",)),
    ],
)
def test_a_tier_is_said_in_the_vendors_words(
    vendor: str, tier: str, sent: str | None, dropped: tuple[str, ...]
) -> None:
    """One that it has no word for is left out, and named; its own ones pass."""
    request, body = wire(vendor, service_tier=tier)

    assert (body.get("service_tier"), request.dropped) == (sent, dropped)


@pytest.mark.parametrize(
    ("vendor", "sent", "dropped"), [("openai", 1.7, ()), ("mistral", None, ("temperature",)), ("xai", 1.7, ())]
)
def test_a_temperature_above_the_vendors_highest_is_left_out(
    vendor: str, sent: float | None, dropped: tuple[str, ...]
) -> None:
    """It would be a 422."""
    request, body = wire(vendor, temperature=1.7)

    assert (body.get("temperature"), request.dropped) == (sent, dropped)


def test_mistral_is_told_any_where_a_tool_is_required() -> None:
    """A named tool is said as OpenAI says it."""
    named = {"type": "function", "function": {"name": "get_weather"}}

    assert wire("mistral", tools=[WEATHER], tool_choice="required")[1]["tool_choice"] == "any"
    assert wire("mistral", tools=[WEATHER], tool_choice=named)[1]["tool_choice"] == named


def test_what_an_operator_wants_passed_is_sent_as_it_is() -> None:
    """By name, or by the field it is part of; binding or not, and without a look at its value."""
    wishes: Any = {"logprobs": "pass", "seed": "pass", "tool_choice": "pass", "temperature": "pass"}
    request, body = wire(
        "zai", wishes=wishes, tools=[WEATHER], tool_choice="required", logprobs=True, user="u", temperature=1.7
    )

    assert lacks("zai", wishes=wishes, tools=[WEATHER], tool_choice="required", logprobs=True) == ()
    assert lacks("zai", tools=[WEATHER], tool_choice="required", logprobs=True) == ("tool_choice.required", "logprobs")
    assert (body["logprobs"], body["tool_choice"], body["temperature"]) == (True, "required", 1.7)
    assert request.dropped == ("user",)


def test_a_dated_version_of_azures_takes_what_it_knows() -> None:
    """``verbosity`` came after the last dated one."""
    request, body = wire("azure", version="2024-10-21", reasoning_effort="low", store=True, verbosity="low")

    assert (body.get("store"), "verbosity" in body, "reasoning_effort" in body) == (True, False, False)
    assert request.dropped == ("reasoning_effort", "verbosity")
    assert wire("azure", reasoning_effort="low", verbosity="low")[0].dropped == ()
    assert lacks("azure", version="2024-06-01", response_format={"type": "json_schema", "json_schema": {}}) == (
        "response_format.json_schema",
    )


def test_marks_for_anothers_cache_are_left_out() -> None:
    """OpenAI answers a 400; OpenRouter passes them on to Anthropic."""
    marked = {**WEATHER, "cache_control": {"type": "ephemeral"}}
    request, body = wire("openai", tools=[marked])
    kept, sent = wire("openrouter", tools=[marked])

    assert (body["tools"], request.dropped) == ([WEATHER], ("tools[].cache_control",))
    assert (sent["tools"], kept.dropped) == ([marked], ())


def test_strictness_is_left_out_where_it_is_not_read() -> None:
    """The tool stays."""
    strict = {"type": "function", "function": {**WEATHER["function"], "strict": True}}
    request, body = wire("ollama", tools=[strict])

    assert (body["tools"], request.dropped) == ([WEATHER], ("tools[].function.strict",))


def test_copilot_is_told_of_images_in_a_header() -> None:
    """Without it, they are a 400."""
    assert wire("copilot", PICTURE)[0].headers["copilot-vision-request"] == "true"
    assert "copilot-vision-request" not in wire("copilot")[0].headers
    assert "copilot-vision-request" not in wire("openai", PICTURE)[0].headers


def test_a_limit_of_null_is_not_sent_under_any_name() -> None:
    """Mistral refuses the field itself."""
    assert not {"max_completion_tokens", "max_tokens"} & wire("mistral", max_completion_tokens=None)[1].keys()


ALLOWED = {"type": "function", "function": {"name": "get_weather"}}


@pytest.mark.parametrize(
    ("vendor", "mode", "choice"),
    [("mistral", "auto", "auto"), ("mistral", "required", "any"), ("groq", "required", "required")],
)
def test_allowed_tools_are_the_only_ones_declared(vendor: str, mode: str, choice: str) -> None:
    """Where that cannot be said of the choice; OpenAI's own says it."""
    wish = {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [ALLOWED]}}
    request, body = wire(vendor, tools=[TIME, WEATHER], tool_choice=wish)

    assert (body["tools"], body["tool_choice"], request.dropped) == ([WEATHER], choice, ())
    assert wire("openai", tools=[TIME, WEATHER], tool_choice=wish)[1]["tool_choice"] == wish
    assert lacks("zai", tools=[WEATHER], tool_choice=wish) == ("tool_choice.allowed_tools",)


def test_if_none_of_the_tools_is_allowed_there_is_none() -> None:
    """Nor a choice among them."""
    wish = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}
    _, body = wire("groq", tools=[WEATHER], tool_choice=wish, parallel_tool_calls=False)

    assert not {"tools", "tool_choice", "parallel_tool_calls"} & body.keys()


def test_mistrals_tools_always_have_parameters() -> None:
    """None is said as none."""
    nothing = {"type": "object", "properties": {}}

    assert wire("mistral", tools=[TIME, WEATHER])[1]["tools"] == [
        {"type": "function", "function": {"name": "get_time", "parameters": nothing}},
        WEATHER,
    ]
    assert wire("groq", tools=[TIME])[1]["tools"] == [TIME]


def test_an_older_version_is_told_the_limit_under_its_old_name() -> None:
    """LangChain knows the new one alone; 2024-06-01 of Azure the old one."""
    request, body = wire("azure", version="2024-06-01", max_completion_tokens=5)

    assert (body.get("max_tokens"), "max_completion_tokens" in body, request.dropped) == (5, False, ())
    assert lacks("azure", version="2024-06-01", max_completion_tokens=5) == ()
    assert wire("azure", version="2024-10-21", max_completion_tokens=5)[1]["max_completion_tokens"] == 5


@pytest.mark.parametrize("vendor", ["ollama", "zai"])
def test_a_vendor_without_the_choice_of_none_is_told_of_no_tools(vendor: str) -> None:
    """What cannot be called is not called; the same as on Ollama's own API."""
    request, body = wire(vendor, tools=[WEATHER], tool_choice="none")

    assert (body.keys() & {"tools", "tool_choice"}, request.dropped) == (set(), ())
    assert lacks(vendor, tools=[WEATHER], tool_choice="none") == ()
    assert wire(vendor, tools=[WEATHER], tool_choice="none", wishes={"tool_choice": "pass"})[1]["tools"] == [WEATHER]
    assert wire("groq", tools=[WEATHER], tool_choice="none")[1]["tool_choice"] == "none"
