"""Content parts: pictures and documents by every road they come."""

import base64

import pytest

from tests.translators.providers.anthropic.anthropic_asks import Json, lacks, wire
from translators.providers.anthropic.parts import block_of

PDF = base64.b64encode(b"%PDF-1.4").decode()
PDF_BLOCK = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}}


def image(media: str, data: str) -> Json:
    """An image block."""
    return {"type": "image", "source": {"type": "base64", "media_type": media, "data": data}}


def note(words: str) -> Json:
    """A text document."""
    return {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": words}}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, image("image/png", "AAAA")),
        ({"type": "image_url", "image_url": "DATA:image/jpg;base64,AAAA"}, image("image/jpeg", "AAAA")),
        ({"type": "image_url", "image_url": {"url": "data:image/gif,%00%01"}}, image("image/gif", "AAE=")),
        (
            {"type": "image_url", "image_url": {"url": "https://a.org/b.png"}},
            {"type": "image", "source": {"type": "url", "url": "https://a.org/b.png"}},
        ),
        ({"type": "image_url", "image_url": {"url": f"data:application/pdf;base64,{PDF}"}}, PDF_BLOCK),
        (
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}},
            {**PDF_BLOCK, "title": "a.pdf"},
        ),
        ({"type": "file", "file": {"file_data": PDF}}, PDF_BLOCK),
        (
            {"type": "file", "file": {"file_data": "https://a.org/b.pdf"}},
            {"type": "document", "source": {"type": "url", "url": "https://a.org/b.pdf"}},
        ),
        (
            {"type": "file", "file": {"file_id": "file_1"}, "citations": {"enabled": True}},
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}, "citations": {"enabled": True}},
        ),
        ({"type": "file", "file": {"file_data": "data:text/csv;charset=utf-8;base64,w6k="}}, note("é")),
        ({"type": "file", "file": {"file_data": "data:,a%20b"}}, note("a b")),
        ({"type": "file", "file": {"file_data": "data:application/json,{}"}}, note("{}")),
        (
            {"type": "document", "source": {"type": "text", "data": "x"}},
            {"type": "document", "source": {"type": "text", "data": "x"}},
        ),
        ({"type": "text", "text": "x", "title": "no"}, {"type": "text", "text": "x"}),
    ],
)
def test_a_part_becomes_the_block_that_means_the_same(part: Json, block: Json) -> None:
    """Bare base64 without the data URL's head; a text document as text; Anthropic's own blocks as they are."""
    assert block_of(part) == block


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        {"type": "video_url", "video_url": {"url": "https://a.org/b"}},
        {"type": "image_url", "image_url": {"url": "data:image/svg+xml;base64,AAAA"}},
        {"type": "file", "file": {"file_data": "data:application/zip;base64,AAAA"}},
        {"type": "file", "file": {"file_data": "data:text/plain;base64,/w=="}},
        {"type": "file", "file": {"file_data": "data:text/plain;base64,é"}},
        {"type": "file", "file": {"file_data": "AAAA"}},
        {"type": "file", "file": {}},
    ],
)
def test_a_part_without_a_form_rules_the_target_out(part: Json) -> None:
    """By name: nothing that was to be seen or heard is left out in silence."""
    assert lacks([{"role": "user", "content": [part, {"type": "text", "text": "x"}]}]) == (
        f"messages[].content[].{part['type']}",
    )


def test_documents_and_pictures_keep_their_marks() -> None:
    """Clients put them beside the part's own field."""
    mark = {"type": "ephemeral"}
    part = {"type": "image_url", "image_url": {"url": "https://a.org/b"}, "cache_control": mark}

    assert wire([{"role": "user", "content": [part]}])[1]["messages"][0]["content"][0]["cache_control"] == mark


def test_an_image_of_an_odd_shape_has_no_form() -> None:
    """The dialect refuses it; other callers are told."""
    assert block_of({"type": "image_url", "image_url": 5}) is None
