"""Errors that are a text under an HTTP status: what both mean, for the providers that say no more than that.

What the statuses mean everywhere is here; a provider adds its own ones, and words that say more than the status does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from translators.facts import Failure, FailureKind

_LONGEST_MESSAGE = 2048
_READ_AT_MOST = 65_536
"""Bytes of an error's body that are looked at."""
_CREDENTIAL = "The upstream refused the gateway's credential."
"""Said in place of the provider's words, which may quote it."""
_NO_WORDS = "The upstream reported an error."
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

    def failure(
        self,
        message: Any,
        status: int,
        *,
        code: Any = None,
        retry_after: float | None = None,
        reached_model: bool = False,
    ) -> Failure:
        """What an error means.

        Args:
            message: the provider's text, if it is one.
            status: of HTTP, or what stands for it inside a 200.
            code: the provider's code, if it is one.
            retry_after: seconds, where the provider says.
            reached_model: whether the model had begun.
        """
        text, word = _text(message) or _NO_WORDS, _text(code)
        kind = self._kind(status, f"{word}\n{text}".lower())
        if kind is FailureKind.AUTH:
            text = _CREDENTIAL
        reached_model = reached_model or status == _GATEWAY_TIMEOUT
        return Failure(kind, text[:_LONGEST_MESSAGE], status, retry_after, reached_model, word)

    def _kind(self, status: int, text: str) -> FailureKind:
        for entry in self.words:
            if entry.fit(status, text):
                return entry.kind
        known = self.statuses.get(status) or _STATUSES.get(status)
        if known is not None:
            return known
        if status >= 500:
            return FailureKind.OVERLOADED
        return FailureKind.BAD_REQUEST if status >= 400 else FailureKind.GARBLED  # redirects are not followed


def parsed(body: bytes) -> Any:
    """An error's body as JSON; None where it is none, or too long for an error."""
    try:
        return orjson.loads(body) if len(body) <= _READ_AT_MOST else None
    except orjson.JSONDecodeError:
        return None


def readable(body: bytes, status: int) -> str:
    """An error's body that is no such JSON: its text, or what may be shown in place of a page, or of nothing."""
    text = body[:_READ_AT_MOST].decode(errors="replace").strip()
    if not text or text[0] in "<{[":
        return f"The upstream answered with HTTP status {status} and nothing readable."
    return text


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
