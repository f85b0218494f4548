"""Requests as they go over the wire."""

import pytest

from proxy.upstream.auth import BEARER, X_API_KEY
from proxy.upstream.origin import origin
from proxy.upstream.outgoing import KEPT, Heads
from proxy.upstream.port import Credential, TransportFault
from translators.base import WireRequest

HEADS = Heads(origin("https://x.org:8443/v1/"), BEARER, {"x-own": "yes"})
KEY = Credential("s3cret", "key 1")
ASK = WireRequest("/chat?x=1", b"{}", {"anthropic-version": "2023-06-01"})


def test_a_head_is_all_but_the_number_of_bytes() -> None:
    """Host, the fixed headers, the wire's, the operator's, the credential, and the length to be filled in (S12)."""
    assert HEADS.head(ASK, KEY).split(b"\r\n") == [
        b"POST /v1/chat?x=1 HTTP/1.1",
        b"host: x.org:8443",
        b"content-type: application/json",
        b"accept-encoding: identity",
        b"user-agent: switchgear/0.1.0",
        b"anthropic-version: 2023-06-01",
        b"x-own: yes",
        b"authorization: Bearer s3cret",
        b"content-length: ",
    ]


def test_a_head_is_made_once_and_for_nobody_else() -> None:
    """Another key, path, method or header of the wire is another head."""
    heads = [
        HEADS.head(request, credential)
        for request, credential in [
            (ASK, KEY),
            (ASK, Credential("other", "key 1")),
            (ASK, None),
            (WireRequest("/other", b"", ASK.headers), KEY),
            (WireRequest(ASK.path, b"", ASK.headers, method="GET"), KEY),
            (WireRequest(ASK.path, b"", {"anthropic-version": "2099-01-01"}), KEY),
            (WireRequest(ASK.path, b""), KEY),
        ]
    ]

    assert HEADS.head(WireRequest(ASK.path, b"another body", dict(ASK.headers)), Credential("s3cret", "")) is heads[0]
    assert len(set(heads)) == len(heads)


def test_a_credential_wins_over_the_operator_who_wins_over_the_wire() -> None:
    """One header of each name."""
    heads = Heads(origin("http://x.org"), X_API_KEY, {"x-api-key": "operator", "x-wire": "operator"})
    request = WireRequest("/", b"", {"x-wire": "wire", "x-api-key": "wire"})

    assert heads.head(request, KEY).count(b"x-api-key: ") == 1
    assert b"\r\nx-api-key: s3cret\r\n" in heads.head(request, KEY)
    assert b"\r\nx-api-key: operator\r\n" in heads.head(request, None)
    assert b"\r\nx-wire: operator\r\n" in heads.head(request, None)


def test_remembered_heads_are_bounded() -> None:
    """A client has a say in paths, so it must not have one in memory."""
    heads = Heads(origin("http://x.org"), BEARER, {})
    first = heads.head(WireRequest("/0", b""), None)
    for number in range(1, KEPT + 1):
        heads.head(WireRequest(f"/{number}", b""), None)

    again = heads.head(WireRequest("/0", b""), None)
    assert (again == first, again is first) == (True, False)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ("/m:generate?alt=sse&x='y'", "/m:generate?alt=sse&x='y'"),
        ("/\u00e9#f\\", "/%C3%A9%23f%5C"),
    ],
)
def test_a_path_is_escaped_where_it_must_be(path: str, sent: str) -> None:
    """What is escaped already stays as it is; nothing ends the request's first line early."""
    assert HEADS.head(WireRequest(path, b""), None).split(b"\r\n")[0].decode() == f"POST /v1{sent} HTTP/1.1"


@pytest.mark.parametrize(
    ("request_", "credential", "words"),
    [
        (ASK, Credential("s3cret\n", "key 3"), "key 3 holds a character"),
        (WireRequest("/x", b"", {"x-note": "s3cr\u00e9t"}), None, "a header is not ASCII"),
        (WireRequest("/x", b"", {"x-n\u00f6te": "s3cret"}), None, "a header is not ASCII"),
        (WireRequest("/x", b"", {"x-note": "s3cret\r\nx: y"}), None, "one of its headers is not legal"),
        (WireRequest("/x", b"", {"x-note": "s3cret "}), None, "one of its headers is not legal"),
        (WireRequest("/x", b"", {"x note": "s3cret"}), None, "one of its headers is not legal"),
        (WireRequest("/x", b"", {"": "s3cret"}), None, "one of its headers is not legal"),
        (WireRequest("/s3cret\x00", b""), None, "non-printable"),
        (WireRequest("/s3cret\r\nx: y", b""), None, "non-printable"),
        (WireRequest("/s3cret\ud800", b""), None, "not text"),
    ],
)
def test_what_cannot_be_sent_fails_without_showing_it(
    request_: WireRequest, credential: Credential | None, words: str
) -> None:
    """No model was reached, and the message holds nothing of the value (S9)."""
    with pytest.raises(TransportFault, match=words) as caught:
        HEADS.head(request_, credential)

    assert not caught.value.failure.reached_model
    assert "s3" not in str(caught.value)


@pytest.mark.parametrize(
    "request_", [WireRequest("@evil.example/", b""), WireRequest("", b""), WireRequest("/", b"", method="GET / ")]
)
def test_a_request_that_could_go_elsewhere_is_a_fault_of_ours(request_: WireRequest) -> None:
    """``https://host`` + ``@evil.example`` is another host."""
    with pytest.raises(ValueError, match=r"could change the host|a method that is none"):
        HEADS.head(request_, None)


def test_a_signed_head_is_not_remembered() -> None:
    """There is no other request with it: it would only take the place of those that come again."""
    heads = Heads(origin("http://x.org"), BEARER, {})
    usual, signed = WireRequest("/", b""), WireRequest("/", b"", {"authorization": "AWS4-HMAC-SHA256 1"})
    first = heads.head(usual, KEY)
    made = [heads.head(signed, None) for _ in range(KEPT)]

    assert heads.head(usual, KEY) is first
    assert made[0] == made[1]
    assert made[0] is not made[1]
