"""Bad input and its exact answer, through the real server on raw sockets: RELIABILITY.md (d), row by row."""

import json

import pytest

from tests.end_to_end.bad_input.bad_rows import (
    BODY,
    CHAT,
    CLIENT_KEY,
    CREDENTIALS,
    ECHOES,
    GOOD,
    JSON,
    KEY,
    MEBIBYTE,
    PROVIDER_KEY,
    TABLE,
    Bad,
)
from tests.end_to_end.bad_input.bad_server import (
    chat,
    check_envelope,
    check_it_goes_on,
    check_nothing_leaks,
    exchange,
)
from tests.end_to_end.bad_input.bad_values import VALUES
from tests.rig.server import Gateway
from tests.rig.upstream import FakeUpstream
from tests.rig.waiting import until
from tests.rig.wires import openai_error

SMUGGLED = b"GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"


def _head(
    *lines: bytes, first: bytes = b"POST /v1/chat/completions HTTP/1.1", host: bytes = b"host: 127.0.0.1"
) -> bytes:
    return b"\r\n".join([first, *([host] if host else []), *lines, b"", b""])


BAD_HTTP = {
    "D1-length-and-coding": _head(b"content-length: 5", b"transfer-encoding: chunked") + b"0\r\n\r\n",
    "D1-coding-and-length": _head(b"transfer-encoding: chunked", b"content-length: 5") + b"0\r\n\r\n",
    "D1-two-lengths": _head(b"content-length: 0", b"content-length: 60"),
    "D1-length-with-a-sign": _head(b"content-length: +0"),
    "D1-length-that-is-a-list": _head(b"content-length: 0, 60"),
    "D1-length-beyond-64-bits": _head(b"content-length: 99999999999999999999999"),
    "D1-two-codings": _head(b"transfer-encoding: gzip, chunked") + b"0\r\n\r\n",
    "D1-coding-twice": _head(b"transfer-encoding: chunked", b"transfer-encoding: chunked") + b"0\r\n\r\n",
    "D1-coding-behind-a-tab": _head(b"transfer-encoding: \x0bchunked") + b"0\r\n\r\n",
    "D1-blank-before-the-colon": _head(b"transfer-encoding : chunked") + b"0\r\n\r\n",
    "D1-coding-on-1.0": _head(b"transfer-encoding: chunked", first=b"POST /v1/models HTTP/1.0") + b"0\r\n\r\n",
    "D1-folded-header": _head(b"transfer-encoding: x,\r\n chunked"),
    "D1-bare-line-feed": _head(b"x-a: b\ncontent-length: 60"),
    "D1-bare-carriage-return": _head(b"x-a: b\rcontent-length: 60"),
    "D1-NUL-in-a-header": _head(b"x-a: b\x00c"),
    "D1-chunk-size-that-is-none": _head(b"content-type: application/json", b"transfer-encoding: chunked") + b"zz\r\n",
    "D1-chunk-size-with-a-sign": _head(b"content-type: application/json", b"transfer-encoding: chunked") + b"-1\r\n",
    "D1-no-host": _head(host=b""),
    "D1-two-hosts": _head(b"host: evil"),
    "D1-empty-host": _head(host=b"host: "),
    "D1-host-with-a-user": _head(host=b"host: user@127.0.0.1"),
    "D1-host-with-a-path": _head(host=b"host: 127.0.0.1/evil"),
    "D1-host-with-a-blank": _head(host=b"host: 127.0.0.1 evil"),
    "D1-absolute-form": _head(first=b"GET http://127.0.0.1/v1/models HTTP/1.1"),
    "D1-asterisk-form": _head(first=b"OPTIONS * HTTP/1.1"),
    "D1-CONNECT": _head(first=b"CONNECT 127.0.0.1:80 HTTP/1.1"),
    "D1-TRACE": _head(first=b"TRACE / HTTP/1.1"),
    "D1-h2c-upgrade": _head(
        b"connection: upgrade, http2-settings", b"upgrade: h2c", b"http2-settings: AAMAAABkAAQAAP__"
    ),
    "D1-websocket-upgrade": _head(b"connection: upgrade", b"upgrade: websocket", first=b"GET /v1/models HTTP/1.1"),
    "D1-HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "D1-TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "D1-nonsense": b"hello there\r\n\r\n",
}
TOO_LONG = {
    "D2-one-long-header": (_head(b"x-a: " + b"Z" * 70_000), 431, "headers_too_large"),
    "D2-long-headers": (
        _head(*(b"x-%d: %b" % (number, b"Z" * 1000) for number in range(80))),
        431,
        "headers_too_large",
    ),
    "D2-101-headers": (_head(*(b"x-%d: Z" % number for number in range(101))), 431, "headers_too_large"),
    "D2-long-url": (_head(first=b"GET /v1/" + b"Z" * 8192 + b" HTTP/1.1"), 414, "url_too_long"),
    "D2-long-query": (_head(first=b"GET /v1/models?" + b"Z" * 8192 + b" HTTP/1.1"), 414, "url_too_long"),
}
REFUSED = {name: (wire, 400, "bad_http_request") for name, wire in BAD_HTTP.items()} | TOO_LONG


