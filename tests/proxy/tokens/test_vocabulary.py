"""The vocabularies: those that OpenAI publishes, never fetched."""

import gzip
import os
import socket
from pathlib import Path
from typing import NoReturn

import pytest
import tiktoken.load
import tiktoken.registry

from proxy.tokens import vocabulary
from proxy.tokens.vocabulary import VOCABULARIES, Damaged, load, unpacked


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can be asked, and nothing is known from before."""

    def refused(*_args: object) -> NoReturn:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.mark.parametrize("name", VOCABULARIES)
def test_a_tokenizer_is_loaded_without_the_network(name: str, offline: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """ECOSYSTEM trap 5: tiktoken asks it without a timeout. What the environment says stays as it was."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "elsewhere")
    encoding = load(name)

    assert encoding.decode(encoding.encode_ordinary("Grüße, 世界 🙂")) == "Grüße, 世界 🙂"
    assert os.environ["TIKTOKEN_CACHE_DIR"] == "elsewhere"


def test_an_environment_that_says_nothing_says_nothing_afterwards(
    offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's tiktoken finds its own way."""
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR", raising=False)
    load("cl100k_base")

    assert "TIKTOKEN_CACHE_DIR" not in os.environ


def test_known_texts_have_the_known_tokens(offline: None) -> None:
    """OpenAI's cookbook, "How to count tokens with tiktoken"."""
    assert load("cl100k_base").encode_ordinary("tiktoken is great!") == [83, 1609, 5963, 374, 2294, 0]
    assert load("o200k_base").encode_ordinary("tiktoken is great!") == [83, 8251, 2488, 382, 2212, 0]


@pytest.mark.parametrize("name", VOCABULARIES)
def test_digests_are_those_that_tiktoken_knows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of tiktoken may want another file: then it would ask the network."""
    import tiktoken_ext.openai_public as known

    asked: list[tuple[str, str | None]] = []

    def noted(address: str, expected_hash: str | None = None) -> dict[bytes, int]:
        asked.append((address, expected_hash))
        return {}

    monkeypatch.setattr(known, "load_tiktoken_bpe", noted)
    known.ENCODING_CONSTRUCTORS[name]()

    (address, digest), *_ = asked
    assert digest == VOCABULARIES[name].digest
    assert tiktoken.load.hashlib.sha1(address.encode()).hexdigest() == VOCABULARIES[name].cached_as


def test_a_changed_vocabulary_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would count wrong, or make tiktoken fetch the right one."""
    (tmp_path / "o200k_base.tiktoken.gz").write_bytes(gzip.compress(unpacked("o200k_base") + b"\n"))
    monkeypatch.setattr(vocabulary, "_DATA", tmp_path)

    with pytest.raises(Damaged):
        load("o200k_base")
