"""Content parts as Converse's blocks: text, images, documents, audio, video.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html, 2026-11. Bytes come with
the request, or lie in S3 (a ``file_id`` that begins with ``s3://``); nothing is fetched from the web. Blocks that
clients write in Converse's own form, ``{"type": "image", "image": {…}}``, pass.
"""

import base64
import re
from urllib.parse import unquote_to_bytes

from translators.base import JsonObject
from translators.providers.bedrock.draft import Draft
from translators.providers.loose import obj

OWN_BLOCKS = frozenset({"image", "document", "video", "audio", "guardContent", "searchResult", "cachePoint"})
S3 = "s3://"

_IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
_DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/markdown": "md",
    "application/json": "txt",
    "application/xml": "txt",
    "application/yaml": "txt",
    "application/javascript": "txt",
}
"""Any other ``text/…`` is ``txt``: the model reads it as that."""
_VIDEOS = {
    "video/x-matroska": "mkv",
    "video/quicktime": "mov",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/x-ms-wmv": "wmv",
    "video/3gpp": "three_gp",
}
_EXTENSIONS = {
    "image": {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp"},
    "document": {name: name for name in ("pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md")},
    "video": {name: name for name in ("mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv")} | {"3gp": "three_gp"},
}
_AUDIO = frozenset(
    ("mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm", "webm")
)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9 ()\[\]-]+")
"""A document's name: letters, digits, blanks (one in a row), hyphens and brackets
(…/APIReference/API_runtime_DocumentBlock.html)."""
_LONGEST_NAME = 190
_EXTRAS = ("citations", "context")
"""Fields of a document that clients add to OpenAI's ``file``."""


def blocks_of(draft: Draft, content: object) -> list[JsonObject]:
    """The blocks of a message's content; blank texts are left out, since the API refuses them.

    Parts that have no form here are left out too: ask ``lacking`` first.
    """
    if isinstance(content, str):
        return [{"text": content}] if content.strip() else []
    if not isinstance(content, list):
        return []
    blocks: list[JsonObject] = []
    for part in content:
        block = block_of(part)
        if block is None or ("text" in block and not block["text"].strip()):
            continue
        if "document" in block:
            block = {"document": _named(draft, block["document"])}
        blocks.append(block)
        mark(draft, blocks, part)
    return blocks


def mark(draft: Draft, blocks: list[JsonObject], marked: JsonObject) -> None:
    """Put a cache point behind the last block, where ``cache_control`` says so (Anthropic's word, as LiteLLM has it).

    None may follow a document or a video at once, so it goes before those (found by pydantic/pydantic-ai).
    """
    wish = marked.get("cache_control")
    if not isinstance(wish, dict) or not blocks:
        return
    at = len(blocks)
    while at and ("document" in blocks[at - 1] or "video" in blocks[at - 1]):
        at -= 1
    if draft.family.caches and at:
        blocks.insert(at, cache_point(draft, wish))
    else:
        draft.drop("messages[].cache_control")


def cache_point(draft: Draft, wish: JsonObject) -> JsonObject:
    """What a mark says: Amazon's own models know no time to live."""
    point: JsonObject = {"type": "default"}
    if wish.get("ttl") in ("5m", "1h") and draft.family.caches_tools:
        point["ttl"] = wish["ttl"]
    return {"cachePoint": point}


def lacking(content: object) -> list[str]:
    """What of the parts Converse has no form for: a type, or the field of it that says where else the bytes are."""
    if not isinstance(content, list):
        return []
    return [_culprit(part) for part in content if block_of(part) is None]


def _culprit(part: JsonObject) -> str:
    kind = str(part.get("type"))[:64]
    inner = part.get(kind)
    if kind == "image_url":
        url = inner.get("url") if isinstance(inner, dict) else inner
        return kind if str(url)[:5].lower() == "data:" else f"{kind}.url"
    return "file.file_id" if kind == "file" and not obj(inner).get("file_data") else kind


def block_of(part: JsonObject) -> JsonObject | None:
    """One part as a block; None where there is no form for it."""
    kind = part.get("type")
    if kind in ("text", "refusal"):
        return {"text": part[kind]}
    if kind in OWN_BLOCKS:
        return {kind: part[kind]} if isinstance(part.get(kind), dict) else None
    inner = part.get(str(kind))
    if kind in ("image_url", "video_url"):
        return _from_url(inner.get("url") if isinstance(inner, dict) else inner, kind.removesuffix("_url"))
    if kind == "input_audio":
        return _audio(obj(inner))
    return _file(obj(inner), part) if kind == "file" else None


def _from_url(url: object, kind: str) -> JsonObject | None:
    if not isinstance(url, str) or url[:5].lower() != "data:":
        return None
    block = _from_data_url(url, "")
    return block if block and kind in block else None


def _audio(audio: JsonObject) -> JsonObject | None:
    form = str(audio.get("format")).lower()
    return {"audio": {"format": form, "source": {"bytes": audio["data"]}}} if form in _AUDIO else None


def _file(file: JsonObject, part: JsonObject) -> JsonObject | None:
    data, name = file.get("file_data"), file.get("filename")
    title = name if isinstance(name, str) else ""
    block: JsonObject | None = None
    if isinstance(data, str) and data[:5].lower() == "data:":
        block = _from_data_url(data, title)
    elif isinstance(data, str) and "://" not in data[:10]:
        block = _by_name(title or ("document.pdf" if data.startswith("JVBERi") else ""), {"bytes": data})  # %PDF-
    elif str(file.get("file_id")).startswith(S3):
        place = str(file["file_id"])
        block = _by_name(place, {"s3Location": {"uri": place}}, title)
    if block and "document" in block:
        block["document"] |= {name: part[name] for name in _EXTRAS if part.get(name) is not None}
    return block


def _from_data_url(url: str, title: str) -> JsonObject | None:
    """RFC 2397."""
    head, _, data = url[5:].partition(",")
    media, *flags = head.lower().split(";")
    if "base64" not in (flag.strip() for flag in flags):
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    source = {"bytes": data}
    if media in _IMAGES:
        return {"image": {"format": _IMAGES[media], "source": source}}
    if media in _VIDEOS:
        return {"video": {"format": _VIDEOS[media], "source": source}}
    form = _DOCUMENTS.get(media) or ("txt" if media.startswith("text/") or not media else None)
    if form:
        return {"document": {"format": form, "name": title, "source": source}}
    return _by_name(title, source)


def _by_name(name: str, source: JsonObject, title: str = "") -> JsonObject | None:
    """A file by what its name ends in."""
    ending = name.rpartition(".")[2].lower()
    for kind, endings in _EXTENSIONS.items():
        if ending in endings:
            block: JsonObject = {"format": endings[ending], "source": source}
            return {kind: block | ({"name": title or name.rpartition("/")[2]} if kind == "document" else {})}
    return None


def _named(draft: Draft, document: JsonObject) -> JsonObject:
    """A document with a name in the characters that the API takes, and of its own: it refuses two of one name."""
    stem = " ".join(_NOT_IN_NAMES.sub(" ", str(document.get("name") or "")).split())[:_LONGEST_NAME] or "document"
    number = draft.names[stem] = draft.names.get(stem, 0) + 1
    return {**document, "name": stem if number == 1 else f"{stem} ({number})"}
