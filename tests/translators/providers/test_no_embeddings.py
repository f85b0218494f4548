"""An API that has no embeddings."""

import pytest

from tests.rig.asks import Target
from tests.rig.embedding_asks import wanted
from translators.base import WireResponse
from translators.providers.no_embeddings import NoEmbeddings

ABSENT, WIRE = NoEmbeddings(), WireResponse(200, {}, b"{}")


def test_its_targets_are_no_candidates() -> None:
    """For the reason that the client is told."""
    assert ABSENT.unsupported(wanted("a"), Target()) == ("embeddings",)


def test_it_is_a_fault_to_ask_it_for_anything() -> None:
    """The engine looks at what is unsupported first."""
    with pytest.raises(TypeError):
        ABSENT.request(wanted("a"), Target())
    with pytest.raises(TypeError):
        ABSENT.response(wanted("a"), WIRE, Target())
    with pytest.raises(TypeError):
        ABSENT.failure(WIRE)
