"""The vocabularies of OpenAI's tokenizers, which come with the package: nothing is ever fetched.

tiktoken looks for a vocabulary in a folder first, under the SHA-1 of where it would fetch it from, and takes it if its
SHA-256 is the one that it knows (tiktoken 0.14, load.py). Otherwise it asks the network, without a timeout: so a folder
of our own is unpacked for it, checked before it looks, and removed once it has read.
"""

import gzip
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding

_DATA = Path(__file__).with_name("data")
_FOLDER = "TIKTOKEN_CACHE_DIR"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One file."""

    cached_as: str
    """SHA-1 of the address that tiktoken knows for it."""
    digest: str
    """SHA-256 of what is in it."""


VOCABULARIES: Mapping[str, Vocabulary] = {
    "o200k_base": Vocabulary(
        "fb374d419588a4632f3f557e76b4b70aebbca790", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
    ),
    "cl100k_base": Vocabulary(
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
    ),
}


class Damaged(Exception):
    """A vocabulary is not what it should be."""


def load(name: str) -> "Encoding":
    """A tokenizer. Takes 0.3 s and some 50 MB, so: once, in a thread, and only where somebody needs it.

    Raises:
        Damaged: the vocabulary has been changed.
        OSError: it cannot be read, or not be unpacked.
    """
    import tiktoken

    with TemporaryDirectory(prefix="switchgear-") as folder:
        (Path(folder) / VOCABULARIES[name].cached_as).write_bytes(unpacked(name))
        with _told(folder):
            return tiktoken.get_encoding(name)


def unpacked(name: str) -> bytes:
    """A vocabulary's bytes, checked.

    Raises:
        Damaged: they are others.
        OSError: it cannot be read.
    """
    data = gzip.decompress((_DATA / f"{name}.tiktoken.gz").read_bytes())
    if hashlib.sha256(data).hexdigest() != VOCABULARIES[name].digest:
        raise Damaged(name)
    return data


@contextmanager
def _told(folder: str) -> Iterator[None]:
    """The environment names the folder, for as long as it takes."""
    before = os.environ.get(_FOLDER)
    os.environ[_FOLDER] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FOLDER]
        else:
            os.environ[_FOLDER] = before
