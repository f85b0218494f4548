"""What streams that break have in common, whatever the wire: no exception, no end that is none, nothing half out."""

from collections.abc import Iterable

from tests.rig.replaying import Message, chunks_of, decode
from translators.base import Decoder
from translators.facts import FailureKind


def check_broken(decoder: Decoder, chunks: list[Message]) -> None:
    """F6: an end that is none is a break, without a finish reason; the work may have been done."""
    assert not decoder.finished
    assert decoder.failure is not None
    assert (decoder.failure.kind, decoder.failure.reached_model) == (FailureKind.UNREACHABLE, True)
    assert all(chunk["choices"][0]["finish_reason"] is None for chunk in chunks)


def check_garbled(decoder: Decoder, more: bytes) -> None:
    """F8: what came was a failure and no exception; nothing comes after it."""
    assert decoder.failure is not None
    assert decoder.failure.kind is FailureKind.GARBLED
    assert not decoder.finished
    assert decode(decoder, [more]) == b""


def check_odd(decoder: Decoder, raw: bytes) -> None:
    """A hostile upstream gets a failure at most, and what came out is whole."""
    out = decode(decoder, [raw])

    assert decoder.finished is (decoder.failure is None)
    for chunk in chunks_of(out):
        assert chunk["object"] == "chat.completion.chunk"


def check_noise(decoder: Decoder, pieces: list[bytes]) -> None:
    """Noise is never an answer."""
    decode(decoder, pieces)

    assert not decoder.finished
    assert decoder.failure is not None


def check_truncated(decoder: Decoder, raw: bytes, cuts: Iterable[int]) -> None:
    """What lacks its end is never finished, however it was cut."""
    places = sorted(cuts)
    out = decode(decoder, [raw[a:b] for a, b in zip([0, *places], [*places, len(raw)], strict=True)])

    assert not decoder.finished
    assert decoder.failure is not None
    assert b'finish_reason":"' not in out
