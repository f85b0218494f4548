"""Which header carries the credential of which provider. A table; a new provider is a row."""

from collections.abc import Mapping
from dataclasses import dataclass

from proxy.upstream.port import Credential


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to carry a credential."""

    header: str
    """Lower case."""
    prefix: str = ""

    def value(self, credential: Credential) -> str:
        """What stands in the header. A secret: not for logs or messages.

        Raises:
            ValueError: the secret holds what no header can carry (a line break, a non-ASCII character), as keys read
                from a file with its last line break do. Names the credential by its label.
        """
        if not (credential.secret.isascii() and credential.secret.isprintable()):
            raise ValueError(f"{credential.label} holds a character that no HTTP header can carry")
        return self.prefix + credential.secret


BEARER = Scheme("authorization", "Bearer ")
"""RFC 6750, 2.1."""
API_KEY = Scheme("api-key")
"""https://learn.microsoft.com/azure/ai-services/openai/reference#authentication"""
X_API_KEY = Scheme("x-api-key")
"""https://docs.anthropic.com/en/api/overview#authentication"""
X_GOOG_API_KEY = Scheme("x-goog-api-key")
"""https://ai.google.dev/api#authentication; never the ``key`` of the query, which ends up in logs (B30)."""

SCHEMES: Mapping[str, Scheme] = {
    "openai": BEARER,
    "azure": API_KEY,
    "anthropic": X_API_KEY,
    "google": X_GOOG_API_KEY,
    "vertex": BEARER,  # an OAuth access token: https://cloud.google.com/vertex-ai/docs/authentication
    "bedrock": BEARER,  # a Bedrock API key: https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html
    "cohere": BEARER,
    "mistral": BEARER,
    "deepseek": BEARER,
    "groq": BEARER,
    "huggingface": BEARER,
    "github": BEARER,
    "copilot": BEARER,
    "openrouter": BEARER,
    "together": BEARER,
    "fireworks": BEARER,
    "xai": BEARER,
    "perplexity": BEARER,
    "cerebras": BEARER,
    "zai": BEARER,
    "ollama": BEARER,  # asks for none by itself; a proxy in front of it does
    "vllm": BEARER,  # --api-key: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
    "llamacpp": BEARER,  # --api-key: https://github.com/ggml-org/llama.cpp/tree/master/tools/server
}
"""By provider, as ``proxy.yaml`` spells it. ``demo`` needs none: it is not on the network."""

_OTHERS: Mapping[tuple[str, str], Scheme] = {
    ("google", "openai"): BEARER,  # https://ai.google.dev/gemini-api/docs/openai#rest, 2026-11
}
"""APIs that take the key in another way than their provider's first one."""


def scheme(provider: str, api: str | None) -> Scheme:
    """How a provider's API takes a key.

    Args:
        provider: a row of ``SCHEMES``.
        api: its name; None: the provider's first.
    """
    return _OTHERS.get((provider, api or "")) or SCHEMES[provider]
