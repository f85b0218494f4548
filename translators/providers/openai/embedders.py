"""Vendors of OpenAI's wire that have embeddings on it, as differences from OpenAI's own.

Who is not here has none there (Anthropic's, DeepSeek's and Cerebras's references list no such path; xAI's lists no
model for it), or has them in a wire of its own (Hugging Face). What a vendor does not document counts as lacking; an
operator who knows better says ``parameters: {name: pass}``.
"""

import struct
from binascii import a2b_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from translators.parameters import Table, Treatment

_NAMES = ("dimensions", "user", "input[]", "input.tokens")
"""All that OpenAI documents, but the encoding."""
_TEXTS = frozenset({"input.tokens"})
"""Lacking for those that take texts alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedder:
    """A vendor's embeddings."""

    source: str
    """Where the row's facts are from (2026-11)."""
    path: str = "/embeddings"
    """Appended to the base URL."""
    dated_path: str | None = None
    """The path where a version of the API is pinned; ``{model}`` and ``{version}`` are filled in."""
    lacks: frozenset[str] = frozenset()
    """Names that the vendor refuses, ignores, or does not document."""
    renames: Mapping[str, str] = field(default_factory=dict)
    """Parameters that the vendor knows under another name."""
    encodes: bool = True
    """``encoding_format`` may be sent; else numbers come, and are encoded here."""
    encoding: str | None = None
    """The only ``encoding_format`` there is, where it is one of the vendor's own."""
    decode: Callable[[str], Sequence[float]] | None = None
    """Reads a vector in base64 that is not of 32-bit floats."""
    retyped_by: frozenset[str] = frozenset()
    """Fields of the vendor's that ask for other numbers than 32-bit floats: its base64 would be no OpenAI client's."""

    def table(self) -> Table:
        """What becomes of each parameter; what is unknown to OpenAI passes."""
        said = {name: self.renames.get(name, "") for name in _NAMES if name not in self.lacks}
        return Table(said, Treatment.NATIVE)


def signed_bytes(text: str) -> Sequence[float]:
    """A vector of signed bytes in base64; as they are, for cosines do not ask for a length.

    Raises:
        ValueError: it is none.
    """
    packed = a2b_base64(text, strict_mode=True)
    return struct.unpack(f"{len(packed)}b", packed)


EMBEDDERS: Mapping[str, Embedder] = MappingProxyType(
    {
        "openai": Embedder("https://platform.openai.com/docs/api-reference/embeddings/create"),
        "azure": Embedder(
            "https://learn.microsoft.com/azure/foundry/openai/reference#embeddings",
            path="/openai/v1/embeddings",
            dated_path="/openai/deployments/{model}/embeddings?api-version={version}",
        ),
        "github": Embedder("https://docs.github.com/en/rest/models/embeddings", lacks=_TEXTS),
        "copilot": Embedder("as recorded; https://github.com/0xPlaygrounds/rig (providers/copilot), no official page"),
        "mistral": Embedder(
            "https://docs.mistral.ai/api/endpoint/embeddings and mistralai 3.7 (EmbeddingRequest)",
            lacks=_TEXTS | {"user"},
            renames={"dimensions": "output_dimension"},
            retyped_by=frozenset({"output_dtype"}),
        ),
        "groq": Embedder("https://github.com/groq/groq-python (1.7)", lacks=_TEXTS | {"dimensions"}),
        "together": Embedder(
            "https://docs.together.ai/reference/embeddings and https://github.com/togethercomputer/together-py (3.1)",
            lacks=_TEXTS | {"dimensions", "user"},
            encodes=False,
        ),
        "fireworks": Embedder(
            "https://docs.fireworks.ai/api-reference/creates-an-embedding-vector-representing-the-input-text "
            "(additionalProperties: false)",
            lacks=_TEXTS | {"user"},
            encodes=False,
        ),
        "openrouter": Embedder(
            "https://openrouter.ai/docs/api/reference/embeddings and https://github.com/OpenRouterTeam/python-sdk (1.3)"
        ),
        "perplexity": Embedder(
            "https://docs.perplexity.ai/api-reference/embeddings-post and "
            "https://github.com/perplexityai/perplexity-py (0.46)",
            path="/v1/embeddings",
            lacks=_TEXTS | {"user"},
            encoding="base64_int8",
            decode=signed_bytes,
        ),
        "zai": Embedder("https://github.com/zai-org/z-ai-sdk-python (0.2)"),
        "ollama": Embedder("https://docs.ollama.com/api/openai-compatibility#v1embeddings", lacks=_TEXTS | {"user"}),
        "vllm": Embedder(
            "https://github.com/vllm-project/vllm/blob/main/vllm/entrypoints/pooling/embed/protocol.py",
            lacks=frozenset({"user"}),
            retyped_by=frozenset({"embed_dtype", "endianness"}),
        ),
        "llamacpp": Embedder(
            "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md (POST /v1/embeddings)",
            lacks=frozenset({"dimensions", "user"}),
        ),
        "google": Embedder(
            "https://ai.google.dev/gemini-api/docs/openai#embeddings",
            path="/v1beta/openai/embeddings",
            lacks=_TEXTS | {"dimensions", "user"},
        ),
        "demo": Embedder("answers by itself", lacks=frozenset({"user"})),
    }
)
"""The rows by the names of the vendors' table."""
