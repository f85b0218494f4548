"""OpenAI's wire to each vendor: what goes out, and what a whole answer becomes."""

from typing import Any

import orjson
import pytest

from tests.rig.asks import Target
from translators.base import ChatRequest, ChatResponse, WireRequest, WireResponse
from translators.dialects.chat import ChatDialect
from translators.facts import Failure, FailureKind, Usage
from translators.providers.openai import OpenAI
from translators.providers.openai.stream import OpenAIDecoder
from translators.providers.vendors import VENDORS

K = FailureKind
USER = {"role": "user", "content": "hi"}


def ask(**fields: Any) -> ChatRequest:
    """A request of a client."""
    raw = orjson.dumps({"model": "asked", "messages": [USER]} | fields)
    return ChatDialect().parse(raw, request_id="chatcmpl-ours", created=7)


def request(vendor: str, version: str | None = None, model: str = "theirs", **fields: Any) -> WireRequest:
    """The same in a vendor's words."""
    return OpenAI(VENDORS[vendor]).request(ask(**fields), Target(model, vendor, version))


def body(vendor: str, **fields: Any) -> dict[str, Any]:
    """Its body."""
    parsed: dict[str, Any] = orjson.loads(request(vendor, **fields).body)
    return parsed


# Requests


def test_a_request_goes_out_as_it_came_with_the_targets_model() -> None:
    """Unknown fields too; the client's own body is not touched, for a retry reads it again."""
    wanted = ask(temperature=0.5, vendor_field={"a": [1]}, tools=[], seed=5, user="u")
    wire = OpenAI(VENDORS["openai"]).request(wanted, Target("theirs", "openai"))

    assert (wire.method, wire.path, wire.dropped, dict(wire.headers)) == ("POST", "/chat/completions", (), {})
    assert orjson.loads(wire.body) == wanted.body | {"model": "theirs"}
    assert wanted.body["model"] == "asked"
    assert OpenAI(VENDORS["openai"]).request(wanted, Target("theirs", "openai")) == wire


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"include_obfuscation": False}])
def test_usage_is_always_asked_for_in_streams(options: Any) -> None:
    """Money depends on it; whether the client sees it is another question."""
    fields = {} if options is None else {"stream_options": options}

    assert body("openai", stream=True, **fields)["stream_options"] == (options or {}) | {"include_usage": True}


def test_whole_answers_need_no_stream_options() -> None:
    """OpenAI refuses them there."""
    assert "stream_options" not in body("openai")
    assert "stream_options" not in body("openai", stream=False)


@pytest.mark.parametrize("vendor", [name for name, row in VENDORS.items() if not row.asks_usage])
def test_a_vendor_that_refuses_to_be_asked_is_not(vendor: str) -> None:
    """Mistral answers 422; it tells its usage all the same."""
    wire = request(vendor, stream=True, stream_options={"include_usage": True})

    assert "stream_options" not in orjson.loads(wire.body)
    assert wire.dropped == ()


def test_parameters_go_by_the_vendors_names() -> None:
    """Mistral's."""
    sent = body("mistral", max_completion_tokens=5, seed=1)

    assert (sent["max_tokens"], sent["random_seed"]) == (5, 1)
    assert not {"max_completion_tokens", "seed"} & sent.keys()


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({"max_tokens": 5, "max_completion_tokens": None}, 5),
        ({"max_tokens": None, "max_completion_tokens": 5}, 5),
        ({"max_completion_tokens": None}, None),
        ({"random_seed": 1, "seed": 2, "max_tokens": 5}, 5),
    ],
)
def test_a_rename_never_overwrites_what_is_set(fields: dict[str, Any], limit: int | None) -> None:
    """Null is not set."""
    sent = body("mistral", **fields)

    assert sent.get("max_tokens") == limit
    assert sent.get("random_seed") == fields.get("random_seed")


def test_advisory_parameters_are_left_out_by_name() -> None:
    """Those that are set to something."""
    wire = request("mistral", store=True, user="u", verbosity=None, logprobs=False)

    assert not {"store", "user", "verbosity"} & orjson.loads(wire.body).keys()
    assert wire.dropped == ("store", "user")


