"""How a recording of each interface is replayed: the OpenAI request that means the same, and what comes back.

A module for each, by the name that the recordings have for it.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from tests.rig.replays import anthropic, bedrock, cohere, gemini, ollama, openai
from tests.rig.tokens import Tokens

Json = dict[str, Any]


class Replay(Protocol):
    """One interface."""

    ACCOUNT: Json
    """Configuration of the upstream, beside its address and its key."""
    FINISH_REASONS: Mapping[str, str]
    """The provider's words, where they are not OpenAI's."""

    def usage(self, facts: Json) -> Tokens | None:
        """What a client is shown, in OpenAI's meaning; None where the provider was silent."""

    def openai_request(self, body: Json, path: str) -> Json:
        """The request that means the same, without ``model`` and ``stream``."""

    def meaning(self, body: Json) -> Json:
        """What a request's body asks for, whatever way it is written."""

    def check_path(self, path: str, model: str, streamed: bool) -> None:
        """Assert on the path that the upstream was asked at."""


REPLAYS: Mapping[str, Replay] = {
    "openai.chat": openai,
    "anthropic.messages": anthropic,
    "bedrock.converse": bedrock,
    "cohere.chat": cohere,
    "ollama.chat": ollama,
    "gemini.generateContent": gemini,
}
