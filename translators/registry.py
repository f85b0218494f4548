"""Every provider by the name that ``provider:`` takes in the YAML: where it is, and who translates for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from translators.base import ChatRequest, EmbeddingsRequest, Translator
from translators.parameters import Table
from translators.providers.anthropic import Anthropic
from translators.providers.anthropic import parameters as anthropic
from translators.providers.bedrock import Bedrock, BedrockEmbeddings, ClaudeOnBedrock
from translators.providers.bedrock import parameters as bedrock
from translators.providers.cohere import Cohere, CohereEmbeddings
from translators.providers.cohere import parameters as cohere
from translators.providers.gemini import Gemini, GeminiEmbeddings, VertexEmbeddings
from translators.providers.gemini import compatible as google
from translators.providers.gemini import parameters as gemini
from translators.providers.huggingface import HuggingFaceEmbeddings
from translators.providers.ollama import Ollama, OllamaEmbeddings
from translators.providers.ollama import parameters as ollama
from translators.providers.openai import OpenAI
from translators.providers.openai.embeddings import embeddings_of
from translators.providers.vendors import VENDORS, Vendor
from translators.providers.vertex import Vertex


@dataclass(frozen=True, slots=True)
class Api:
    """One of a provider's APIs: a wire format, and where it is spoken."""

    wire: str
    """Its name."""
    chat: Translator[ChatRequest]
    table: Table
    """What its chats make of each parameter; a model may take less."""
    embeddings: Translator[EmbeddingsRequest] | None = None
    """None: it has none, or not through this API."""
    path: str = ""
    """Appended to the base URL; ``{project}``, ``{region}`` and ``{version}`` (``api_version``) are the upstream's."""
    tails: tuple[str, ...] = ()
    """What operators write behind the base URL and the translator's paths have already."""
    version: str = ""
    """``{version}`` where none is pinned."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider."""

    apis: Mapping[str, Api]
    """By the names that ``api:`` takes; the first one where nothing is written."""
    base_url: str | None
    """Where its official SDK goes by default, ``{region}`` being the upstream's; None where the operator has to say."""
    env: str | None
    """The environment variable its key is usually in."""
    needs_key: bool
    """False where a server may well ask for none."""
    source: str
    """Where these facts are from."""
    needs: tuple[str, ...] = ()
    """What else an upstream has to say: ``region``, ``project``."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Base URLs of regions that have one of another form, such as Vertex's ``global``."""

    def api(self, name: str | None = None) -> Api:
        """The API of this name, or the first one."""
        return self.apis[name] if name else next(iter(self.apis.values()))


def _openai(
    row: Vendor, embeddings: Translator[EmbeddingsRequest] | None = None, path: str = "", version: str = ""
) -> Api:
    """A vendor's surface that speaks OpenAI's wire."""
    vectors = embeddings or embeddings_of(row)
    return Api("OpenAI chat", OpenAI(row), row.table(), vectors, path, row.base_tails, version)


_ANTHROPIC = Provider(
    # The SDK's base URL has no /v1.
    {"messages": Api("Anthropic Messages", Anthropic(), anthropic.TABLE, tails=("/v1",))},
    base_url="https://api.anthropic.com",
    env="ANTHROPIC_API_KEY",
    needs_key=True,
    source="https://docs.anthropic.com/en/api/messages",
)

_GOOGLE = Provider(
    {
        # The SDK's base URL has no version.
        "gemini": Api("Gemini generateContent", Gemini(), gemini.TABLE, GeminiEmbeddings(), tails=("/v1beta", "/v1")),
        "openai": _openai(google.GOOGLE),
    },
    base_url=google.GOOGLE.base_url,
    env="GEMINI_API_KEY",
    needs_key=True,
    source="https://ai.google.dev/api",
)

_VERTEX_PATH, _VERTEX_VERSION = "/{version}/projects/{project}/locations/{region}", "v1beta1"
"""As Google's SDK has both, google/genai/_api_client.py (2026-11), and the hosts below."""
_VERTEX = Provider(
    {
        "gemini": Api(
            "Gemini generateContent, Anthropic Messages",
            Vertex(),
            gemini.TABLE,
            VertexEmbeddings(),
            _VERTEX_PATH,
            ("/v1beta1", "/v1"),
            _VERTEX_VERSION,
        ),
        "openai": _openai(google.VERTEX, None, _VERTEX_PATH, _VERTEX_VERSION),
    },
    base_url=google.VERTEX.base_url,
    env=None,
    needs_key=True,
    source="https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
    needs=("region", "project"),
    hosts={
        "global": "https://aiplatform.googleapis.com",
        "us": "https://aiplatform.us.rep.googleapis.com",
        "eu": "https://aiplatform.eu.rep.googleapis.com",
    },
)

_BEDROCK = Provider(
    {
        "converse": Api("Bedrock Converse", Bedrock(), bedrock.TABLE, BedrockEmbeddings()),
        "messages": Api("Anthropic Messages on Bedrock", ClaudeOnBedrock(), anthropic.TABLE, BedrockEmbeddings()),
    },
    base_url="https://bedrock-runtime.{region}.amazonaws.com",
    env="AWS_BEARER_TOKEN_BEDROCK",
    needs_key=True,
    source="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
    needs=("region",),
)

_COHERE = Provider(
    # The SDK's base URL has neither.
    {"chat": Api("Cohere chat", Cohere(), cohere.TABLE, CohereEmbeddings(), tails=("/v2", "/v1"))},
    base_url="https://api.cohere.com",
    env="CO_API_KEY",
    needs_key=True,
    source="https://docs.cohere.com/reference/chat",
)

_OWN_APIS = {"ollama": {"native": Api("Ollama chat", Ollama(), ollama.TABLE, OllamaEmbeddings(), tails=("/v1",))}}
"""Those of vendors that speak OpenAI's wire as well."""
_OWN_EMBEDDINGS: Mapping[str, Translator[EmbeddingsRequest]] = {"huggingface": HuggingFaceEmbeddings()}
"""Those of vendors that speak OpenAI's wire in chat alone."""

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {"anthropic": _ANTHROPIC, "bedrock": _BEDROCK, "cohere": _COHERE, "google": _GOOGLE, "vertex": _VERTEX}
    | {
        name: Provider(
            {"openai": _openai(row, _OWN_EMBEDDINGS.get(name))} | _OWN_APIS.get(name, {}),
            row.base_url,
            row.env,
            row.needs_key,
            row.source,
        )
        for name, row in VENDORS.items()
    }
)
