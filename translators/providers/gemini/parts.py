"""Content parts as Gemini's: text, and files of all kinds, in the request or by their address.

Source: https://ai.google.dev/gemini-api/docs/file-input-methods (public URLs as ``fileUri``, but for Gemini 2.0),
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference#filedata (the same on Vertex, and
``gs://``), https://ai.google.dev/gemini-api/docs/files (``files/…``), 2026-11.
"""

import base64
from urllib.parse import unquote_to_bytes

from translators.base import JsonObject

_FILES = "https://generativelanguage.googleapis.com/v1beta/files/"
"""Files that were uploaded to AI Studio."""
_TEXTS = frozenset({"application/json", "application/xml", "application/yaml", "application/javascript"})
_ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg jpeg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/heif": "heif",
    "application/pdf": "pdf",
    "text/plain": "txt md csv html json xml",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/aiff": "aiff",
    "audio/m4a": "m4a",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/mpeg": "mpeg mpg",
    "video/x-msvideo": "avi",
    "video/wmv": "wmv",
    "video/3gpp": "3gp",
}
_TYPES = {ending: media for media, endings in _ENDINGS.items() for ending in endings.split()}
"""By the end of a name: a URL does not say its type otherwise."""
_AUDIO = {"pcm16": "audio/pcm", "opus": "audio/ogg"}
_MENDED = {"image/jpg": "image/jpeg", "": "text/plain"}
_ADDRESSES = ("https://", "http://", "gs://")


def parts_of(content: object) -> list[JsonObject]:
    """The parts of a message's content; empty texts are left out, since the API refuses them.

    Parts that have no form here are left out too: ask ``lacking`` first.
    """
    if isinstance(content, str):
        return [{"text": content}] if content else []
    if not isinstance(content, list):
        return []
    parts = (part_of(part) for part in content)
    return [part for part in parts if part and part.get("text") != ""]


def lacking(content: object) -> list[str]:
    """The types of the parts that Gemini has no form for."""
    if not isinstance(content, list):
        return []
    return [str(part.get("type"))[:64] for part in content if part_of(part) is None]


def part_of(part: JsonObject) -> JsonObject | None:
    """One part; None where there is no form for it."""
    kind = part.get("type")
    if kind in ("text", "refusal"):
        return {"text": part[kind]}
    if kind in ("image_url", "video_url"):
        inner = part.get(kind)
        url = inner.get("url") if isinstance(inner, dict) else inner
        return _at(url) if isinstance(url, str) else None
    if kind == "input_audio":
        audio = part["input_audio"]
        return inline(_AUDIO.get(audio["format"], f"audio/{audio['format'].lower()}"), audio["data"])
    return _file(part["file"]) if kind == "file" else None


def inline(media: str, data: str) -> JsonObject:
    """A file in the request itself.

    Args:
        media: its MIME type.
        data: base64, without the head of a data URL.
    """
    return {"inlineData": {"mimeType": media, "data": data}}


def _file(file: JsonObject) -> JsonObject | None:
    data, name, file_id = file.get("file_data"), file.get("filename"), file.get("file_id")
    if isinstance(data, str) and data.startswith(("data:", "Data:", "DATA:", *_ADDRESSES)):
        return _at(data)
    if isinstance(data, str) and data:
        media = _type_of(name) if isinstance(name, str) else None
        return inline(media or "application/pdf", data)
    if isinstance(file_id, str) and file_id.startswith("files/"):
        return {"fileData": {"fileUri": _FILES + file_id.removeprefix("files/")}}
    return _at(file_id) if isinstance(file_id, str) and file_id.startswith(_ADDRESSES) else None


def _at(url: str) -> JsonObject:
    if url[:5].lower() == "data:":
        return _from_data_url(url)
    data = {"fileUri": url}
    media = _type_of(url.partition("#")[0].partition("?")[0])
    if media:
        data["mimeType"] = media
    return {"fileData": data}


def _from_data_url(url: str) -> JsonObject:
    """RFC 2397. Texts of any type are plain text: Vertex reads no other, and it is what they are."""
    head, _, data = url[5:].partition(",")
    media, *flags = head.lower().split(";")
    if "base64" not in (flag.strip() for flag in flags):
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    media = _MENDED.get(media, media)
    if media.startswith("text/") or media in _TEXTS:
        media = "text/plain"
    return inline(media, data)


def _type_of(name: str) -> str | None:
    return _TYPES.get(name.rpartition(".")[2].lower())
