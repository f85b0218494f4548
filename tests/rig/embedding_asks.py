"""Requests for vectors as the dialect reads them, and recorded answers, for the tests of every wire format."""

import json
from typing import Any

import pytest

from tests.rig.recordings import FOLDER
from translators.base import EmbeddingsRequest

Json = dict[str, Any]


def wanted(*inputs: str, encoding: Any = "float", dimensions: int | None = None, **fields: Any) -> EmbeddingsRequest:
    """A request for the vectors of these texts."""
    body = {"model": "smart", "input": list(inputs), **fields} | ({"dimensions": dimensions} if dimensions else {})
    names = ["dimensions"] if dimensions else []
    names += ["input[]"] if len(inputs) > 1 else []
    return EmbeddingsRequest("embd-ours", 7, b"", body, "smart", inputs, encoding, dimensions, uses=(*names, *fields))


def tokens() -> EmbeddingsRequest:
    """A request for the vector of two tokens."""
    body = {"model": "smart", "input": [1, 2]}
    return EmbeddingsRequest("embd-ours", 7, b"", body, "smart", ((1, 2),), uses=("input.tokens",))


def recorded(provider: str) -> tuple[Json, Json]:
    """The recorded embeddings of a provider, and their facts; skips where there are none."""
    index = FOLDER / "index.json"
    if not index.exists():
        pytest.skip("the recordings are not beside the repository")
    entries = json.loads(index.read_text("utf-8"))
    entry = next(e for e in entries if e["case"].startswith(f"{provider}/embeddings--"))
    return json.loads((FOLDER / f"{entry['case']}.json").read_text("utf-8")), entry["facts"]