def test_fields_of_messages_are_left_out_by_name() -> None:
    """Clients send back what they were answered; strict vendors refuse what they do not know."""
    answer: dict[str, Any] = {
        "role": "assistant",
        "content": "a",
        "refusal": None,
        "annotations": [],
        "reasoning_content": "hm",
    }
    named = {"role": "user", "content": "hi", "name": "ann"}
    wire = request("perplexity", messages=[named, answer, named])

    assert orjson.loads(wire.body)["messages"] == [USER, {"role": "assistant", "content": "a"}, USER]
    assert wire.dropped == ("messages[].name", "messages[].reasoning_content")


@pytest.mark.parametrize(("vendor", "role"), [("openai", "developer"), ("deepseek", "system"), ("vllm", "system")])
def test_the_developer_is_the_system_where_it_is_unknown(vendor: str, role: str) -> None:
    """OpenAI defines them as the same."""
    message = {"role": "developer", "content": "be nice"}

    assert body(vendor, messages=[message, USER])["messages"] == [message | {"role": role}, USER]


@pytest.mark.parametrize(
    ("vendor", "version", "path"),
    [
        ("openai", None, "/chat/completions"),
        ("openai", "2024-10-21", "/chat/completions"),
        ("azure", None, "/openai/v1/chat/completions"),
        ("azure", "preview", "/openai/v1/chat/completions?api-version=preview"),
        ("azure", "2024-10-21", "/openai/deployments/theirs/chat/completions?api-version=2024-10-21"),
    ],
)
def test_a_pinned_version_chooses_azures_path(vendor: str, version: str | None, path: str) -> None:
    """The deployment is in the dated one."""
    assert request(vendor, version).path == path


def test_a_models_name_cannot_leave_its_place_in_a_path() -> None:
    """Nor can a version's."""
    path = request("azure", "1&x=y", model="a/../b?c#d").path

    assert path == "/openai/deployments/a%2F..%2Fb%3Fc%23d/chat/completions?api-version=1%26x%3Dy"


def test_a_vendors_headers_go_along() -> None:
    """Copilot answers 400 without them."""
    assert set(request("copilot").headers) == {"copilot-integration-id", "editor-version"}


# What a vendor lacks


@pytest.mark.parametrize(
    ("vendor", "fields", "names"),
    [
        ("openai", {"logprobs": True, "n": 2, "logit_bias": {"1": 1}}, ()),
        ("groq", {"logprobs": True, "top_logprobs": 2, "n": 2}, ("logprobs", "top_logprobs", "n")),
        ("groq", {"logprobs": False, "top_logprobs": 0, "n": 1, "logit_bias": {}}, ()),
        ("groq", {"logit_bias": {"1": 1}}, ()),
        ("zai", {"response_format": {"type": "json_schema"}}, ("response_format.json_schema",)),
        ("deepseek", {"response_format": {"type": "json_object"}}, ()),
        ("deepseek", {"response_format": None, "n": None}, ()),
        ("perplexity", {"tools": [{"function": {"name": "f"}}]}, ("tools",)),
        ("perplexity", {"tools": []}, ()),
        ("openai", {"tools": [{"type": "of_tomorrow"}], "response_format": {"type": "of_tomorrow"}}, ()),
    ],
)
def test_binding_parameters_that_a_vendor_lacks_are_named(vendor: str, fields: Any, names: tuple[str, ...]) -> None:
    """A target that cannot honour them is no candidate; set to nothing, they bind nobody."""
    assert OpenAI(VENDORS[vendor]).unsupported(ask(**fields), Target("theirs", vendor)) == names


def test_what_a_vendor_lacks_is_not_sent_when_it_says_nothing() -> None:
    """Groq refuses ``logprobs: false`` too."""
    wire = request("groq", logprobs=False)

    assert "logprobs" not in orjson.loads(wire.body)
    assert wire.dropped == ()


# Answers


MESSAGE = {"role": "assistant", "content": "hello"}
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def answer(**fields: Any) -> dict[str, Any]:
    """An answer that needs no mending."""
    choice = {"index": 0, "message": MESSAGE, "finish_reason": "stop"}
    head = {"id": "x", "object": "chat.completion", "created": 1, "model": "m"}
    return head | {"choices": [choice], "usage": USAGE} | fields


def read(document: Any, **headers: str) -> ChatResponse | Failure:
    """An answer, read."""
    raw = document if type(document) is bytes else orjson.dumps(document)
    return OpenAI(VENDORS["openai"]).response(ask(), WireResponse(200, headers, raw), Target())


def mended(document: Any) -> Any:
    """An answer, read and parsed."""
    response = read(document)
    assert isinstance(response, ChatResponse)
    return orjson.loads(response.body)


