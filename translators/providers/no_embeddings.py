"""The translator for an API that has no embeddings: its targets are no candidates, so it never says a word."""
# ruff: noqa: ARG002 - there is nothing to look at

from translators.base import Destination, EmbeddingsRequest, EmbeddingsResponse, WireRequest, WireResponse
from translators.facts import Failure
from translators.providers.vectors import Whole

_NEVER = "there are no embeddings"


class NoEmbeddings(Whole):
    """See :class:`translators.base.Translator`. All but ``unsupported`` are faults to ask for."""

    def unsupported(self, ask: EmbeddingsRequest, target: Destination) -> tuple[str, ...]:
        """The request as such."""
        return ("embeddings",)

    def request(self, ask: EmbeddingsRequest, target: Destination) -> WireRequest:
        """A fault."""
        raise TypeError(_NEVER)

    def response(self, ask: EmbeddingsRequest, wire: WireResponse, target: Destination) -> EmbeddingsResponse | Failure:
        """A fault."""
        raise TypeError(_NEVER)

    def failure(self, wire: WireResponse) -> Failure:
        """A fault."""
        raise TypeError(_NEVER)
