"""OpenAI's embeddings as clients speak them: every form of input, and D7 to D24 for the rest."""

from typing import Any

import orjson
import pytest

from translators.base import EmbeddingsRequest, EmbeddingsResponse, Malformed
from translators.dialects.embeddings import MOST_INPUTS, MOST_TOKENS, EmbeddingsDialect
from translators.facts import Endpoint

DIALECT = EmbeddingsDialect()
BASE: dict[str, Any] = {"model": "embed", "input": "Hi"}
EMPTY = "Expected a string with minimum length 1, but got an empty string instead."


def parse(**fields: Any) -> EmbeddingsRequest:
    """A body with these fields, parsed."""
    return DIALECT.parse(orjson.dumps(BASE | fields), request_id="ours", created=7)


def fault_of(raw: bytes) -> Malformed:
    """Why a body is refused."""
    with pytest.raises(Malformed) as caught:
        DIALECT.parse(raw, request_id="ours", created=7)
    return caught.value


def refused(**fields: Any) -> tuple[str, str | None, str]:
    """Code, param and message for which a body with these fields is refused with a 400."""
    fault = fault_of(orjson.dumps(BASE | fields))
    assert fault.status == 400
    return fault.code, fault.param, fault.message


def test_a_request_is_read() -> None:
    """Everything later stages need is on it."""
    raw = orjson.dumps(BASE | {"encoding_format": "base64", "dimensions": 8, "switchgear": {"tags": ["x"]}})
    ask = DIALECT.parse(raw, request_id="ours", created=7)

    assert (ask.id, ask.created, ask.raw, ask.model) == ("ours", 7, raw, "embed")
    assert (ask.inputs, ask.encoding, ask.dimensions) == (("Hi",), "base64", 8)
    assert ask.hints == {"tags": ["x"]}
    assert "switchgear" not in ask.body
    assert not ask.stream
    assert (DIALECT.endpoint, DIALECT.prompt) == (Endpoint.EMBEDDINGS, "input")


@pytest.mark.parametrize(
    ("value", "inputs"),
    [
        ("Hi", ("Hi",)),
        (["Hi"], ("Hi",)),
        (["Hi", "there"], ("Hi", "there")),
        ([1, 2, 3], ((1, 2, 3),)),
        ([[1, 2], [3]], ((1, 2), (3,))),
        ([" "], (" ",)),
        (["x"] * MOST_INPUTS, ("x",) * MOST_INPUTS),
        ([0] * 5000, ((0,) * 5000,)),
    ],
)
def test_every_form_of_input_is_read(value: Any, inputs: Any) -> None:
    """A text, texts, tokens, runs of tokens; the limit of 2048 is for inputs, not for the tokens of one."""
    assert parse(input=value).inputs == inputs


def test_null_is_as_good_as_absent() -> None:
    """SDKs send it for what they were not given."""
    ask = parse(encoding_format=None, dimensions=None, user=None)

    assert (ask.encoding, ask.dimensions, ask.uses) == ("float", None, ())


@pytest.mark.parametrize(
    ("fields", "uses"),
    [
        ({}, ()),
        ({"encoding_format": "base64"}, ()),
        ({"user": ""}, ()),
        ({"input": ["one"]}, ()),
        ({"dimensions": 3, "user": "u1"}, ("dimensions", "user")),
        ({"input": ["one", "two"]}, ("input[]",)),
        ({"input": [1, 2]}, ("input.tokens",)),
        ({"input": [[1], [2]], "input_type": "query"}, ("input_type", "input[]", "input.tokens")),
    ],
)
def test_what_it_asks_for_beyond_the_defaults_has_names(fields: dict[str, Any], uses: tuple[str, ...]) -> None:
    """Wire formats say by these what they can do; the encoding is no matter, since it can be made here."""
    assert parse(**fields).uses == uses


