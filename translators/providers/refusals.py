"""What errors mean, by their words, their type and their HTTP status, in that order.

What the statuses mean everywhere is here; a provider adds its own ones, its types, and words that say more than either.
Where the three stand in its answers is the provider's own affair.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from translators.facts import Failure, FailureKind
from translators.providers.loose import obj

_LONGEST_MESSAGE = 2048
_READ_AT_MOST = 65_536
"""Bytes of an error's body that are looked at (B31)."""
_CREDENTIAL = "The upstream refused the gateway's credential."
"""Said in place of the provider's words, which may quote it."""
NO_WORDS = "The upstream reported an error."
"""Said where the provider says nothing."""
_STATUSES = {
    401: FailureKind.AUTH,
    402: FailureKind.EXHAUSTED,
    403: FailureKind.AUTH,
    404: FailureKind.NOT_FOUND,
    408: FailureKind.TIMEOUT,
    429: FailureKind.RATE_LIMITED,
}
_GATEWAY_TIMEOUT = 504


@dataclass(frozen=True, slots=True)
class Words:
    """Words that say more than the status they come with."""

    kind: FailureKind
    statuses: frozenset[int]
    """Statuses they may stand behind."""
    words: tuple[str, ...]
    """In lower case; any of them is enough."""
    unless: tuple[str, ...] = ()
    """Words that say that it is something else after all."""

    def fit(self, status: int, text: str) -> bool:
        """Whether this is what an error says."""
        return (
            status in self.statuses
            and any(word in text for word in self.words)
            and not any(word in text for word in self.unless)
        )


@dataclass(frozen=True, slots=True)
class Refusals:
    """How one provider refuses."""

    words: tuple[Words, ...] = ()
    """The first that fit are right."""
    statuses: Mapping[int, FailureKind] = field(default_factory=dict)
    """Its own statuses."""
    types: Mapping[str, tuple[FailureKind, int]] = field(default_factory=dict)
    """Its own names for errors, and the status that each has where none came with it: in a stream."""

    def failure(
        self,
        message: Any,
        status: int | None,
        *,
        name: Any = None,
        code: Any = None,
        retry_after: float | None = None,
        reached_model: bool = False,
    ) -> Failure:
        """What an error means.

        Args:
            message: the provider's text, if it is one.
            status: of HTTP, or what stands for it inside a 200; None where the name alone tells it, else it is 500.
            name: the provider's for this type of error, if it is a text; the code where there is no other.
            code: what says more than the name, if it is a text.
            retry_after: seconds, where the provider says.
            reached_model: whether the model had begun.
        """
        name, text = text_of(name), text_of(message) or NO_WORDS
        word = text_of(code) or name
        known, usual = self.types.get(name or "", (None, 500))
        status = status or usual
        kind = self.kind(status, f"{name}\n{word}\n{text}", known)
        reached_model = reached_model or status == _GATEWAY_TIMEOUT
        return Failure(kind, shown(text, kind), status, retry_after, reached_model, word)

    def kind(self, status: int, said: str, known: FailureKind | None = None) -> FailureKind:
        """The kind of an error.

        Args:
            status: of HTTP, or what stands for it.
            said: all that may hold telling words: message, code.
            known: what its type means.
        """
        said = said.lower()
        for entry in self.words:
            if entry.fit(status, said):
                return entry.kind
        known = known or self.statuses.get(status) or _STATUSES.get(status)
        if known is not None:
            return known
        if status >= 500:
            return FailureKind.OVERLOADED
        return FailureKind.BAD_REQUEST if status >= 400 else FailureKind.GARBLED  # redirects are not followed (S12)


def shown(message: str, kind: FailureKind) -> str:
    """What a client gets to see of a provider's text: cut, and nothing of what may quote our credential."""
    return _CREDENTIAL if kind is FailureKind.AUTH else message[:_LONGEST_MESSAGE]


def parsed(body: bytes) -> Any:
    """An error's body as JSON; None where it is none, or too long for an error."""
    try:
        return orjson.loads(body) if len(body) <= _READ_AT_MOST else None
    except orjson.JSONDecodeError:
        return None


def error_of(document: Any) -> Any:
    """The ``error`` that a document holds, alone or in a list, as Google's fronts have it; None where there is none."""
    if isinstance(document, list) and document:
        document = document[0]
    return obj(document).get("error") or None


def readable(body: bytes, status: int) -> str:
    """An error's body that is no such JSON: its text, or what may be shown in place of a page, or of nothing."""
    text = body[:_READ_AT_MOST].decode(errors="replace").strip()
    if not text or text[0] in "<{[":
        return f"The upstream answered with HTTP status {status} and nothing readable."
    return text


def text_of(value: Any) -> str | None:
    """The value if it is a text that says anything."""
    return value if isinstance(value, str) and value else None
