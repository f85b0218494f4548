"""Images, files and sound in Gemini's words."""

import pytest

from tests.translators.providers.gemini.gemini_asks import FLASH, OLD, Json, lacks, wire

FILES = "https://generativelanguage.googleapis.com/v1beta/files/abc"


def image(url: str, **more: str) -> Json:
    """An image part."""
    return {"type": "image_url", "image_url": {"url": url, **more}}


def file(**fields: str) -> Json:
    """A file part."""
    return {"type": "file", "file": fields}


def inline(media: str, data: str) -> Json:
    """A file in the request."""
    return {"inlineData": {"mimeType": media, "data": data}}


def at(uri: str, media: str | None = None) -> Json:
    """A file by its address."""
    return {"fileData": {"fileUri": uri, **({"mimeType": media} if media else {})}}


SAID: dict[str, tuple[Json, Json]] = {
    "a data URL": (image("data:image/png;base64,AAAA"), inline("image/png", "AAAA")),
    "a mended type": (image("data:image/jpg;base64,AAAA"), inline("image/jpeg", "AAAA")),
    "no base64": (file(file_data="data:text/plain,a%20b"), inline("text/plain", "YSBi")),
    "an address": (image("https://a.b/c.png?x=1"), at("https://a.b/c.png?x=1", "image/png")),
    "an address that says no type": (image("https://a.b/c"), at("https://a.b/c")),
    "an odd address": (file(file_data="https://[a.b/c.png"), at("https://[a.b/c.png", "image/png")),
    "a PDF": (file(file_data="data:application/pdf;base64,JVBERi0="), inline("application/pdf", "JVBERi0=")),
    "a PDF without a head": (file(file_data="JVBERi0=", filename="a.pdf"), inline("application/pdf", "JVBERi0=")),
    "a file by its name": (file(file_data="AAAA", filename="a.MP3"), inline("audio/mp3", "AAAA")),
    "JSON": (file(file_data="data:application/json;base64,e30="), inline("text/plain", "e30=")),
    "an uploaded file": (file(file_id="files/abc"), at(FILES)),
    "an uploaded file's address": (file(file_id=FILES), at(FILES)),
    "a bucket": (file(file_id="gs://b/a.pdf"), at("gs://b/a.pdf", "application/pdf")),
    "sound": ({"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}, inline("audio/wav", "UklG")),
    "samples": (
        {"type": "input_audio", "input_audio": {"data": "UklG", "format": "pcm16"}},
        inline("audio/pcm", "UklG"),
    ),
    "a film": ({"type": "video_url", "video_url": {"url": "https://a.b/c.mp4"}}, at("https://a.b/c.mp4", "video/mp4")),
}


@pytest.mark.parametrize(("part", "expected"), SAID.values(), ids=SAID)
def test_a_part_is_said_in_the_request_or_by_its_address(part: Json, expected: Json) -> None:
    """And no PDF keeps the head of its data URL."""
    message = [{"role": "user", "content": [{"type": "text", "text": "See"}, part]}]
    request, sent = wire(message)

    assert sent["contents"][0]["parts"] == [{"text": "See"}, expected]
    assert (request.dropped, lacks(message)) == ((), ())


LACKING: dict[str, tuple[Json, str]] = {
    "another provider's file": (file(file_id="file-abc"), "messages[].content[].file"),
    "a file that is none": (file(filename="a.pdf"), "messages[].content[].file"),
    "a part of its own": ({"type": "hologram"}, "messages[].content[].hologram"),
    "a film that is none": ({"type": "video_url"}, "messages[].content[].video_url"),
}


@pytest.mark.parametrize(("part", "name"), LACKING.values(), ids=LACKING)
def test_a_part_without_a_form_rules_the_target_out(part: Json, name: str) -> None:
    """It is not dropped in silence."""
    assert lacks([{"role": "user", "content": [part]}]) == (name,)


def test_ai_studio_fetches_nothing_for_gemini_2_0() -> None:
    """Vertex does, for all."""
    message = [{"role": "user", "content": [image("https://a.b/c.png")]}]

    assert lacks(message, to=OLD) == ("messages[].content[].image_url.url",)
    assert lacks(message, to=OLD, vertex=True) == ()
    assert lacks(message, to=FLASH) == ()


def test_the_detail_of_an_image_is_named() -> None:
    """Gemini has one resolution for all."""
    request, _ = wire([{"role": "user", "content": [image("data:image/png;base64,AAAA", detail="low")]}])

    assert request.dropped == ("messages[].content[].image_url.detail",)
