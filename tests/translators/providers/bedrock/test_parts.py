"""Content parts in Converse's blocks."""

import base64
from typing import Any

import pytest

from tests.translators.providers.bedrock.bedrock_asks import CLAUDE, LLAMA, NOVA, Json, lacks, wire

TEXT: Json = {"type": "text", "text": "Look"}
MARK: Json = {"cache_control": {"type": "ephemeral"}}


def blocks(*parts: Json, to: str = CLAUDE) -> list[Json]:
    """The blocks of one user's message."""
    content: list[Json] = wire([{"role": "user", "content": list(parts)}], to=to)[1]["messages"][0]["content"]
    return content


def image(url: str) -> Json:
    """A part that is an image."""
    return {"type": "image_url", "image_url": {"url": url}}


def file(**fields: Any) -> Json:
    """A part that is a file."""
    return {"type": "file", "file": fields}


@pytest.mark.parametrize(("media", "form"), [("png", "png"), ("jpg", "jpeg"), ("JPEG", "jpeg"), ("webp", "webp")])
def test_an_image_is_its_bytes(media: str, form: str) -> None:
    """Bare base64, without the URL's head."""
    assert blocks(image(f"data:image/{media};base64,AAAA")) == [
        {"image": {"format": form, "source": {"bytes": "AAAA"}}}
    ]


def test_bytes_that_are_not_base64_become_it() -> None:
    """RFC 2397 has both."""
    text = blocks(TEXT, file(filename="a.txt", file_data="data:text/plain,Hi%20there"))[1]["document"]

    assert base64.b64decode(text["source"]["bytes"]) == b"Hi there"


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (image("https://example.com/cat.png"), "messages[].content[].image_url.url"),
        (image("data:image/tiff;base64,AAAA"), "messages[].content[].image_url"),
        (file(file_id="file-1"), "messages[].content[].file.file_id"),
        (file(file_data="data:application/zip;base64,AAAA"), "messages[].content[].file"),
        (file(file_data="https://example.com/a.pdf"), "messages[].content[].file"),
        (
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "midi"}},
            "messages[].content[].input_audio",
        ),
        ({"type": "hologram", "hologram": {}}, "messages[].content[].hologram"),
    ],
)
def test_what_cannot_be_said_rules_the_target_out(part: Json, name: str) -> None:
    """By its name, once: nothing is fetched from the web."""
    assert lacks([{"role": "user", "content": [TEXT, part]}]) == (name,)


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ({"file_data": "data:application/pdf;base64,AAAA"}, "pdf"),
        ({"file_data": "data:text/csv;base64,AAAA"}, "csv"),
        ({"file_data": "data:text/markdown;base64,AAAA"}, "md"),
        ({"file_data": "data:application/json;base64,AAAA"}, "txt"),
        ({"file_data": "data:text/x-python;base64,AAAA"}, "txt"),
        ({"file_data": "data:application/octet-stream;base64,AAAA", "filename": "a.DOCX"}, "docx"),
        ({"file_data": "JVBERi0xLjQ="}, "pdf"),
        ({"file_data": "AAAA", "filename": "a.xlsx"}, "xlsx"),
    ],
)
def test_a_file_is_a_document(given: Json, form: str) -> None:
    """By its type, or by what its name ends in."""
    assert blocks(TEXT, file(**given))[1]["document"]["format"] == form


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"file_data": "data:image/png;base64,AAAA"}, "image"),
        ({"file_data": "data:video/mp4;base64,AAAA"}, "video"),
        ({"file_data": "AAAA", "filename": "film.3gp"}, "video"),
    ],
)
def test_a_file_may_be_an_image_or_a_video(given: Json, kind: str) -> None:
    """What it is counts, and not how it is called."""
    assert list(blocks(TEXT, file(**given))[1]) == [kind]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Report 2026.pdf", "Report 2026 pdf"),
        ("a__b:c", "a b c"),
        ("  x   y ", "x y"),
        ("(a) [b]-c", "(a) [b]-c"),
        ("Übersicht", "bersicht"),
        ("東京", "document"),
        (None, "document"),
        ("n" * 300, "n" * 190),
    ],
)
def test_a_documents_name_is_mended(name: str | None, expected: str) -> None:
    """Letters, digits, single blanks, hyphens and brackets are all that the API takes."""
    part = file(file_data="data:application/pdf;base64,AAAA", **({"filename": name} if name else {}))

    assert blocks(TEXT, part)[1]["document"]["name"] == expected


