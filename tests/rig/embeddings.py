"""Recorded embeddings as test cases: the OpenAI request that means the same, and an upstream's own way of answering."""

import base64
import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.rig.answers import Answer, plain
from tests.rig.recordings import FOLDER, Case

Json = dict[str, Any]


@dataclass(frozen=True)
class Replay:
    """How the embeddings of one interface are replayed. A new interface is a row of :data:`EMBEDDINGS`."""

    ask: Callable[[Json], Json]
    """The OpenAI request that means the same, without ``model``."""
    leaves: tuple[str, ...] = ()
    """What the recorded client said and we do not."""
    account: Json = field(default_factory=dict)
    """Configuration of the upstream, beside its address and its key."""


def _openai(body: Json) -> Json:
    return {name: value for name, value in body.items() if name != "model"}


def _gemini(body: Json) -> Json:
    texts = [request["content"]["parts"][0]["text"] for request in body["requests"]]
    return {"input": texts, "task_type": body["requests"][0]["taskType"]}


def _vertex(body: Json) -> Json:
    return {"input": [instance["content"] for instance in body["instances"]]}


def _cohere(body: Json) -> Json:
    return {"input": body["texts"], "input_type": body["input_type"], "dimensions": body["output_dimension"]}


def _ollama(body: Json) -> Json:
    return {"input": [body["input"]], "options": body["options"]}


def _huggingface(body: Json) -> Json:
    return {"input": [body["inputs"]]}


EMBEDDINGS: Mapping[str, Replay] = {
    "openai.embeddings": Replay(_openai),
    "gemini.embeddings": Replay(_gemini, account={"provider": "google"}),
    "vertex.embeddings": Replay(_vertex, account={"project": "PROJECT", "region": "us-central1"}),
    "bedrock.embeddings": Replay(_cohere, account={"region": "us-east-1"}),
    "cohere.embeddings": Replay(_cohere),
    "ollama.embeddings": Replay(_ollama, account={"api": "native"}),
    # Options of the old inference API, which the router does not have.
    "hf.embeddings": Replay(_huggingface, leaves=("options",)),
}
"""By the name that the recordings have for the interface."""
_DATED = {"azure": {"api_version": "2023-07-01-preview"}}


def account(case: Case, url: str) -> Json:
    """The configuration of a case's upstream, at this address."""
    own = {"provider": case.provider, "base_url": url, "api_key": "sk-upstream"}
    return own | _DATED.get(case.provider, {}) | EMBEDDINGS[case.api].account


def model(case: Case) -> str:
    """What was asked for; Hugging Face's old API has it at the end of the path alone."""
    return case.model or str(case.recording["request"]["path"]).partition("/feature-extraction/")[2]


def tokens(case: Case) -> int | None:
    """What the provider counted; Vertex says it of each vector, where the recordings' facts do not look."""
    said = (case.facts["usage"] or {}).get("input_tokens")
    if said is None and case.api == "vertex.embeddings":
        found = case.recording["response"]["body"]["predictions"]
        return sum(prediction["embeddings"]["statistics"]["token_count"] for prediction in found)
    return said if said is None else int(said)


def asked(case: Case) -> Json:
    """The OpenAI request that means the same, without ``model``."""
    return EMBEDDINGS[case.api].ask(case.request)


def meaning(case: Case, body: Json) -> Json:
    """What a body asks of the provider: one text may stand alone or in a list; the encoding is the client's matter."""
    kept = {name: value for name, value in body.items() if name not in EMBEDDINGS[case.api].leaves}
    kept.pop("encoding_format", None)
    return {
        name: [value] if name in ("input", "inputs") and type(value) is str else value for name, value in kept.items()
    }


def params(*, failed: bool) -> list[Any]:
    """The cases for ``pytest.mark.parametrize``, each under its own name; one skipped where there are none."""
    if not CASES:
        return [pytest.param(None, marks=pytest.mark.skip(reason="the recordings are not beside the repository"))]
    return [pytest.param(case, id=case.name) for case in CASES if failed is (case.status >= 400)]


def _load() -> tuple[Case, ...]:
    index = FOLDER / "index.json"
    entries = json.loads(index.read_text("utf-8")) if index.exists() else []
    names = ("case", "provider", "api", "stream", "status", "kinds", "request_model", "facts")
    return tuple(Case(*(entry[name] for name in names)) for entry in entries if entry["api"] in EMBEDDINGS)


CASES = _load()
"""The recordings of embeddings; none where they are absent."""


def b64(*numbers: float) -> str:
    """A vector as OpenAI encodes it."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def vectors(*found: Any, usage: Any = None, **fields: Any) -> Answer:
    """A list of vectors, as OpenAI answers."""
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(found)]
    said = {"prompt_tokens": 5, "total_tokens": 5} if usage is None else usage
    body = {"object": "list", "data": data, "model": "embed-upstream", "usage": said} | fields
    return plain(json.dumps(body).encode())
