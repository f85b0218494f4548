"""Functions, Google's own tools, and the choice among them."""

import pytest

from tests.translators.providers.gemini.gemini_asks import OLD, PRO, TIME, WEATHER, Json, lacks, wire

STRICT: Json = {"type": "function", "function": {**WEATHER["function"], "strict": True}}
NAMED: Json = {"type": "function", "function": {"name": "get_time"}}
DECLARED: Json = {
    "name": "get_weather",
    "description": "Weather of a city",
    "parametersJsonSchema": WEATHER["function"]["parameters"],
}


def test_a_functions_schema_is_sent_as_it_is() -> None:
    """The API takes JSON schema."""
    _, sent = wire(tools=[WEATHER])

    assert sent["tools"] == [{"functionDeclarations": [DECLARED]}]
    assert "toolConfig" not in sent


@pytest.mark.parametrize("function", [{"name": "bare"}, {"name": "bare", "parameters": {}}])
def test_no_parameters_stay_none(function: Json) -> None:
    """A peer turns them into a schema, and the model makes arguments up."""
    _, sent = wire(tools=[{"type": "function", "function": function}])

    assert sent["tools"] == [{"functionDeclarations": [{"name": "bare"}]}]


def test_functions_of_old_are_functions() -> None:
    """And so is the choice among them."""
    _, sent = wire(functions=[WEATHER["function"]], function_call={"name": "get_weather"})

    assert sent["tools"] == [{"functionDeclarations": [DECLARED]}]
    assert sent["toolConfig"]["functionCallingConfig"] == {"mode": "ANY", "allowedFunctionNames": ["get_weather"]}


CHOICES: dict[str, tuple[object, Json | None]] = {
    "auto": ("auto", None),
    "none": ("none", {"mode": "NONE"}),
    "required": ("required", {"mode": "ANY"}),
    "named": (NAMED, {"mode": "ANY", "allowedFunctionNames": ["get_time"]}),
    "one of some": (
        {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}},
        {"mode": "ANY", "allowedFunctionNames": ["get_time"]},
    ),
}


@pytest.mark.parametrize(("choice", "calling"), CHOICES.values(), ids=CHOICES)
def test_a_choice_is_a_mode_and_names(choice: object, calling: Json | None) -> None:
    """All of OpenAI's."""
    request, sent = wire(tools=[WEATHER, TIME], tool_choice=choice)

    assert sent.get("toolConfig", {}).get("functionCallingConfig") == calling
    assert len(sent["tools"][0]["functionDeclarations"]) == 2
    assert request.dropped == ()


def test_of_some_allowed_tools_the_others_are_not_declared() -> None:
    """``ANY`` would force a call, and not all models know ``VALIDATED``."""
    _, sent = wire(
        tools=[WEATHER, TIME],
        tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}},
    )

    assert [function["name"] for function in sent["tools"][0]["functionDeclarations"]] == ["get_time"]
    assert "toolConfig" not in sent


def test_strict_tools_are_validated_or_named() -> None:
    """A forced call is held to its schema in any case."""
    new, old = wire(tools=[STRICT]), wire(to=OLD, tools=[STRICT])

    assert new[1]["toolConfig"] == {"functionCallingConfig": {"mode": "VALIDATED"}}
    assert new[0].dropped == ()
    assert "toolConfig" not in old[1]
    assert old[0].dropped == ("tools[].function.strict",)
    assert wire(to=OLD, tools=[STRICT], tool_choice="required")[0].dropped == ()


def test_web_search_is_googles() -> None:
    """What it cannot say of the search is named."""
    request, sent = wire(
        web_search_options={
            "search_context_size": "high",
            "user_location": {"type": "approximate", "approximate": {"country": "IT"}},
        }
    )

    assert sent["tools"] == [{"googleSearch": {}}]
    assert set(request.dropped) == {"web_search_options.search_context_size", "web_search_options.user_location"}


@pytest.mark.parametrize("kind", ["google_search", "googleSearch"])
def test_googles_own_tools_pass(kind: str) -> None:
    """By either spelling, with what they are told."""
    body: Json = {"tools": [{"type": kind, kind: {"excludeDomains": ["a.b"]}}, {"type": "code_execution"}]}
    request, sent = wire(**body)

    assert sent["tools"] == [{"googleSearch": {"excludeDomains": ["a.b"]}}, {"codeExecution": {}}]
    assert (lacks(**body), request.dropped) == ((), ())


def test_several_of_googles_tools_and_functions_need_gemini_3() -> None:
    """On AI Studio."""
    body: Json = {"tools": [WEATHER, {"type": "url_context"}]}

    assert lacks(to=PRO, **body) == ()
    assert lacks(to=OLD, **body) == ("tools[].url_context",)
    assert lacks(to=PRO, vertex=True, **body) == ("tools[].url_context",)
