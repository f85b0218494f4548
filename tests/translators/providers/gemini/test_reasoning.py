"""Thought signatures through two turns: one that gets lost is a 400, or a model that has lost its thread."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.gemini.gemini_asks import FLASH, HI, PRO, Json, Target, ask, call, wire
from translators.base import ChatResponse, Memento, WireResponse
from translators.providers.gemini import Gemini
from translators.providers.gemini.reasoning import UNSIGNED

FORMAT = "google-gemini-v1"
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "1"}


def answer(*parts: Json) -> tuple[Json, Memento | None]:
    """The message that a client gets, and what is kept for it."""
    body = {"candidates": [{"content": {"parts": list(parts)}, "finishReason": "STOP"}]}
    response = Gemini().response(ask(), WireResponse(200, {}, orjson.dumps(body)), Target())
    assert isinstance(response, ChatResponse)
    return orjson.loads(response.body)["choices"][0]["message"], response.memento


def said_back(message: Json, *more: Json, to: str = PRO) -> list[Json]:
    """The model's parts in the next turn."""
    parts: list[Json] = wire([*HI, message, *more], to=to)[1]["contents"][1]["parts"]
    return parts


THOUGHT: Json = {"text": "Hm.", "thought": True}
CALL: Json = {"functionCall": {"id": "c1", "name": "f", "args": {}}, "thoughtSignature": "U0lH"}
SECOND: Json = {"functionCall": {"id": "c2", "name": "f", "args": {}}}
TURNS: dict[str, list[Json]] = {
    "on a call": [CALL],
    "on the first of two calls": [CALL, SECOND],
    "on a text": [{"text": "Hi", "thoughtSignature": "U0lH"}],
    "on an empty text": [{"text": "", "thoughtSignature": "U0lH"}],
    "on a thought": [{**THOUGHT, "thoughtSignature": "U0lH"}, {"text": "Hi"}],
    "on all": [THOUGHT, {"text": "Hi", "thoughtSignature": "QQ=="}, CALL],
    "on an image": [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}, "thoughtSignature": "U0lH"}],
    "with code": [
        {"executableCode": {"code": "1", "language": "PYTHON"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"text": "1"},
    ],
}


@pytest.mark.parametrize("parts", TURNS.values(), ids=TURNS)
def test_a_client_that_keeps_all_fields_sends_the_state_back(parts: list[Json]) -> None:
    """Each part comes back as it was."""
    message, _ = answer(*parts)

    assert said_back(message, RESULT) == parts


def test_either_form_of_a_calls_signature_is_enough() -> None:
    """OpenRouter's, or that of Google's own surface."""
    message, _ = answer(CALL)
    assert message["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "U0lH"}}
    assert message["reasoning_details"] == [
        {"type": "reasoning.encrypted", "data": "U0lH", "format": FORMAT, "index": 0, "id": "c1"}
    ]
    without_details = {name: value for name, value in message.items() if name != "reasoning_details"}
    without_extra = {**message, "tool_calls": [call("f", "{}", "c1")]}

    assert said_back(without_details, RESULT) == [CALL]
    assert said_back(without_extra, RESULT) == [CALL]


def test_a_client_that_drops_unknown_fields_is_helped_by_the_memento() -> None:
    """It goes back into the message by the calls' ids."""
    message, memento = answer(THOUGHT, CALL, SECOND)
    assert memento is not None
    assert memento.calls == ("c1", "c2")
    plain: Json = {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {name: value for name, value in c.items() if name != "extra_content"} for c in message["tool_calls"]
        ],
    }

    assert said_back(plain | memento.fields, RESULT) == [THOUGHT, CALL, SECOND]


def test_without_calls_or_without_state_there_is_nothing_to_keep() -> None:
    """A memento is found by the ids of calls."""
    assert answer({"text": "Hi", "thoughtSignature": "U0lH"})[1] is None
    assert answer(SECOND)[1] is None


def test_another_models_call_has_the_documented_dummy_on_gemini_3() -> None:
    """On the first call of a step, and only there; older models ask for none."""
    foreign: Json = {"role": "assistant", "tool_calls": [call("f", "{}", "c1"), call("g", "{}", "c2")]}

    first, second = said_back(foreign, RESULT)

    assert first["thoughtSignature"] == UNSIGNED
    assert "thoughtSignature" not in second
    assert all("thoughtSignature" not in part for part in said_back(foreign, RESULT, to=FLASH))


def test_earlier_turns_need_no_signature() -> None:
    """They are not looked at once the user has spoken again."""
    foreign: Json = {"role": "assistant", "tool_calls": [call("f", "{}", "c1")]}
    done: list[Json] = [foreign, RESULT, {"role": "assistant", "content": "1."}, {"role": "user", "content": "More"}]

    assert "thoughtSignature" not in said_back(done[0], *done[1:])[0]


FOREIGN: dict[str, tuple[Json, str]] = {
    "Anthropic's": (
        {
            "reasoning_details": [
                {"type": "reasoning.text", "text": "Hm.", "signature": "x", "format": "anthropic-claude-v1"}
            ]
        },
        "messages[].reasoning_details",
    ),
    "of no format": (
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]},
        "messages[].reasoning_details",
    ),
    "a text alone": ({"reasoning_content": "Hm."}, "messages[].reasoning_content"),
    "Anthropic's blocks": (
        {"thinking_blocks": [{"type": "thinking", "thinking": "Hm."}]},
        "messages[].thinking_blocks",
    ),
}


@pytest.mark.parametrize(("fields", "name"), FOREIGN.values(), ids=FOREIGN)
def test_another_providers_state_is_never_sent_on(fields: Json, name: str) -> None:
    """It is left out, and named."""
    request, sent = wire([*HI, {"role": "assistant", "content": "Hi", **fields}, *HI])

    assert sent["contents"][1]["parts"] == [{"text": "Hi"}]
    assert request.dropped == (name,)


@pytest.mark.parametrize("details", ["x", [1], [{"format": FORMAT, "type": "reasoning.text", "text": 1}], {}])
def test_details_of_an_odd_shape_are_no_state(details: Any) -> None:
    """Clients send what they like."""
    _, sent = wire([*HI, {"role": "assistant", "content": "Hi", "reasoning_details": details}])

    assert sent["contents"][1]["parts"] == [{"text": "Hi"}]
