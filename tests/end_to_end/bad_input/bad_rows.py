"""Bad requests and their exact answers: RELIABILITY.md (d), row by row, for ``test_bad_input.py``."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

CHAT, MEBIBYTE = "/v1/chat/completions", 2**20
PROVIDER_KEY = "sk-canary-of-the-provider-0123456789"
CLIENT_KEY, OTHER_KEY = "sg-canary-of-a-client-0123456789", "sg-canary-of-another-0123456789"
PROMPT = "canary-in-the-prompt"
CANARIES = (PROVIDER_KEY, CLIENT_KEY, OTHER_KEY, PROMPT)
MESSAGES = [{"role": "user", "content": PROMPT}]
GOOD: dict[str, Any] = {"model": "good", "messages": MESSAGES}
JSON = {"content-type": "application/json"}
KEY = {"authorization": f"Bearer {CLIENT_KEY}"}
TRICKS = "\r\n\x1b[31m\u202e\u2028\x00"
LONG = "Z" * 200


@dataclass(frozen=True)
class Bad:
    """One request, and how it is answered."""

    status: int
    code: str
    param: str | None = None
    body: Any = None
    """An object is sent as JSON, bytes as they are."""
    type: str = "invalid_request_error"
    path: str = CHAT
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=lambda: JSON | KEY)
    """``content-length`` is added unless it is here, or a ``transfer-encoding`` is."""
    expect: dict[str, str] = field(default_factory=dict)
    """Headers of the answer."""

    @property
    def wire(self) -> bytes:
        """The request's bytes."""
        raw = (
            self.body if isinstance(self.body, bytes) else b"" if self.body is None else json.dumps(self.body).encode()
        )
        fields = {"host": "127.0.0.1"} | self.headers
        if not {"content-length", "transfer-encoding"} & fields.keys():
            fields["content-length"] = str(len(raw))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + raw


def bad(code: str, param: str | None, **fields: Any) -> Bad:
    """A good request with these fields of its body set; a 400."""
    return Bad(400, code, param, GOOD | fields)


def without(field: str) -> dict[str, Any]:
    """A good body less one field."""
    return {name: value for name, value in GOOD.items() if name != field}


def message(**fields: Any) -> list[Any]:
    """One message of the user with these fields set."""
    return [MESSAGES[0] | fields]


def _unknown_url(path: str, method: str = "GET") -> Bad:
    return Bad(404, "unknown_url", path=path, method=method, headers=KEY)


def _wrong_method(method: str, path: str, allow: str) -> Bad:
    return Bad(405, "method_not_supported", path=path, method=method, headers=KEY, expect={"allow": allow})


def _unauthorized(code: str, headers: dict[str, str], path: str = CHAT) -> Bad:
    challenge = {"www-authenticate": "Bearer"}
    return Bad(401, code, body=GOOD, path=path, headers=JSON | headers, expect=challenge)


def _too_large(path: str, **headers: str) -> Bad:
    given = JSON | KEY | {name.replace("_", "-"): value for name, value in headers.items()}
    return Bad(413, "request_too_large", path=path, headers=given, expect={"connection": "close"})


def _not_json(raw: bytes) -> Bad:
    return Bad(400, "invalid_json", body=raw)


def _too_complex(raw: bytes) -> Bad:
    return Bad(400, "json_too_complex", body=raw)


def _inside(value: bytes) -> bytes:
    """A body that is good but for one field's value."""
    return b'{"model": "good", "messages": [{"role": "user", "content": "x"}], "x": %b}' % value


UNKNOWN_MODEL = Bad(404, "model_not_found")
BODY = json.dumps(GOOD).encode()