def test_an_answer_that_is_right_passes_as_the_same_bytes() -> None:
    """Spaces, order, numbers and all."""
    raw = orjson.dumps(answer(cost=1e-7), option=orjson.OPT_INDENT_2)
    response = read(raw)

    assert isinstance(response, ChatResponse)
    assert response.body is raw
    assert response.usage == Usage(10, 5)


def test_missing_fields_are_filled_in() -> None:
    """Copilot's answers have neither ``object`` nor ``created``."""
    assert mended({"choices": answer()["choices"]}) == {
        "choices": answer()["choices"],
        "object": "chat.completion",
        "id": "chatcmpl-ours",
        "model": "asked",
        "created": 7,
    }


def test_a_filtered_answer_without_a_message_gets_an_empty_one() -> None:
    """Azure's; the filter's results stay."""
    choice = {"index": 0, "finish_reason": "content_filter", "content_filter_results": {"hate": {"filtered": True}}}

    assert mended(answer(choices=[choice]))["choices"] == [choice | {"message": {"role": "assistant", "content": None}}]


def test_calls_and_reasoning_are_mended() -> None:
    """See ``test_openai_repair.py``."""
    message = {"content": "", "reasoning": "hm", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}
    choice = mended(answer(choices=[{"message": message, "finish_reason": "eos"}]))["choices"][0]

    assert choice["index"] == 0
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["reasoning_content"] == "hm"
    assert choice["message"]["tool_calls"] == [{"function": {"name": "f", "arguments": "{}"}, "type": "function"}]


def test_reasoning_beside_the_output_is_told_as_openai_counts() -> None:
    """xAI's way."""
    usage = USAGE | {"total_tokens": 22, "completion_tokens_details": {"reasoning_tokens": 7}}

    assert mended(answer(usage=usage))["usage"] == usage | {"completion_tokens": 12}


@pytest.mark.parametrize("bad", [-1, None, "7", 10**12])
def test_usage_that_is_none_is_not_shown(bad: Any) -> None:
    """F11: clients add counts up, so one below zero is worse than none."""
    said = answer(usage=USAGE | {"completion_tokens": bad})

    assert "usage" not in mended(said)


def test_an_answer_may_say_nothing_of_its_usage() -> None:
    """Then somebody has to estimate it."""
    response = read(answer(usage=None))

    assert isinstance(response, ChatResponse)
    assert response.usage is None


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"<html>",
        [],
        None,
        "x",
        {},
        {"choices": None},
        {"choices": {}},
        {"choices": []},
        {"choices": [1]},
        {"choices": ["x"]},
        orjson.dumps(answer(id="")).replace(b'"hello"', b"[" * 500 + b"]" * 500),
    ],
)
def test_what_is_no_answer_is_garbled(document: Any) -> None:
    """F7: truncated, HTML, of the wrong shape, or deeper than can be written."""
    failure = read(document)

    assert isinstance(failure, Failure)
    assert (failure.kind, failure.reached_model) == (K.GARBLED, True)


def test_an_error_inside_a_200_is_that_error() -> None:
    """With the headers' advice."""
    failure = read({"error": {"message": "slow", "code": 429}}, **{"retry-after": "3"})

    assert isinstance(failure, Failure)
    assert (failure.kind, failure.retry_after) == (K.RATE_LIMITED, 3.0)


def test_a_finish_that_is_none_is_a_failure() -> None:
    """DeepSeek's."""
    failure = read(answer(choices=[{"index": 0, "message": MESSAGE, "finish_reason": "insufficient_system_resource"}]))

    assert isinstance(failure, Failure)
    assert failure.kind is K.OVERLOADED


def test_other_answers_and_streams_have_their_readers() -> None:
    """See ``test_errors.py`` and ``test_stream.py``."""
    translator = OpenAI(VENDORS["openai"])

    assert translator.failure(WireResponse(503, {}, b"")).kind is K.OVERLOADED
    assert isinstance(translator.decoder(ask(), Target()), OpenAIDecoder)


def test_a_search_with_its_defaults_is_asked_for_by_an_empty_object() -> None:
    """``{}`` is no "unset": a vendor without the search is no candidate."""
    assert OpenAI(VENDORS["mistral"]).unsupported(ask(web_search_options={}), Target("theirs", "mistral")) == (
        "web_search_options",
    )