@pytest.mark.parametrize("row", (TABLE | VALUES).values(), ids=TABLE | VALUES)
def test_bad_input_has_its_exact_answer(row: Bad, gateway: Gateway, tracebacks: int, upstream: FakeUpstream) -> None:
    """Status, code, param, type, headers; no upstream hears of it, no traceback, no secret; and the server goes on."""
    answer = exchange(gateway, row.wire)

    assert check_envelope(answer, row)["param"] == row.param
    assert upstream.requests == []
    check_it_goes_on(gateway)
    check_nothing_leaks(gateway, answer)
    assert gateway.output().count("Traceback") == tracebacks


@pytest.mark.parametrize(("wire", "status", "code"), REFUSED.values(), ids=REFUSED)
def test_what_two_parsers_may_read_differently_is_refused_and_nothing_behind_it_is_read(
    wire: bytes, status: int, code: str, gateway: Gateway, upstream: FakeUpstream, tracebacks: int
) -> None:
    """One answer in OpenAI's envelope, then the connection ends: a request hidden behind it is never heard."""
    with gateway.raw() as raw:
        raw.send(wire + SMUGGLED)
        answer = raw.response()
        with pytest.raises((ConnectionError, TimeoutError)):
            raw.until(b"HTTP/1.1")

    error = check_envelope(answer, Bad(status, code, expect={"connection": "close"}))
    assert error["param"] is None
    assert "Z" * 65 not in error["message"]
    assert upstream.requests == []
    check_it_goes_on(gateway)
    assert gateway.output().count("Traceback") == tracebacks


@pytest.mark.parametrize("row", ECHOES.values(), ids=ECHOES)
def test_an_error_repeats_little_of_the_input_and_nothing_raw(row: Bad, gateway: Gateway, tracebacks: int) -> None:
    """At most 64 characters, and no control or direction character as such, in whatever field it was."""
    answer = exchange(gateway, row.wire)

    error = check_envelope(answer, row)
    assert "Z" * 65 not in error["message"]
    assert error["message"].isprintable()
    assert len(error["param"] or "") <= 256
    assert all(value.isascii() and value.isprintable() for value in answer.headers.values())
    assert gateway.output().count("Traceback") == tracebacks


def test_all_unknown_keys_get_the_same_answer(gateway: Gateway) -> None:
    """D4: not a word on how near one was."""
    rows = [row for row in CREDENTIALS.values() if row.code == "invalid_api_key" and row.path == CHAT]
    answers = [exchange(gateway, row.wire) for row in rows]

    assert len(answers) >= 6
    assert len({answer.body for answer in answers}) == 1
    assert len({tuple(answer.headers) for answer in answers}) == 1