URLS = {
    "D3-unknown-path": _unknown_url("/v1/nothing"),
    "D3-not-served-yet": _unknown_url("/v1/responses", "POST"),
    "D3-root": _unknown_url("/"),
    "D3-slash-at-the-end": _unknown_url(f"{CHAT}/", "POST"),
    "D3-other-case": _unknown_url("/V1/chat/completions", "POST"),
    "D3-double-slash": _unknown_url("//v1/chat/completions", "POST"),
    "D3-double-slash-inside": _unknown_url("/v1//chat/completions", "POST"),
    "D3-dots": _unknown_url("/v1/../v1/chat/completions", "POST"),
    "D3-dots-encoded": _unknown_url("/v1/%2e%2e/v1/chat/completions", "POST"),
    "D3-slash-encoded": _unknown_url("/v1%2fchat%2fcompletions", "POST"),
    "D3-letter-encoded": _unknown_url("/v1/ch%61t/completions", "POST"),
    "D3-admin-by-slash-encoded": _unknown_url("/health%2fliveness"),
    "D3-control-encoded": _unknown_url("/v1/requests/%0d%0aset-cookie:x"),
    "D3-GET-chat": _wrong_method("GET", CHAT, "POST"),
    "D3-OPTIONS-chat": _wrong_method("OPTIONS", CHAT, "POST"),
    "D3-DELETE-without-v1": _wrong_method("DELETE", "/chat/completions", "POST"),
    "D3-PUT-route": _wrong_method("PUT", "/v1/route", "POST"),
    "D3-POST-metrics": _wrong_method("POST", "/metrics", "GET, HEAD"),
    "D3-DELETE-models": _wrong_method("DELETE", "/v1/models", "GET, HEAD"),
}
CREDENTIALS = {
    "D4-no-key": _unauthorized("missing_api_key", {}),
    "D4-empty-key": _unauthorized("missing_api_key", {"authorization": "Bearer "}),
    "D4-unknown-key": _unauthorized("invalid_api_key", {"authorization": f"Bearer {CLIENT_KEY}x"}),
    "D4-key-cut-short": _unauthorized("invalid_api_key", {"authorization": f"Bearer {CLIENT_KEY[:-1]}"}),
    "D4-key-in-other-case": _unauthorized("invalid_api_key", {"x-api-key": CLIENT_KEY.upper()}),
    "D4-the-provider's-own-key": _unauthorized("invalid_api_key", {"api-key": PROVIDER_KEY}),
    "D4-key-that-is-no-text": _unauthorized("invalid_api_key", {"authorization": "Bearer \xff\xfe\x80"}),
    "D4-another-scheme": _unauthorized("invalid_api_key", {"authorization": f"Basic {CLIENT_KEY}"}),
    "D4-key-in-the-query": _unauthorized("missing_api_key", {}, f"{CHAT}?api_key={CLIENT_KEY}"),
    "D4-two-keys": _unauthorized("invalid_api_key", {"authorization": f"Bearer {CLIENT_KEY}", "x-api-key": OTHER_KEY}),
    "D4-a-good-and-a-bad-key": _unauthorized("invalid_api_key", KEY | {"api-key": "sk-nobody"}),
    "D4-long-key": _unauthorized("invalid_api_key", {"x-api-key": LONG}),
    "D4-no-key-route": _unauthorized("missing_api_key", {}, "/v1/route"),
    **{
        f"D4-no-key{path}": replace(_unauthorized("missing_api_key", {}, path), method="GET", body=None)
        for path in ("/v1/models", "/v1/models/good", "/v1/requests/req_1", "/health", "/metrics")
    },
}
SIZES = {
    "D5-length-over-the-limit": _too_large(CHAT, content_length=str(2 * MEBIBYTE + 1)),
    "D5-length-far-over-the-limit": _too_large("/chat/completions", content_length=str(10**15)),
    "D5-length-over-the-limit-route": _too_large("/v1/route", content_length=str(2 * MEBIBYTE + 1)),
    "D5-grows-over-the-limit": replace(
        _too_large(CHAT, transfer_encoding="chunked"),
        body=b"%x\r\n%b\r\n" % (2 * MEBIBYTE + 1, b" " * (2 * MEBIBYTE + 1)),
    ),
    "D6-text": Bad(415, "unsupported_content_type", body=GOOD, headers=KEY | {"content-type": "text/plain"}),
    "D6-no-type": Bad(415, "unsupported_content_type", body=GOOD, headers=KEY),
    "D6-form": Bad(415, "unsupported_content_type", body=b"a=b", headers=KEY | {"content-type": "multipart/form-data"}),
    "D6-almost-json": Bad(
        415, "unsupported_content_type", body=GOOD, headers=KEY | {"content-type": "application/jsonp"}
    ),
    "D6-gzip": Bad(
        415, "unsupported_content_type", body=b"\x1f\x8b", headers=JSON | KEY | {"content-encoding": "gzip"}
    ),
    "D6-gzip-route": Bad(
        415, "unsupported_content_type", body=b"", path="/v1/route", headers=JSON | KEY | {"content-encoding": "br"}
    ),
}
SYNTAX = {
    "D7-empty": _not_json(b""),
    "D7-blank": _not_json(b" \n"),
    "D7-truncated": _not_json(BODY[:-1]),
    "D7-trailing": _not_json(BODY + b"{}"),
    "D7-comment": _not_json(b"// hello\n" + BODY),
    "D7-comma-at-the-end": _not_json(BODY[:-1] + b",}"),
    "D7-single-quotes": _not_json(b"{'model': 'good'}"),
    "D7-NaN": _not_json(_inside(b"NaN")),
    "D7-Infinity": _not_json(_inside(b"-Infinity")),
    "D7-1e400": _not_json(_inside(b"1e400")),
    "D7-hexadecimal": _not_json(_inside(b"0x10")),
    "D7-BOM": _not_json(b"\xef\xbb\xbf" + BODY),
    "D7-UTF-16": _not_json(BODY.decode().encode("utf-16")),
    "D7-invalid-UTF-8": _not_json(_inside(b'"\xff"')),
    "D7-overlong-UTF-8": _not_json(_inside(b'"\xc0\xaf"')),
    "D7-lone-surrogate": _not_json(_inside(rb'"\ud800"')),
    "D7-lone-low-surrogate": _not_json(_inside(rb'"\udc00"')),
    "D7-raw-control": _not_json(_inside(b'"a\x01b"')),
    "D7-raw-line-break": _not_json(_inside(b'"a\nb"')),
    "D7-NUL-at-the-end": _not_json(BODY + b"\x00"),
    "D7-route": replace(_not_json(b"{"), path="/v1/route"),
    "D8-depth-65": _too_complex(_inside(b"[" * 64 + b"]" * 64)),
    "D8-depth-100000": _too_complex(b"[" * 100_000),
    "D8-depth-of-objects": _too_complex(b'{"a":' * 65 + b"1" + b"}" * 65),
    "D8-200001-nodes": _too_complex(_inside(b"[" + b"1," * 200_000 + b"1]")),
    "D8-65-digits": _too_complex(_inside(b"1" * 65)),
    "D8-65-digits-behind-the-point": _too_complex(_inside(b"0." + b"1" * 65)),
    "D8-5000-digits": _too_complex(_inside(b"9" * 5000)),
}
TYPES = {
    **{
        f"D10-top-level-{raw.decode()}": Bad(400, "invalid_type", body=raw)
        for raw in (b"[]", b'"x"', b"5", b"null", b"true")
    },
    "D10-messages-text": bad("invalid_type", "messages", messages="hello"),
    "D10-messages-object": bad("invalid_type", "messages", messages=MESSAGES[0]),
    "D10-message-text": bad("invalid_type", "messages[0]", messages=["hello"]),
    "D10-content-number": bad("invalid_type", "messages[0].content", messages=message(content=5)),
    "D10-content-object": bad("invalid_type", "messages[0].content", messages=message(content={})),
    "D10-part-text": bad("invalid_type", "messages[0].content[0]", messages=message(content=["hello"])),
    "D10-second-message": bad("invalid_type", "messages[1].content", messages=[*MESSAGES, *message(content=True)]),
    "D10-true-for-integer": bad("invalid_type", "max_tokens", max_tokens=True),
    "D10-text-for-integer": bad("invalid_type", "max_tokens", max_tokens="5"),
    "D10-1.5-for-integer": bad("invalid_type", "max_tokens", max_tokens=1.5),
    "D10-1e5-for-integer": Bad(400, "invalid_type", "max_tokens", BODY[:-1] + b', "max_tokens": 1e5}'),
    "D10-text-for-decimal": bad("invalid_type", "temperature", temperature="0.5"),
    "D10-true-for-decimal": bad("invalid_type", "temperature", temperature=True),
    "D10-number-for-model": bad("invalid_type", "model", model=5),
    "D10-user-object": bad("invalid_type", "user", user={"id": 1}),
    "D10-stop-number": bad("invalid_type", "stop", stop=5),
    "D10-tools-object": bad("invalid_type", "tools", tools={}),
    "D10-metadata-value": bad("invalid_type", "metadata.a", metadata={"a": 1}),
    "D10-hints-text": bad("invalid_type", "switchgear", switchgear="fast"),
    "D11-no-model": Bad(400, "missing_required_parameter", "model", without("model")),
    "D11-model-null": bad("missing_required_parameter", "model", model=None),
    "D11-model-empty": bad("missing_required_parameter", "model", model=""),
    "D11-no-messages": Bad(400, "missing_required_parameter", "messages", without("messages")),
    "D11-messages-null": bad("missing_required_parameter", "messages", messages=None),
    "D11-no-role": bad("missing_required_parameter", "messages[0].role", messages=[{"content": "x"}]),
    "D11-no-part-type": bad(
        "missing_required_parameter", "messages[0].content[0].type", messages=message(content=[{}])
    ),
}
FIELDS = {
    **{
        f"D12-{name}": bad("unknown_parameter", name, **{name: "http://127.0.0.1:1"})
        for name in ("api_base", "base_url", "api_key", "extra_headers", "organization")
    },
    "D12-metadata-switchgear": bad("unknown_parameter", "metadata.switchgear_user", metadata={"switchgear_user": "x"}),
    "D12-hint": bad("unknown_parameter", "switchgear.colour", switchgear={"colour": "red"}),
    "D12-hint-header": Bad(
        400, "unknown_parameter", "switchgear.colour", GOOD, headers=JSON | KEY | {"x-switchgear-colour": "red"}
    ),
    "D13-unknown-model": replace(UNKNOWN_MODEL, body=GOOD | {"model": "no-such"}),
    "D13-model-not-allowed": replace(UNKNOWN_MODEL, body=GOOD | {"model": "private"}),
    "D13-unknown-model-route": replace(UNKNOWN_MODEL, body=GOOD | {"model": "no-such"}, path="/v1/route"),
    "D13-model-not-allowed-route": replace(UNKNOWN_MODEL, body=GOOD | {"model": "private"}, path="/v1/route"),
    "D13-unknown-card": replace(UNKNOWN_MODEL, path="/v1/models/no-such", method="GET"),
    "D13-card-not-allowed": replace(UNKNOWN_MODEL, path="/v1/models/private", method="GET"),
    "D14-long-model": replace(UNKNOWN_MODEL, body=GOOD | {"model": "Z" * 257}),
    "D14-long-wildcard-model": replace(UNKNOWN_MODEL, body=GOOD | {"model": "wild/" + "Z" * 252}),
    "D14-control": replace(UNKNOWN_MODEL, body=GOOD | {"model": f"wild/{TRICKS}"}),
    "D14-dots": replace(UNKNOWN_MODEL, body=GOOD | {"model": "wild/../secret"}),
    "D14-CRLF": replace(UNKNOWN_MODEL, body=GOOD | {"model": "good\r\nx-evil: 1"}),
    "D14-braces": replace(UNKNOWN_MODEL, body=GOOD | {"model": "wild/{0.__class__}"}),
    "D14-card-dots": replace(UNKNOWN_MODEL, path="/v1/models/%2e%2e%2fhealth", method="GET"),
    "D14-card-control": replace(UNKNOWN_MODEL, path="/v1/models/%1b%5b31m%e2%80%ae", method="GET"),
}
RANGES = {
    "D15-max_tokens-0": bad("integer_below_min_value", "max_tokens", max_tokens=0),
    "D15-max_tokens-negative": bad("integer_below_min_value", "max_tokens", max_tokens=-1),
    "D15-max_completion_tokens-0": bad("integer_below_min_value", "max_completion_tokens", max_completion_tokens=0),
    "D15-both": bad("invalid_value", "max_tokens", max_tokens=5, max_completion_tokens=5),
    "D16-n-0": bad("integer_below_min_value", "n", n=0),
    "D16-n-9": bad("integer_above_max_value", "n", n=9),
    "D16-best_of-0": bad("integer_below_min_value", "best_of", best_of=0),
    "D16-best_of-9": bad("integer_above_max_value", "best_of", best_of=9),
    "D16-top_logprobs": bad("integer_above_max_value", "top_logprobs", logprobs=True, top_logprobs=21),
    **{
        f"D17-{name}-{value}": bad(f"decimal_{'above_max' if value > 0 else 'below_min'}_value", name, **{name: value})
        for name, value in (
            ("temperature", 2.1),
            ("temperature", -0.1),
            ("top_p", 1.01),
            ("top_p", -0.1),
            ("frequency_penalty", 2.1),
            ("frequency_penalty", -2.1),
            ("presence_penalty", 3),
            ("presence_penalty", -3),
        )
    },
    "D18-empty": bad("empty_array", "messages", messages=[]),
    "D18-10001-messages": bad(
        "array_above_max_length", "messages", messages=[{"role": "user", "content": "x"}] * 10_001
    ),
    "D18-role": bad("invalid_value", "messages[0].role", messages=message(role="admin")),
    "D18-content-null": bad("invalid_value", "messages[0].content", messages=message(content=None)),
    "D18-no-content": bad("invalid_value", "messages[0].content", messages=[{"role": "system"}]),
    "D18-assistant-without-anything": bad("invalid_value", "messages[0].content", messages=[{"role": "assistant"}]),
    "D24-stream_options": bad("invalid_value", "stream_options", stream_options={"include_usage": True}),
    "D24-stream_options-stream-false": bad("invalid_value", "stream_options", stream=False, stream_options={}),
    "D24-stream-1": bad("invalid_type", "stream", stream=1),
    "D24-stream-text": bad("invalid_type", "stream", stream="true"),
}
ECHOES = {
    "model": replace(UNKNOWN_MODEL, body=GOOD | {"model": LONG}),
    "model-tricks": replace(UNKNOWN_MODEL, body=GOOD | {"model": TRICKS + LONG}),
    "card": replace(UNKNOWN_MODEL, path=f"/v1/models/{LONG}", method="GET"),
    "path": _unknown_url(f"/v1/{LONG}"),
    "record": Bad(404, "request_not_found", path=f"/v1/requests/{LONG}", method="GET", headers=KEY),
    "role": bad("invalid_value", "messages[0].role", messages=message(role=TRICKS + LONG)),
    "hint": bad("unknown_parameter", None, switchgear={TRICKS + LONG: 1}),
    "hint-header": Bad(400, "unknown_parameter", None, GOOD, headers=JSON | KEY | {f"x-switchgear-{LONG}": "1"}),
    "hint-header-bytes": Bad(
        400, "invalid_value", None, GOOD, headers=JSON | KEY | {"x-switchgear-strategy": "\x85\x9b"}
    ),
    "metadata": bad("invalid_type", None, metadata={TRICKS + LONG[:40]: 1}),
    "logit_bias": bad("decimal_above_max_value", None, logit_bias={TRICKS + LONG: 500}),
    "image": bad(
        "invalid_image_url",
        None,
        messages=message(content=[{"type": "image_url", "image_url": {"url": f"ftp://{TRICKS}{LONG}"}}]),
    ),
    "tool": bad("invalid_function_parameters", None, tools=[{"function": {"name": TRICKS + LONG[:40]}}]),
    "json": _not_json(b"{" + TRICKS.encode() + LONG.encode()),
    "content-type": Bad(415, "unsupported_content_type", body=GOOD, headers=KEY | {"content-type": LONG}),
}
TABLE = URLS | CREDENTIALS | SIZES | SYNTAX | TYPES | FIELDS | RANGES
