"""Base URLs, taken apart."""

import pytest

from proxy.upstream.origin import Origin, origin


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://api.example.org/v1/", Origin(True, "api.example.org", 443, "api.example.org", "/v1")),
        ("HTTP://Api.Example.ORG", Origin(False, "api.example.org", 80, "api.example.org", "")),
        ("https://x.org:443/a/b", Origin(True, "x.org", 443, "x.org", "/a/b")),
        ("https://x.org:8443", Origin(True, "x.org", 8443, "x.org:8443", "")),
        ("http://[::1]:80/", Origin(False, "::1", 80, "[::1]", "")),
        ("http://[::1]:8000/", Origin(False, "::1", 8000, "[::1]:8000", "")),
    ],
)
def test_a_base_url_is_taken_apart(base_url: str, expected: Origin) -> None:
    """The scheme's own port is not shown; an IPv6 address is resolved without its brackets and shown in them."""
    assert origin(base_url) == expected


def test_the_normal_form_reads_as_the_same_origin() -> None:
    """What was left out was of no account."""
    read = origin("HTTPS://X.org:443/v1/")

    assert read.url == "https://x.org/v1"
    assert origin(read.url) == read


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("", "http:// or https://"),
        ("ftp://x.org", "http:// or https://"),
        ("x.org/v1", "http:// or https://"),
        ("https://", "http:// or https://"),
        ("https:///v1", "http:// or https://"),
        ("https://s3cret:s3cret@x.org", "no credentials"),
        ("https://x.org/v1?key=s3cret", "no credentials, query"),
        ("https://x.org/v1#s3cret", "no credentials, query or fragment"),
        ("https://x.org:s3cret", "its port is no port"),
        ("https://x.org:0", "its port is no port"),
        ("https://x.org:65536", "its port is no port"),
        ("https://[s3cret", "its host is no host"),
        ("https://" + "x" * 64 + ".org", "its host is no host"),
        ("https://exa\x00mple.org", "must be escaped"),
        ("https://exa mple.org", "must be escaped"),
        ("https://x.org/\r\nx: s3cret", "must be escaped"),
        ("https://b\u00fccher.example", "xn--"),
    ],
)
def test_a_base_url_that_cannot_be_used_is_refused_without_repeating_it(base_url: str, words: str) -> None:
    """A password in it is a secret."""
    with pytest.raises(ValueError, match=words) as caught:
        origin(base_url)

    assert "s3cret" not in str(caught.value)