def test_one_key_in_two_headers_is_one_key(gateway: Gateway) -> None:
    """D4: clients that send it both ways have one credential."""
    answer = exchange(gateway, Bad(0, "", body=GOOD, headers=JSON | KEY | {"x-api-key": CLIENT_KEY}).wire)

    assert answer.status == 200


@pytest.mark.parametrize("hints", [{}, {"upstreams": ["nowhere"]}], ids=["plain", "hint"])
@pytest.mark.parametrize(("path", "method"), [(CHAT, "POST"), ("/v1/route", "POST"), ("/v1/models/{}", "GET")])
def test_a_model_that_is_not_allowed_looks_like_one_that_does_not_exist(
    path: str, method: str, hints: dict[str, list[str]], gateway: Gateway
) -> None:
    """D13: status, body and the set of headers are the same, so nobody learns which names there are."""
    answers = [
        exchange(
            gateway,
            Bad(0, "", body=GOOD | {"model": name, "switchgear": hints}, path=path.format(name), method=method).wire,
        )
        for name in ("private", "qrivate")
    ]

    hidden, absent = answers
    assert (hidden.status, hidden.body) == (absent.status, absent.body.replace(b"qrivate", b"private"))
    assert set(hidden.headers) == set(absent.headers)


def test_a_body_of_exactly_the_limit_is_taken(gateway: Gateway) -> None:
    """D5: the limit is what may be sent."""
    answer = exchange(gateway, Bad(0, "", body=BODY.ljust(2 * MEBIBYTE)).wire)

    assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/json; charset=utf-8"},
        {"content-type": "Application/JSON"},
        {"content-encoding": "identity"},
    ],
    ids=["charset", "case", "identity"],
)
def test_other_ways_to_say_json_are_taken(headers: dict[str, str], gateway: Gateway) -> None:
    """D6: media types have parameters and no case (RFC 9110 8.3.1)."""
    assert exchange(gateway, Bad(0, "", body=GOOD, headers=JSON | KEY | headers).wire).status == 200


def test_of_duplicate_keys_the_last_one_counts_for_policy_and_upstream(
    gateway: Gateway, upstream: FakeUpstream
) -> None:
    """D9: what was checked is what is sent; a parser that takes the first one never sees the other."""
    raw = b'{"model": "private", "temperature": 9, "model": "other", "temperature": 1, ' + BODY[1:].replace(
        b'"model": "good", ', b""
    )
    answer = exchange(gateway, Bad(0, "", body=raw).wire)

    assert (answer.status, answer.headers["x-switchgear-target"]) == (200, "up/other")
    pairs = json.loads(upstream.request().body, object_pairs_hook=list)
    assert [value for name, value in pairs if name == "model"] == ["other"]
    assert [value for name, value in pairs if name == "temperature"] == [1]


def test_a_field_that_nobody_knows_goes_to_the_upstream(gateway: Gateway, upstream: FakeUpstream) -> None:
    """D12: vendors invent them faster than anybody lists them."""
    assert chat(gateway, "good", thinking_budget={"a": [1, None]}).status == 200

    assert upstream.request().json["thinking_budget"] == {"a": [1, None]}


@pytest.mark.parametrize("length", [256, 257, MEBIBYTE])
def test_a_long_user_is_refused_or_not_kept_whole(length: int, gateway: Gateway) -> None:
    """D23: it is the client's text; thousands of records hold it, so it must not decide how large they are."""
    answer = chat(gateway, "good", user="Z" * length)

    assert (answer.status, answer.json.get("error", {}).get("code")) in (
        (200, None),
        (400, "string_above_max_length"),
    )
    assert len(json.dumps(gateway.record(answer.headers["x-request-id"]))) < 8192


