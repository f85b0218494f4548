"""The demo provider: how it fails, by rehearsal and because it must."""

from typing import Any

import orjson
import pytest

from tests.translators.providers.demo.demo_asks import CREATED, asked, body_of, error_of, json_of
from translators.base import WireRequest
from translators.providers.demo import End, answer


@pytest.mark.parametrize(
    ("model", "status", "code", "param"),
    [
        ("down", 503, None, None),
        ("limited", 429, "rate_limit_exceeded", None),
        ("refuse", 400, "content_filter", "prompt"),
        ("echo?status=500", 500, None, None),
        ("echo?status=401", 401, "invalid_api_key", None),
        ("echo?status=404", 404, "model_not_found", None),
        ("echo?status=418", 418, None, None),
        ("limited?status=503", 503, None, None),
        ("gpt-4o", 404, "model_not_found", None),
        ("echo?color=red", 400, "invalid_value", "model"),
        ("echo?", 400, "invalid_value", "model"),
        ("echo?gap=1ms&gap=2ms", 400, "invalid_value", "model"),
        ("echo?delay=soon", 400, "invalid_value", "model"),
        ("echo?tokens=0", 400, "invalid_value", "model"),
        ("echo?fail=2", 400, "invalid_value", "model"),
        ("echo?status=200", 400, "invalid_value", "model"),
    ],
)
def test_errors_are_openais(model: str, status: int, code: str | None, param: str | None) -> None:
    """Rehearsed or deserved, with OpenAI's four fields."""
    assert error_of(asked(model)) == (status, code, param)


@pytest.mark.parametrize(
    ("model", "header"),
    [("limited", "1"), ("down", None), ("down?retry_after=2", "2"), ("echo?status=429&retry_after=1.5s", "1.5")],
)
def test_a_failure_says_when_to_come_back(model: str, header: str | None) -> None:
    """``retry_after`` is in seconds."""
    assert asked(model).headers.get("retry-after") == header


@pytest.mark.parametrize(
    ("dice", "status"), [([0.5], 200), ([0.49, 0.0], 500), ([0.0, 0.25], 429), ([0.0, 0.5], 503), ([0.0, 0.99], 200)]
)
def test_flaky_fails_by_dice(dice: list[float], status: int) -> None:
    """Half of the time, in one of four ways; the last is an answer cut short."""
    assert asked("flaky", dice=dice).status == status


@pytest.mark.parametrize(("roll", "status"), [(0.29, 503), (0.3, 200)])
def test_the_odds_can_be_set(roll: float, status: int) -> None:
    """``fail`` is a probability."""
    assert asked("echo?fail=0.3", dice=[roll]).status == status


@pytest.mark.parametrize("options", ["fail=0.3&status=500", "status=500&fail=0.3"])
def test_a_status_with_odds_fails_by_them(options: str) -> None:
    """A status alone always fails; the order of options does not matter."""
    assert asked(f"echo?{options}", dice=[0.5]).status == 200
    assert asked(f"echo?{options}", dice=[0.1]).status == 500


def test_a_hanging_model_never_answers() -> None:
    """Not even a head comes."""
    assert asked("hang").wait is None


@pytest.mark.parametrize(("model", "end"), [("cut", End.CUT), ("stall", End.STALL)])
def test_a_broken_stream_ends_in_its_middle(model: str, end: End) -> None:
    """Some content, no finish, no ``[DONE]``."""
    script = asked(model, "one two three four", stream=True)
    events = body_of(script).split(b"\n\n")

    assert script.end is end
    assert [orjson.loads(event[6:])["choices"][0]["delta"].get("content") for event in events[:-1]] == [
        "",
        "one",
        " two",
    ]


@pytest.mark.parametrize(("model", "end"), [("cut", End.PROPER), ("stall", End.STALL)])
def test_a_broken_whole_answer_is_truncated(model: str, end: End) -> None:
    """What comes is no JSON."""
    script = asked(model)

    assert script.end is end
    with pytest.raises(orjson.JSONDecodeError):
        json_of(script)


@pytest.mark.parametrize(
    ("extra", "code", "param"),
    [
        ({"messages": []}, "invalid_type", "messages"),
        ({"messages": ["x"]}, "invalid_type", "messages"),
        ({"model": 5}, "missing_required_parameter", "model"),
        ({"n": 0.5}, "invalid_value", "n"),
        ({"n": 1000}, "invalid_value", "n"),
        ({"reasoning_effort": "herculean"}, "invalid_value", "reasoning_effort"),
        ({"tools": [{"type": "function"}]}, "invalid_type", None),
        ({"tools": 5}, "invalid_type", None),
        ({"stream": True, "stream_options": 5}, "invalid_type", None),
    ],
)
def test_a_wrong_request_is_a_400(extra: dict[str, Any], code: str, param: str | None) -> None:
    """It is said what is wrong, where that is known."""
    body = {"model": "echo", "messages": [{"role": "user", "content": "x"}], **extra}

    script = answer(WireRequest("/chat/completions", orjson.dumps(body)), lambda: 0.0, CREATED)

    assert error_of(script) == (400, code, param)


def test_a_body_that_is_no_json_is_a_400() -> None:
    """As at OpenAI."""
    assert error_of(answer(WireRequest("/chat/completions", b"{"), lambda: 0.0, CREATED)) == (400, "invalid_json", None)


def test_other_paths_are_unknown() -> None:
    """It speaks of chat and embeddings alone."""
    assert error_of(answer(WireRequest("/responses", b"{}"), lambda: 0.0, CREATED)) == (404, "unknown_url", None)
