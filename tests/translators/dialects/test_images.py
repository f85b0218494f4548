"""Which images a message may name or hold (D22)."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.base import Malformed
from translators.dialects.images import LARGEST_IMAGE, check_image

PATH = "messages[0].content[0].image_url"


def refused(image: Any) -> tuple[str, str | None, str]:
    """Code, param and message for which an image is refused."""
    with pytest.raises(Malformed) as caught:
        check_image(image, PATH)
    return caught.value.code, caught.value.param, caught.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "HTTPS://EXAMPLE.COM/A.PNG",
        "https://example.com./a.png",
        "https://example.com:8443/a.png?size=1&to=@x#y",
        "https://example.com/redirect?to=http://127.0.0.1/",
        "https://example.com/a b.png",
        "https://my_bucket.s3.amazonaws.com/a%20b.png",
        "https://b\u00fccher.example/a.png",
        "https://8.8.8.8/a.png",
        "https://1.1.1.1:443/a.png",
        "https://[2606:4700::1111]/a.png",
        "https://10.example.com/a.png",
        "https://localhost.example.com/a.png",
        "https://0xdead.beef.example/a.png",
    ],
)
def test_a_public_https_url_passes(url: str) -> None:
    """Whether it leads anywhere is for whoever fetches it to find out."""
    check_image({"url": url}, PATH)
    check_image(url, PATH)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.png",
        "http://example.com/a.png",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "//example.com",
        "gs://a/b",
        "https:/example.com",
        " https://example.com",
        "javascript:alert(1)",
    ],
)
def test_any_other_scheme_is_refused(url: str) -> None:
    """D22: https or data."""
    code, param, message = refused({"url": url})

    assert (code, param) == ("invalid_image_url", f"{PATH}.url")
    assert "expected an https URL or a base64-encoded data URL" in message


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.1",
        "127.0.0.1.",
        "0177.0.0.1",
        "0x7f.1",
        "0x7F000001",
        "2130706433",
        "017700000001",
        "0",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "0xA9FEA9FE",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:8.8.8.8]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:db8::1]",
        "[ff02::1]",
        "localhost",
        "LocalHost.",
        "a.localhost",
        "metadata",
        "metadata.google.internal",
        "METADATA.GOOGLE.INTERNAL.",
        "instance-data.ec2.internal",
        "printer.local",
        "redis",
        "intranet:443",
        "router.lan",
        "nas.home.arpa",
    ],
)
def test_a_private_host_is_refused_in_every_spelling(host: str) -> None:
    """D22: private networks, this machine, metadata services; by address and by the names that everybody has."""
    code, param, message = refused({"url": f"https://{host}/latest/meta-data"})

    assert (code, param) == ("invalid_image_url", f"{PATH}.url")
    assert message.endswith("its host is not on the public internet.")


@pytest.mark.parametrize(
    "authority",
    [
        "",
        ":443",
        "user@example.com",
        "example.com@127.0.0.1",
        "example.com\\@127.0.0.1",
        "example.com\\.evil",
        "127.0.0.1%2f.example.com",
        "127%2e0%2e0%2e1",
        "exam ple.com",
        "exa\tmple.com",
        "exam\u200bple.com",
        "example.com:port",
        "example.com:443:80",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.09",
        "a.0x",
        "4294967296",
        "9" * 5000,
        "a." * 200 + "com",
        "[::1",
        "::1",
        "[1.2.3.4]",
        "[fe80::1%25eth0]",
        "\u00fc" * 100 + ".example",
    ],
)
def test_a_host_that_parsers_might_read_differently_is_none(authority: str) -> None:
    """What one takes for a user, the next takes for the host."""
    code, _, message = refused(f"https://{authority}/a.png")

    assert code == "invalid_image_url"
    assert message.endswith(("it has no valid host.", "its host is not on the public internet."))
    assert len(message) < 256


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64,AA==",
        "data:image/png;base64,AAA=",
        "data:image/png;base64,AAAA",
        "data:image/png;base64,AA",
        "data:image/png;base64,A+/z\r\nAA==\n",
        "DATA:IMAGE/PNG;BASE64,AAAA",
        "data:;base64,AAAA",
        "data:image/svg+xml;charset=utf-8;base64,AAAA",
    ],
)
def test_an_image_in_base64_passes(url: str) -> None:
    """With padding or without, in lines or in one: as browsers have it."""
    check_image({"url": url}, PATH)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("data:", "of the form"),
        ("data:image/png", "of the form"),
        ("data:image/png,AAAA", "of the form"),
        ("data:image/svg+xml,<svg/>", "of the form"),
        ("data:image/png;base64", "of the form"),
        ("data:" + "x" * 300 + ";base64,AAAA", "of the form"),
        ("data:image/png;base64,", "not valid base64"),
        ("data:image/png;base64,==", "not valid base64"),
        ("data:image/png;base64,A", "not valid base64"),
        ("data:image/png;base64,AAAAA", "not valid base64"),
        ("data:image/png;base64,A===", "not valid base64"),
        ("data:image/png;base64,AAAA=", "not valid base64"),
        ("data:image/png;base64,AAAA====", "not valid base64"),
        ("data:image/png;base64,AA==AA==", "not valid base64"),
        ("data:image/png;base64,=AAA", "not valid base64"),
        ("data:image/png;base64,AA-_", "not valid base64"),
        ("data:image/png;base64,AA!A", "not valid base64"),
        ("data:image/png;base64,AA\u00e9A", "not valid base64"),
        ("data:image/png;base64,AA%3D%3D", "not valid base64"),
        ("data:image/png;base64,AA\x00A", "not valid base64"),
    ],
)
def test_what_is_no_image_in_base64_is_refused(url: str, why: str) -> None:
    """D22."""
    code, param, message = refused({"url": url})

    assert (code, param) == ("invalid_image_url", f"{PATH}.url")
    assert why in message


@given(st.binary(min_size=1, max_size=64))
def test_whatever_is_encoded_is_base64(data: bytes) -> None:
    """No picture is refused for its content."""
    check_image(f"data:image/png;base64,{base64.b64encode(data).decode()}", PATH)


def test_the_largest_image_passes_and_no_larger_one() -> None:
    """D22: 20 MiB, and not a byte more."""
    largest, larger = (base64.b64encode(bytes(LARGEST_IMAGE + more)).decode() for more in (0, 1))

    check_image(f"data:image/png;base64,{largest}", PATH)
    assert "larger than" in refused(f"data:image/png;base64,{larger}")[2]


@pytest.mark.parametrize(
    ("image", "code", "field"),
    [
        ({}, "missing_required_parameter", ".url"),
        ({"url": None}, "missing_required_parameter", ".url"),
        ({"url": 1}, "invalid_type", ".url"),
        (1, "invalid_type", ""),
        ("a.png", "invalid_image_url", ""),
    ],
)
def test_an_image_is_named_by_the_path_of_its_url(image: Any, code: str, field: str) -> None:
    """OpenAI has it in an object, Mistral as it is."""
    assert refused(image)[:2] == (code, PATH + field)