@pytest.mark.parametrize(
    ("value", "code", "param", "message"),
    [
        (None, "missing_required_parameter", "input", "Missing required parameter: 'input'."),
        ("", "empty_string", "input", f"Invalid 'input': empty string. {EMPTY}"),
        (["a", ""], "empty_string", "input[1]", f"Invalid 'input[1]': empty string. {EMPTY}"),
        ([], "empty_array", "input", None),
        ([[]], "empty_array", "input[0]", None),
        ([[1], []], "empty_array", "input[1]", None),
        (5, "invalid_type", "input", None),
        ({"text": "a"}, "invalid_type", "input", None),
        ([1.5], "invalid_type", "input[0]", None),
        ([True], "invalid_type", "input[0]", None),
        ([None], "invalid_type", "input[0]", None),
        ([{"a": 1}], "invalid_type", "input[0]", None),
        (["a", 1], "invalid_type", "input[1]", None),
        ([1, "a"], "invalid_type", "input[1]", None),
        ([1, True], "invalid_type", "input[1]", None),
        ([1, 2.0], "invalid_type", "input[1]", None),
        ([[1], "a"], "invalid_type", "input[1]", None),
        ([[1, "a"]], "invalid_type", "input[0][1]", None),
        ([[[1]]], "invalid_type", "input[0][0]", None),
        ([1, -1], "integer_below_min_value", "input[1]", None),
        (["x"] * (MOST_INPUTS + 1), "array_above_max_length", "input", None),
        ([[1]] * (MOST_INPUTS + 1), "array_above_max_length", "input", None),
        (
            [1] * (MOST_TOKENS + 1),
            "max_tokens_per_request",
            "input",
            "Requested 300001 tokens, max 300000 tokens per request.",
        ),
        ([[1] * 200_000, [1] * 100_001], "max_tokens_per_request", "input", None),
    ],
)
def test_an_input_that_is_none_is_refused(value: Any, code: str, param: str, message: str | None) -> None:
    """By code and place, as OpenAI has them; D10, D11."""
    said = refused(input=value)

    assert said[:2] == (code, param)
    assert message is None or said[2] == message


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"encoding_format": "hex"}, "invalid_value", "encoding_format"),
        ({"encoding_format": 1}, "invalid_type", "encoding_format"),
        ({"dimensions": 0}, "integer_below_min_value", "dimensions"),
        ({"dimensions": 1.5}, "invalid_type", "dimensions"),
        ({"dimensions": True}, "invalid_type", "dimensions"),
        ({"user": 5}, "invalid_type", "user"),
        ({"user": "u" * 257}, "string_above_max_length", "user"),
        ({"model": None}, "missing_required_parameter", "model"),
        ({"model": 5}, "invalid_type", "model"),
        ({"switchgear": 5}, "invalid_type", "switchgear"),
        ({"api_base": "http://x"}, "unknown_parameter", "api_base"),
        ({"api_key": "k"}, "unknown_parameter", "api_key"),
    ],
)
def test_other_fields_are_held_to_what_they_are(fields: dict[str, Any], code: str, param: str) -> None:
    """The same rules as for chat: D10 to D12."""
    assert refused(**fields)[:2] == (code, param)


@pytest.mark.parametrize("name", ["../x", "a\nb", "m" * 300])
def test_a_name_that_can_be_no_model_is_unknown(name: str) -> None:
    """D14."""
    fault = fault_of(orjson.dumps(BASE | {"model": name}))

    assert (fault.status, fault.code) == (404, "model_not_found")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b'"text"', "invalid_type"),
        (b'{"model":"m","input":"a","x":' + b"[" * 70 + b"]" * 70 + b"}", "json_too_complex"),
        (b'{"model":"m","input":[%b]}' % (b"1" * 70), "json_too_complex"),
        (b'{"model":"m","input":"a","x":[%b1]}' % (b"1," * 200_001), "json_too_complex"),
        (b'{"model":"m","input":' + b"[" * 2000, "json_too_complex"),
    ],
)
def test_a_body_that_is_none_is_refused(raw: bytes, code: str) -> None:
    """D7, D8, D10."""
    fault = fault_of(raw)

    assert (fault.status, fault.code) == (400, code)


def test_as_many_tokens_as_openai_takes_are_not_too_complex() -> None:
    """D8 is for documents that nobody writes; these are written by every client that cuts texts by tokens."""
    assert len(parse(input=[[5] * 1000] * 300).inputs) == 300


def test_the_answer_is_what_the_client_gets() -> None:
    """The canonical form is the client's."""
    assert DIALECT.render(parse(), EmbeddingsResponse(b"{}", None)) == b"{}"


def test_nothing_is_added_to_an_answer_that_comes_whole() -> None:
    """Its length has been told; and a stream of it is nobody's to ask for."""
    encoder = DIALECT.encoder(parse())

    assert encoder.fail({"message": "x"}) + encoder.ping() == b""
    with pytest.raises(TypeError):
        encoder.feed(b"data: {}\n\n")
    with pytest.raises(TypeError):
        encoder.close()