def test_documents_of_one_name_are_numbered() -> None:
    """The API refuses duplicates, in the whole conversation."""
    part = file(filename="a", file_data="data:application/pdf;base64,AAAA")
    turn = {"role": "user", "content": [TEXT, part, part]}
    _, body = wire([turn, {"role": "assistant", "content": "Yes"}, turn])

    said = [block for message in body["messages"] for block in message["content"] if "document" in block]
    assert [block["document"]["name"] for block in said] == ["a", "a (2)", "a (3)", "a (4)"]


def test_a_document_has_a_text_beside_it() -> None:
    """The API wants one; where the client says nothing, it is the document's name."""
    said = blocks(file(filename="plan", file_data="data:application/pdf;base64,AAAA"))

    assert said[1:] == [{"text": "plan"}]


def test_a_document_may_be_cited() -> None:
    """By Converse's own fields beside OpenAI's."""
    part = file(filename="a", file_data="data:text/plain;base64,AAAA") | {
        "citations": {"enabled": True},
        "context": "C",
    }

    document = blocks(TEXT, part)[1]["document"]
    assert (document["citations"], document["context"]) == ({"enabled": True}, "C")


def test_a_file_in_s3_is_named_by_its_address() -> None:
    """Its ending says what it is."""
    said = blocks(TEXT, file(file_id="s3://bucket/a/plan.pdf"), file(file_id="s3://bucket/cat.png"))

    assert said[1]["document"] == {
        "format": "pdf",
        "name": "plan pdf",
        "source": {"s3Location": {"uri": "s3://bucket/a/plan.pdf"}},
    }
    assert said[2]["image"]["source"] == {"s3Location": {"uri": "s3://bucket/cat.png"}}
    assert lacks([{"role": "user", "content": [TEXT, file(file_id="s3://bucket/a.pdf")]}]) == ()


def test_audio_and_video_are_their_bytes() -> None:
    """Which of a vendor's models takes them is not the wire format's business."""
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    video = {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,BBBB"}}

    assert blocks(TEXT, audio, video, to=NOVA)[1:] == [
        {"audio": {"format": "wav", "source": {"bytes": "AAAA"}}},
        {"video": {"format": "mp4", "source": {"bytes": "BBBB"}}},
    ]
    assert lacks([{"role": "user", "content": [TEXT, audio, video]}], to=NOVA) == ()


def test_claude_hears_nothing_and_sees_no_film() -> None:
    """None of its models, so another target is looked for, where the API would answer 400."""
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    video = {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,BBBB"}}
    refused = ("messages[].content[].input_audio", "messages[].content[].video_url")

    assert lacks([{"role": "user", "content": [TEXT, audio, video]}], to=CLAUDE) == refused


def test_blocks_in_converses_own_form_pass() -> None:
    """What OpenAI has no words for: guarded content, search results."""
    guarded = {"text": {"text": "Hi", "qualifiers": ["query"]}}
    part = {"type": "guardContent", "guardContent": guarded}

    assert blocks(TEXT, part)[1] == {"guardContent": guarded}
    assert lacks([{"role": "user", "content": [TEXT, part]}]) == ()


def test_a_mark_is_a_cache_point_behind_its_part() -> None:
    """On a part, on a message, on the system prompt; with a time to live where the model knows one."""
    hour = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "S", **hour}]},
        {"role": "user", "content": [{"type": "text", "text": "A", **MARK}, {"type": "text", "text": "B"}]},
        {"role": "assistant", "content": "C", **MARK},
        {"role": "user", "content": "D"},
    ]
    request, body = wire(messages)

    point = {"cachePoint": {"type": "default"}}
    assert body["system"] == [{"text": "S"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    assert body["messages"][0]["content"] == [{"text": "A"}, point, {"text": "B"}]
    assert body["messages"][1]["content"] == [{"text": "C"}, point]
    assert request.dropped == ()
    assert wire(messages, to=NOVA)[1]["system"] == [{"text": "S"}, point]


def test_a_mark_on_a_document_goes_before_it() -> None:
    """No cache point may follow one at once."""
    part = file(filename="a", file_data="data:application/pdf;base64,AAAA") | MARK

    assert [next(iter(block)) for block in blocks(TEXT, part)] == ["text", "cachePoint", "document"]


def test_a_mark_that_has_no_place_is_named() -> None:
    """Where the model caches nothing."""
    request, body = wire([{"role": "user", "content": [TEXT | MARK]}], to=LLAMA)

    assert body["messages"][0]["content"] == [{"text": "Look"}]
    assert request.dropped == ("messages[].cache_control",)