@pytest.mark.parametrize("user", ["a\r\nb", "a\x00b", "{0}:*", "\u202eevil"], ids=ascii)
def test_a_user_with_tricks_is_taken_and_escaped(user: str, gateway: Gateway) -> None:
    """D23: it is a name like any other; in the log it is one string of one line."""
    answer = chat(gateway, "good", user=user)
    name = answer.headers["x-request-id"]

    assert answer.status == 200
    assert gateway.record(name)["user"] == user
    (line,) = until(lambda: [line for line in gateway.logs() if line.get("id") == name], "the request was logged")
    assert line["user"] == user
    assert "\u202e" not in gateway.output()


def test_a_prompt_that_the_model_has_no_room_for_is_named(gateway: Gateway, upstream: FakeUpstream) -> None:
    """D19: the provider counts the tokens; the client hears it in OpenAI's words."""
    upstream.always(
        openai_error(400, "This model's maximum context length is 8 tokens.", code="context_length_exceeded")
    )

    answer = chat(gateway, "good")

    assert check_envelope(answer, Bad(400, "context_length_exceeded"))["param"] == "messages"


@pytest.mark.parametrize("name", ["req-1.A_z", "a" * 64], ids=["short", "longest"])
def test_a_sane_request_id_is_kept(name: str, gateway: Gateway) -> None:
    """D25: it is the client's own, in answer and record."""
    answer = exchange(gateway, Bad(0, "", body=GOOD, headers=JSON | KEY | {"x-request-id": name}).wire)

    assert answer.headers["x-request-id"] == name
    assert gateway.record(name)["id"] == name


@pytest.mark.parametrize("name", ["a" * 65, "a b", "a/b", "<script>", "\xe9", "", "{0}"], ids=ascii)
@pytest.mark.parametrize("path", [CHAT, "/v1/route", "/v1/models"])
def test_any_other_request_id_is_replaced(name: str, path: str, gateway: Gateway) -> None:
    """D25: it would go into headers, logs and URLs."""
    method = "GET" if path == "/v1/models" else "POST"
    row = Bad(0, "", body=GOOD, path=path, method=method, headers=JSON | KEY | {"x-request-id": name})
    answer = exchange(gateway, row.wire)

    assert answer.status == 200
    assert answer.headers["x-request-id"].startswith("req_")


def test_no_header_of_the_client_reaches_the_upstream(gateway: Gateway, upstream: FakeUpstream) -> None:
    """D25: neither its key nor its tricks; and naming ``authorization`` hop-by-hop lets nobody in or out."""
    tricks = {
        "connection": "keep-alive, authorization",
        "x-forwarded-for": "10.0.0.1",
        "x-forwarded-host": "evil",
        "forwarded": "for=10.0.0.1",
        "x-real-ip": "10.0.0.1",
        "openai-organization": "evil",
        "anthropic-version": "1999-01-01",
        "cookie": "a=b",
        "te": "trailers",
        "x-stainless-timeout": "99999999999",
        "x-anything": "evil",
        "accept": "evil/evil",
        "user-agent": "evil",
    }
    answer = exchange(gateway, Bad(0, "", body=GOOD, headers=JSON | KEY | tricks).wire)

    assert answer.status == 200
    sent = upstream.request().headers
    assert sent["authorization"] == f"Bearer {PROVIDER_KEY}"
    assert tricks.keys() & sent.keys() <= {"connection", "accept", "user-agent"}  # the transport's own
    assert "evil" not in " ".join(sent.values())
    assert "authorization" not in sent.get("connection", "")


def test_a_client_that_leaves_in_mid_body_costs_no_traceback(gateway: Gateway, tracebacks: int) -> None:
    """S10: it happens all day long, at every endpoint that reads a body."""
    for path in (CHAT, "/v1/route"):
        with gateway.raw() as raw:
            raw.send(Bad(0, "", path=path, headers=JSON | KEY | {"content-length": "1000"}).wire + BODY[:20])
        with gateway.raw() as raw:
            raw.send(Bad(0, "", path=path, headers=JSON | KEY | {"content-length": "1000"}).wire + BODY[:20])
            raw.reset()
    for _ in range(3):
        check_it_goes_on(gateway)

    assert gateway.output().count("Traceback") == tracebacks
