"""Hugging Face's feature extraction as embeddings; its chat speaks OpenAI's wire, and is a row in ``vendors``.

Where and how: huggingface_hub, inference/_providers/hf_inference.py (``/models/{model}/pipeline/feature-extraction``
behind the router's ``/hf-inference``, parameters at the root) and
https://huggingface.co/docs/inference-providers/tasks/feature-extraction, 2026-11. Nobody counts tokens there.
"""

from typing import Any
from urllib.parse import quote

import orjson

from translators.base import Destination, EmbeddingsRequest, EmbeddingsResponse, JsonObject, WireRequest, WireResponse
from translators.facts import Failure, FailureKind
from translators.parameters import Table
from translators.providers.loose import obj
from translators.providers.reading import NO_VECTORS, read_whole
from translators.providers.refusals import Refusals, Words, parsed, readable
from translators.providers.vectors import Whole, embedding_list
from translators.retry_after import parse as parse_retry_after

_OWN = ("normalize", "prompt_name", "truncate", "truncation_direction")
EMBEDDINGS = Table({"input[]": "inputs"} | dict.fromkeys(_OWN, ""))
_PATH = "/hf-inference/models/{model}/pipeline/feature-extraction"
_LONGEST_WAIT = 3600
"""Seconds; no model takes longer to load."""
REFUSALS = Refusals(
    words=(
        # "`inputs` must have less than 512 tokens. Given: 514", 413 (huggingface/text-embeddings-inference#82)
        Words(FailureKind.CONTEXT_LENGTH, frozenset({400, 413, 422}), ("must have less than",)),
        # "You have exceeded your monthly included credits for Inference Providers." (huggingface/agents-course#386)
        Words(FailureKind.EXHAUSTED, frozenset({402, 429}), ("exceeded your monthly included credits",)),
    )
)


class HuggingFaceEmbeddings(Whole):
    """The translator of feature extraction. Pure; holds no state."""

    def unsupported(self, ask: EmbeddingsRequest, target: Destination) -> tuple[str, ...]:  # noqa: ARG002
        """Tokens for an input, and a length of choice."""
        return EMBEDDINGS.unmet(ask.uses)

    def request(self, ask: EmbeddingsRequest, target: Destination) -> WireRequest:
        """The texts; the model is in the path, ``organisation/name``."""
        body: JsonObject = {"inputs": ask.inputs} | {name: ask.body[name] for name in _OWN if name in ask.uses}
        path = _PATH.format(model=quote(target.model, safe="/"))
        return WireRequest(path, orjson.dumps(body), dropped=EMBEDDINGS.left_out(ask.uses))

    def response(self, ask: EmbeddingsRequest, wire: WireResponse, target: Destination) -> EmbeddingsResponse | Failure:
        """Read a 2xx answer: a vector for each input, or for the only one, without a list around it.

        A model that gives a vector for each token of a text has none for the text: that is no answer.
        """

        def read(answer: Any) -> EmbeddingsResponse:
            if len(ask.inputs) == 1 and isinstance(answer, list) and answer and not isinstance(answer[0], list):
                answer = [answer]
            return embedding_list(ask, answer, target.model, None)

        return read_whole(wire.body, _error_in, read, NO_VECTORS)

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx. A model that is being loaded says how long that takes."""
        document = obj(parsed(wire.body))
        message = _said(document) or readable(wire.body, wire.status)
        wait = parse_retry_after(wire.headers)
        return REFUSALS.failure(
            message,
            wire.status,
            code=document.get("error_type"),
            retry_after=wait if wait is not None else _seconds(document.get("estimated_time")),
        )


def _error_in(answer: Any) -> Failure | None:
    return REFUSALS.failure(_said(answer), 500) if obj(answer).get("error") else None


def _said(document: JsonObject) -> Any:
    """The text of an error, of the first where there are several."""
    error = document.get("error")
    return error[0] if isinstance(error, list) and error else error


def _seconds(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and 0 <= value <= _LONGEST_WAIT else None
