"""The vendors that have embeddings on OpenAI's wire."""

import pytest

from translators.parameters import Treatment
from translators.providers.openai.embedders import EMBEDDERS, Embedder, signed_bytes
from translators.providers.openai.embeddings import embeddings_of
from translators.providers.vendors import VENDORS
from translators.registry import PROVIDERS

WITHOUT = {"deepseek", "xai", "cerebras"}
OWN_WIRE = {"huggingface"}


@pytest.mark.parametrize("embedder", EMBEDDERS.values(), ids=list(EMBEDDERS))
def test_each_row_says_where_it_is_from(embedder: Embedder) -> None:
    """Quirks without a source are rumours."""
    assert "http" in embedder.source or embedder is EMBEDDERS["demo"]
    assert embedder.path.startswith("/")


def test_every_vendor_is_known_to_have_them_or_not() -> None:
    """A new row of the vendors' table has to say it too; Google's surface is no row of it."""
    assert set(VENDORS) - set(EMBEDDERS) == WITHOUT | OWN_WIRE
    assert set(EMBEDDERS) - set(VENDORS) == {"google"}
    assert all(embeddings_of(VENDORS[name]) is None for name in WITHOUT)


@pytest.mark.parametrize("name", sorted(set(VENDORS) - WITHOUT))
def test_a_vendor_that_has_them_serves_them(name: str) -> None:
    """By the registry, which is what the server goes by."""
    assert PROVIDERS[name].api("openai").embeddings is not None


@pytest.mark.parametrize("embedder", EMBEDDERS.values(), ids=list(EMBEDDERS))
def test_nothing_that_a_vendor_lacks_vanishes(embedder: Embedder) -> None:
    """It is named, or rules the vendor out; what OpenAI does not have passes; several inputs do everywhere."""
    table = embedder.table()

    for name in embedder.lacks:
        assert table.treatment(name) in (Treatment.ADVISORY, Treatment.BINDING)
    assert table.treatment("user") is not Treatment.BINDING
    assert {table.treatment(name) for name in ("input[]", "input_type")} == {Treatment.NATIVE}


def test_signed_bytes_are_read_as_they_are() -> None:
    """From -128 to 127."""
    assert signed_bytes("AX+A/w==") == (1, 127, -128, -1)
    with pytest.raises(ValueError, match=r"."):
        signed_bytes("!")
