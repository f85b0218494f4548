"""OpenAI's chat completions as clients speak them: D7 to D24, and the ends of a stream."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rig.recordings import Case, params
from translators.base import ChatRequest, ChatResponse, Malformed
from translators.dialects.chat import ChatDialect
from translators.facts import Endpoint

DIALECT = ChatDialect()
USER = {"role": "user", "content": "hi"}
BASE: dict[str, Any] = {"model": "gpt-4o", "messages": [USER]}


def parse(raw: bytes) -> ChatRequest:
    """A body, parsed."""
    return DIALECT.parse(raw, request_id="chatcmpl-1", created=7)


def fault_of(body: Any) -> Malformed:
    """Why a body is refused."""
    with pytest.raises(Malformed) as caught:
        parse(body if type(body) is bytes else orjson.dumps(body))
    return caught.value


def refused(**fields: Any) -> tuple[str, str | None]:
    """Code and param for which a body with these fields is refused with a 400."""
    fault = fault_of(BASE | fields)
    assert fault.status == 400
    return fault.code, fault.param


def test_a_request_is_read() -> None:
    """Everything later stages need is on it."""
    raw = orjson.dumps(BASE | {"stream": True, "stream_options": {"include_usage": True}, "vendor_field": [1]})
    ask = parse(raw)

    assert (ask.id, ask.created, ask.raw, ask.model) == ("chatcmpl-1", 7, raw, "gpt-4o")
    assert (ask.stream, ask.include_usage, ask.hints) == (True, True, {})
    assert ask.body == orjson.loads(raw)
    assert DIALECT.endpoint is Endpoint.CHAT


@pytest.mark.parametrize("case", params(failed=False))
def test_every_recorded_request_is_legal(case: Case) -> None:
    """What real clients sent to real providers, vendor fields and all."""
    if case.api == "openai.chat":
        ask = parse(orjson.dumps(case.request))

        assert ask.body == case.request


def test_our_own_object_is_taken_out_of_the_body() -> None:
    """It is for us, not for an upstream."""
    ask = parse(orjson.dumps(BASE | {"switchgear": {"tags": ["a"]}}))

    assert ask.hints == {"tags": ["a"]}
    assert ask.body == BASE


def test_our_own_object_has_to_be_one() -> None:
    """Its content is read elsewhere."""
    assert refused(switchgear=["a"]) == ("invalid_type", "switchgear")


# D7


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"  ",
        b"{",
        b'{"a":1} x',
        b'{"a":1,}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e400}',
        b'// x\n{"a":1}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\x01"}',
        b"{'a':1}",
    ],
)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    """D7."""
    fault = fault_of(raw)

    assert (fault.status, fault.code, fault.param) == (400, "invalid_json", None)


# D8


@pytest.mark.parametrize("levels", [65, 300, 5000])
def test_what_is_nested_too_deep_is_refused(levels: int) -> None:
    """D8: orjson would read 1024 levels and write 254."""
    raw = b'{"model":"m","messages":[{"role":"user","content":"x"}],"x":' + b"[" * levels + b"]" * levels + b"}"

    assert (fault_of(raw).code, fault_of(raw).param) == ("json_too_complex", None)


def test_what_is_nested_less_deep_passes() -> None:
    """64 levels in all; brackets in a text are none."""
    raw = (
        b'{"model":"m","messages":[{"role":"user","content":"' + b"[" * 500 + b'"}],"x":' + b"[" * 63 + b"]" * 63 + b"}"
    )

    assert parse(raw).model == "m"


def test_too_many_values_are_refused() -> None:
    """D8."""
    assert refused(x=[0] * 200_001) == ("json_too_complex", None)
    assert refused(x=[[]] * 200_001) == ("json_too_complex", None)


def test_many_commas_in_a_text_are_no_values() -> None:
    """A long text is none the more complex."""
    text = "a, b: c[" * 60_000

    assert parse(orjson.dumps({"model": "m", "messages": [{"role": "user", "content": text}]})).model == "m"


@pytest.mark.parametrize("offset", range(8))
@pytest.mark.parametrize("number", [b"1" * 65, b"0." + b"3" * 63, b"-" + b"9" * 500, b"1" + b"0" * 62 + b"e1"])
def test_numbers_too_long_are_refused(number: bytes, offset: int) -> None:
    """D8, wherever they stand."""
    raw = b" " * offset + b'{"model":"m","messages":[{"role":"user","content":"x"}],"seed":' + number + b"}"

    assert fault_of(raw).code == "json_too_complex"


def test_long_runs_of_digits_in_a_text_are_no_numbers() -> None:
    """Base64 and decimals of pi are texts."""
    content = '"\\' + "3" * 1000 + '"'

    assert parse(orjson.dumps({"model": "m", "messages": [{"role": "user", "content": content}]})).model == "m"


def test_a_number_of_64_digits_passes_that_check() -> None:
    """It is a float by then, and so no integer."""
    raw = b'{"model":"m","messages":[{"role":"user","content":"x"}],"vendor":' + b"1" * 64 + b"}"

    assert parse(raw).body["vendor"] == float("1" * 64)


# D10, D11, D12, D14


@pytest.mark.parametrize("body", [[], "x", 1, None, True])
def test_the_body_has_to_be_an_object(body: Any) -> None:
    """D10."""
    assert (fault_of(body).code, fault_of(body).param) == ("invalid_type", None)


INTEGERS = ("max_tokens", "max_completion_tokens", "n", "top_logprobs", "seed")
DECIMALS = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
BOOLEANS = ("stream", "logprobs", "parallel_tool_calls", "store")
STRINGS = ("model", "user", "service_tier", "reasoning_effort", "verbosity", "prompt_cache_key", "safety_identifier")
OBJECTS = ("metadata", "logit_bias", "response_format", "audio", "prediction", "web_search_options")
ARRAYS = ("messages", "tools", "modalities", "functions")


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field in INTEGERS for value in (True, "5", 1.5, 1e5, [], {})]
    + [(field, value) for field in DECIMALS for value in (True, "0.5", [], {})]
    + [(field, value) for field in BOOLEANS for value in (1, 0, "true", [])]
    + [(field, value) for field in STRINGS for value in (1, True, [], {})]
    + [(field, value) for field in OBJECTS for value in (1, "x", [], True)]
    + [(field, value) for field in ARRAYS for value in (1, "x", {}, True)]
    + [(field, value) for field in ("stop", "tool_choice", "function_call", "stream_options") for value in (1, True)],
)
def test_a_wrong_type_is_refused_by_name(field: str, value: Any) -> None:
    """D10: ``true`` is no integer, nor is ``1.0``."""
    assert refused(**{field: value}) == ("invalid_type", field)


def test_null_is_as_good_as_absent() -> None:
    """SDKs send it for what is not set."""
    names = {*INTEGERS, *DECIMALS, *BOOLEANS, *STRINGS, *OBJECTS, *ARRAYS, "stop"} - {"model", "messages"}
    body = BASE | dict.fromkeys(names) | {"stream_options": None, "switchgear": None}

    assert parse(orjson.dumps(body)).model == "gpt-4o"


@pytest.mark.parametrize("field", ["model", "messages"])
@pytest.mark.parametrize("gone", [True, False])
def test_what_is_required_is_missed_by_name(field: str, gone: bool) -> None:
    """D11, absent or null."""
    body = {name: value for name, value in BASE.items() if name != field} | ({} if gone else {field: None})
    fault = fault_of(body)

    assert (fault.code, fault.param) == ("missing_required_parameter", field)
    assert fault.message == f"Missing required parameter: '{field}'."


@pytest.mark.parametrize("field", ["api_base", "base_url", "api_key", "extra_headers", "organization"])
@pytest.mark.parametrize("value", ["x", None, {}])
def test_fields_that_would_choose_the_upstream_are_refused(field: str, value: Any) -> None:
    """D12, always."""
    assert refused(**{field: value}) == ("unknown_parameter", field)


def test_metadata_that_looks_like_ours_is_refused() -> None:
    """D12."""
    assert refused(metadata={"switchgear_user": "x"}) == ("unknown_parameter", "metadata.switchgear_user")


@pytest.mark.parametrize("model", ["x" * 257, "a\r\nb", "a\x00", "../../admin", "{deployment}"])
def test_a_name_that_cannot_be_a_models_is_an_unknown_model(model: str) -> None:
    """D14: it may become part of a path."""
    fault = fault_of(BASE | {"model": model})

    assert (fault.status, fault.code, fault.param) == (404, "model_not_found", None)


def test_an_empty_model_is_missing() -> None:
    """As OpenAI has it."""
    assert refused(model="") == ("missing_required_parameter", "model")


# D15, D16, D17, D21, D24


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("max_tokens", 0, "integer_below_min_value"),
        ("max_tokens", -1, "integer_below_min_value"),
        ("max_completion_tokens", 0, "integer_below_min_value"),
        ("n", 0, "integer_below_min_value"),
        ("n", 9, "integer_above_max_value"),
        ("best_of", 9, "integer_above_max_value"),
        ("top_logprobs", -1, "integer_below_min_value"),
        ("top_logprobs", 21, "integer_above_max_value"),
        ("temperature", 2.1, "decimal_above_max_value"),
        ("temperature", -0.1, "decimal_below_min_value"),
        ("temperature", 3, "decimal_above_max_value"),
        ("top_p", 1.01, "decimal_above_max_value"),
        ("top_p", -1, "decimal_below_min_value"),
        ("frequency_penalty", 2.5, "decimal_above_max_value"),
        ("presence_penalty", -2.5, "decimal_below_min_value"),
        ("stop", ["a"] * 5, "array_above_max_length"),
        ("logit_bias", {str(i): 1 for i in range(1025)}, "object_above_max_properties"),
        ("metadata", {str(i): "x" for i in range(17)}, "object_above_max_properties"),
        ("metadata", {"x" * 65: "x"}, "string_above_max_length"),
        ("stream_options", {"include_usage": True}, "invalid_value"),
    ],
)
def test_a_value_out_of_range_is_refused(field: str, value: Any, code: str) -> None:
    """D15, D16, D17, D21, D24."""
    assert refused(**{field: value}) == (code, field)


@pytest.mark.parametrize(
    ("field", "value", "code", "param"),
    [
        ("metadata", {"k": "x" * 513}, "string_above_max_length", "metadata.k"),
        ("metadata", {"k": 1}, "invalid_type", "metadata.k"),
        ("logit_bias", {"50256": 101}, "decimal_above_max_value", "logit_bias.50256"),
        ("stop", ["a", 1], "invalid_type", "stop[1]"),
        ("modalities", [1], "invalid_type", "modalities[0]"),
        ("response_format", {}, "missing_required_parameter", "response_format.type"),
        ("response_format", {"type": 1}, "invalid_type", "response_format.type"),
        ("response_format", {"type": "json_schema", "json_schema": 1}, "invalid_type", "response_format.json_schema"),
        (
            "response_format",
            {"type": "json_schema", "json_schema": {"name": "a", "schema": []}},
            "invalid_type",
            "response_format.json_schema.schema",
        ),
        ("tool_choice", {"type": 1}, "invalid_type", "tool_choice.type"),
        ("tool_choice", {"type": "function", "function": "f"}, "invalid_type", "tool_choice.function"),
        ("tool_choice", {"function": {}}, "missing_required_parameter", "tool_choice.function.name"),
        ("function_call", {}, "missing_required_parameter", "function_call.name"),
        ("function_call", {"name": 1}, "invalid_type", "function_call.name"),
    ],
)
def test_what_is_wrong_inside_is_named_by_its_path(field: str, value: Any, code: str, param: str) -> None:
    """D21."""
    assert refused(**{field: value}) == (code, param)


def test_both_limits_of_tokens_are_one_too_many() -> None:
    """D15."""
    assert refused(max_tokens=5, max_completion_tokens=5) == ("invalid_value", "max_tokens")


def test_stream_options_want_booleans() -> None:
    """D24."""
    assert refused(stream=True, stream_options={"include_usage": 1}) == ("invalid_type", "stream_options.include_usage")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 8),
        ("top_logprobs", 20),
        ("temperature", 2),
        ("temperature", 0),
        ("top_p", 1.0),
        ("stop", ["a"] * 4),
        ("stop", "a"),
        ("logit_bias", {str(i): 100 for i in range(1024)}),
        ("metadata", {"k" * 64 if i == 0 else str(i): "x" * 512 for i in range(16)}),
        ("tool_choice", "required"),
        ("tool_choice", {"type": "function", "function": {"name": "f"}}),
        ("tool_choice", {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}),
        ("function_call", "none"),
        ("response_format", {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}),
        ("response_format", {"type": "json_object"}),
    ],
)
def test_the_ends_of_a_range_are_in_it(field: str, value: Any) -> None:
    """Limits are inclusive."""
    assert parse(orjson.dumps(BASE | {field: value})).body[field] == value


def test_messages_speak_openais_words() -> None:
    """People know them by heart."""
    assert fault_of(BASE | {"temperature": 3}).message == (
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead."
    )
    assert fault_of(BASE | {"n": True}).message == (
        "Invalid type for 'n': expected an integer, but got a boolean instead."
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([*INTEGERS, *DECIMALS, *BOOLEANS, *STRINGS, *OBJECTS, *ARRAYS, "stop", "stream_options", "x"])


@settings(deadline=None)
@given(st.dictionaries(FIELDS, JSON, max_size=5))
def test_no_body_gets_anything_but_a_request_or_a_refusal(fields: dict[str, Any]) -> None:
    """I19: never a fault, and no refusal repeats much of its input."""
    fault = None
    try:
        parse(orjson.dumps(BASE | fields))
    except Malformed as caught:
        fault = caught

    assert fault is None or (fault.status in (400, 404) and len(fault.message) < 512 and fault.message.isprintable())


# The way back


def test_an_answer_is_rendered_as_it_is() -> None:
    """Canonical form and client's form are one."""
    ask = parse(orjson.dumps(BASE))

    assert DIALECT.render(ask, ChatResponse(b'{"id":1}', None)) == b'{"id":1}'


def test_a_stream_ends_in_done_or_in_one_error_frame() -> None:
    """Never both (K8)."""
    encoder = DIALECT.encoder(parse(orjson.dumps(BASE)))

    assert encoder.feed(b'data: {"a":1}\n\n') == b'data: {"a":1}\n\n'
    assert encoder.ping() == b": keep-alive\n\n"
    assert encoder.close() == b"data: [DONE]\n\n"
    assert encoder.fail({"message": "m"}) == b'data: {"error":{"message":"m"}}\n\n'
