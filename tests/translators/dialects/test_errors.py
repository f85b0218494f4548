"""What a client sees of a failure (D26 to D35)."""

import orjson
import pytest

from translators.base import Malformed
from translators.dialects import errors
from translators.facts import Failure, FailureKind

K = FailureKind
SERVER, REQUEST = "server_error", "invalid_request_error"

TABLE = [
    (K.BAD_REQUEST, 400, REQUEST, None),
    (K.CONTEXT_LENGTH, 400, REQUEST, "context_length_exceeded"),
    (K.CONTENT_FILTER, 400, REQUEST, "content_policy_violation"),
    (K.NOT_FOUND, 404, REQUEST, "model_not_found"),
    (K.RATE_LIMITED, 429, "requests", "rate_limit_exceeded"),
    (K.EXHAUSTED, 429, "insufficient_quota", "insufficient_quota"),
    (K.CANCELLED, 499, REQUEST, "client_closed_request"),
    (K.AUTH, 502, SERVER, "upstream_auth_failed"),
    (K.UNREACHABLE, 502, SERVER, "upstream_unreachable"),
    (K.GARBLED, 502, SERVER, "upstream_invalid_response"),
    (K.OVERLOADED, 503, SERVER, "upstream_overloaded"),
    (K.TIMEOUT, 504, SERVER, "upstream_timeout"),
]


def test_every_kind_has_an_appearance() -> None:
    """A new kind cannot be forgotten here."""
    assert set(errors.APPEARANCES) == set(FailureKind) == {row[0] for row in TABLE}


@pytest.mark.parametrize(("kind", "status", "type_", "code"), TABLE)
def test_a_failure_has_its_status_type_and_code(kind: K, status: int, type_: str, code: str | None) -> None:
    """As the table of RELIABILITY.md (d) has them."""
    failure = Failure(kind, "why")
    error = errors.error_of(failure)

    assert (errors.appearance(failure).status, error["type"], error["code"]) == (status, type_, code)


def test_an_error_object_has_always_four_fields() -> None:
    """SDKs read all four."""
    error = errors.error_of(Failure(K.GARBLED, "why"))

    assert error == {"message": "why", "type": SERVER, "param": None, "code": "upstream_invalid_response"}
    assert orjson.loads(errors.envelope(error)) == {"error": error}


def test_a_bad_request_keeps_the_providers_code_and_param() -> None:
    """The provider knows what is wrong with it."""
    error = errors.error_of(Failure(K.BAD_REQUEST, "why", 400, code="unsupported_value", param="messages[0].role"))

    assert (error["code"], error["param"]) == ("unsupported_value", "messages[0].role")


def test_a_prompt_too_long_names_the_messages() -> None:
    """As OpenAI does."""
    assert errors.error_of(Failure(K.CONTEXT_LENGTH, "why"))["param"] == "messages"


@pytest.mark.parametrize(
    ("said", "shown"), [("content_filter", "content_filter"), ("other", "content_policy_violation")]
)
def test_a_filter_is_named_by_azures_code_only_if_the_provider_said_so(said: str, shown: str) -> None:
    """Ours is OpenAI's older code."""
    assert errors.error_of(Failure(K.CONTENT_FILTER, "why", code=said))["code"] == shown


def test_a_refused_credential_is_never_quoted() -> None:
    """Providers repeat the key in their message; the client gets ours, and no 401."""
    error = errors.error_of(Failure(K.AUTH, "Incorrect API key provided: sk-secret", 401, code="invalid_api_key"))

    assert "sk-secret" not in orjson.dumps(error).decode()
    assert error["message"] == "The upstream refused the gateway's credential."


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (K.UNREACHABLE, "upstream_disconnected"),
        (K.TIMEOUT, "upstream_stalled"),
        (K.GARBLED, "upstream_invalid_response"),
        (K.OVERLOADED, "upstream_overloaded"),
    ],
)
def test_after_the_first_content_a_break_has_its_own_code(kind: K, code: str) -> None:
    """D35."""
    assert errors.error_of(Failure(kind, "why"), midstream=True)["code"] == code


def test_a_long_message_is_cut() -> None:
    """At 2 KiB."""
    assert len(errors.error_of(Failure(K.OVERLOADED, "x" * 10_000))["message"]) == 2048


NO = ("x-should-retry", "false")


@pytest.mark.parametrize(
    "kind", [kind for kind in FailureKind if kind not in (K.RATE_LIMITED, K.OVERLOADED)], ids=lambda kind: kind.value
)
def test_what_waiting_cannot_cure_says_so(kind: K) -> None:
    """OpenAI's SDKs would try twice again by themselves (K9)."""
    assert NO in errors.retry_headers(Failure(kind, "why", retry_after=1.0))


def test_a_rate_limit_leaves_the_sdk_to_its_own_retry() -> None:
    """With the time if we know it."""
    assert errors.retry_headers(Failure(K.RATE_LIMITED, "why")) == ()
    assert errors.retry_headers(Failure(K.RATE_LIMITED, "why", retry_after=1.2)) == (
        ("retry-after", "2"),
        ("retry-after-ms", "1200"),
    )


def test_an_overload_may_be_retried_only_if_we_know_when() -> None:
    """We have failed over already; a soonest probe is a promise."""
    assert errors.retry_headers(Failure(K.OVERLOADED, "why")) == (NO,)
    assert NO not in errors.retry_headers(Failure(K.OVERLOADED, "why", retry_after=5.0))


def test_a_wait_that_no_sdk_has_the_patience_for_says_so() -> None:
    """K9: newer ones give up above two minutes by themselves, older ones try again at once."""
    assert NO not in errors.retry_headers(Failure(K.RATE_LIMITED, "why", retry_after=120.0))
    assert NO in errors.retry_headers(Failure(K.RATE_LIMITED, "why", retry_after=121.0))


def test_an_absurd_wait_stays_a_header() -> None:
    """Not three hundred digits of one."""
    assert errors.retry_headers(Failure(K.RATE_LIMITED, "why", retry_after=1e300))[0] == ("retry-after", "1000000000")


def test_a_malformed_request_keeps_its_code_and_param() -> None:
    """Type is always OpenAI's."""
    error = errors.error_of_malformed(Malformed("why", "invalid_type", "messages[0]"))

    assert error == {"message": "why", "type": REQUEST, "param": "messages[0]", "code": "invalid_type"}


def test_an_unknown_model_is_a_404_without_a_param() -> None:
    """D13, D14: one answer for all that is not to be had."""
    fault = errors.unknown_model("no\r\nsuch")

    assert (fault.status, fault.code, fault.param) == (404, "model_not_found", None)
    assert fault.message == "The model `no\\r\\nsuch` does not exist or you do not have access to it."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gpt-4o", "gpt-4o"),
        ("é", "é"),
        ("a\x00b\x1b[0m", "a\\x00b\\x1b[0m"),
        ("\u202eevil", "\\u202eevil"),
        ("x" * 100, "x" * 64),
        ("\x00" * 64, "\\x00" * 16),
    ],
)
def test_input_is_echoed_short_and_escaped(text: str, shown: str) -> None:
    """At most 64 characters, none of them a control or direction character."""
    assert errors.quoted(text) == shown
