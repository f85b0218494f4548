"""The facts of the trade: what was asked for, what it used up, how it failed.

Everything else rests on these, and these rest on nothing. They say nothing of a wire format or of a policy.
"""

from dataclasses import field
from typing import Literal

from translators.value import Word, value

ECHO_LIMIT = 64
"""Characters of a client's own text that an error repeats (RELIABILITY (d))."""


def no_such_model(name: str) -> str:
    """OpenAI's words, the same for a model that is unknown and for one that is not allowed (D13).

    Two answers would tell a stranger which names exist. The name is attacker's text: cut, and escaped to ASCII.
    """
    shown = name[:ECHO_LIMIT].encode("unicode_escape").decode("ascii")
    return f"The model `{shown}` does not exist or you do not have access to it."


def may_be_model(name: str) -> bool:
    """Whether a name can be a model's at all: a wildcard lets it become part of a path, or of a log line (D14)."""
    return 0 < len(name) <= 256 and name.isprintable() and ".." not in name and "{" not in name and "}" not in name


class Endpoint(Word):
    """What a client asks for, whatever dialect it asks in."""

    CHAT = "chat"
    EMBEDDINGS = "embeddings"


class FailureKind(Word):
    """Why an attempt, or a whole request, did not succeed. Each kind has one cure, which is why there are so few."""

    BAD_REQUEST = "bad_request"
    """The request itself is wrong: no other target will take it either."""
    AUTH = "auth"
    """The upstream refused *our* credential (401, 403). Never the client's fault."""
    NOT_FOUND = "not_found"
    """No such model, there or here."""
    CONTEXT_LENGTH = "context_length"
    """The prompt does not fit this model; a model with a larger window may take it."""
    CONTENT_FILTER = "content_filter"
    """A moderation filter refused the prompt."""
    RATE_LIMITED = "rate_limited"
    """Too much for now; ``retry_after`` says when to come back, if anybody knows."""
    OVERLOADED = "overloaded"
    """The other side failed by itself: any 5xx, Anthropic's 529, an error event of that meaning."""
    TIMEOUT = "timeout"
    """A deadline passed: connect, headers, first token, gap or total."""
    UNREACHABLE = "unreachable"
    """No connection, or it broke."""
    GARBLED = "garbled"
    """An answer came that is none: truncated, not JSON, of the wrong shape, an invalid stream."""
    CANCELLED = "cancelled"
    """The client left. Nobody's fault; blames no upstream."""
    EXHAUSTED = "exhausted"
    """Credit or quota is used up: waiting a little cannot help."""


TLS = "tls"
"""``Failure.code`` of a connection that failed for its certificate or its handshake: trying again cures neither."""


@value
class Failure:
    """How an attempt or a request failed."""

    kind: FailureKind
    message: str
    """What the provider said, or we; shown to the client, cut at 2 KiB; never holds a secret."""
    status: int | None = None
    """HTTP status of the upstream, where it gave one (an error event inside a 200 stream counts as its own status)."""
    retry_after: float | None = None
    """Seconds the upstream asks us to stay away; >= 0, None where it said nothing usable."""
    reached_model: bool = False
    """True if the upstream may have done (and may bill) the work: a timeout after sending, a stream that broke."""
    code: str | None = None
    """The provider's own machine-readable code, where it has one."""
    param: str | None = None
    """The request field that the provider names as the culprit."""


def garbled(message: str) -> Failure:
    """An answer that is none. The work may have been done all the same."""
    return Failure(FailureKind.GARBLED, message, reached_model=True)


UsageSource = Literal["provider", "estimated", "held"]


@value
class Usage:
    """Tokens of one attempt. Buckets are inclusive, as OpenAI counts them, whatever the provider's own way is."""

    input_tokens: int
    """All tokens read: those from a cache and those written to one are in it."""
    output_tokens: int
    """All tokens produced: reasoning is in it."""
    cached_tokens: int = 0
    """Part of ``input_tokens`` that was read from the provider's prompt cache."""
    cache_write_tokens: int = 0
    """Part of ``input_tokens`` that was written to the provider's prompt cache."""
    reasoning_tokens: int = 0
    """Part of ``output_tokens`` that the model spent thinking."""
    input_audio_tokens: int = 0
    """Part of ``input_tokens`` that was sound."""
    input_image_tokens: int = 0
    """Part of ``input_tokens`` that was pictures."""
    output_audio_tokens: int = 0
    """Part of ``output_tokens`` that is sound."""
    output_image_tokens: int = 0
    """Part of ``output_tokens`` that is pictures."""
    source: UsageSource = "provider"
    """Who counted: the provider; or we did, by size, where it gave no count, or none of the end."""
    cache_write_1h_tokens: int = 0
    """Part of ``cache_write_tokens`` that stays for an hour, which costs more."""
    service_tier: str | None = field(default=None, compare=False)
    """In which it was served, in OpenAI's words, where the provider says so: ``default``, ``flex``, ``priority``; or
    ``fast`` of Anthropic's ``speed``. It sets the price, whatever was asked for."""

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


@value
class Capabilities:
    """What a model can do, as far as anybody knows: None says that nobody does, and is no reason to refuse anything."""

    context_window: int | None = None
    """Tokens of input at most. Where a provider counts the output in, its own figure may be higher."""
    max_output: int | None = None
    """Tokens of output at most."""
    tools: bool | None = None
    tool_choice: bool | None = None
    """A tool can be demanded."""
    parallel_tool_calls: bool | None = None
    """Whether several calls may come at once is for the client to say."""
    response_schema: bool | None = None
    """JSON by a schema, by itself: not through a tool that it is made to call."""
    vision: bool | None = None
    pdf: bool | None = None
    audio_input: bool | None = None
    audio_output: bool | None = None
    reasoning: bool | None = None
    prompt_caching: bool | None = None
    web_search: bool | None = None
    """The provider's own search."""
    sampling: bool | None = None
    """``temperature`` and ``top_p`` are taken."""
    deprecation: str | None = None
    """Day from which the provider may switch it off, ``2026-12-31``."""


@value
class Price:
    """What a token costs, in pico-dollars (10^-12). None: not said, which is not the same as nothing."""

    input: int
    output: int | None = None
    cached: int | None = None
    """Read from the provider's prompt cache; where it is not said, as dear as any other."""
    cache_write: int | None = None
    """Written to the provider's prompt cache; likewise."""
    above: tuple[tuple[int, "Price"], ...] = ()
    """What holds instead, for all tokens of a request, where its input has more tokens than that; in rising order."""
    cache_write_1h: int | None = None
    """Written to that cache to stay for an hour; where it is not said, as for minutes."""
    input_audio: int | None = None
    """Sound, where it costs something else than text; as do the rest of its kind."""
    cached_audio: int | None = None
    input_image: int | None = None
    output_audio: int | None = None
    output_image: int | None = None
    output_reasoning: int | None = None
    request: int | None = None
    """Each request, beside its tokens."""
    tiers: tuple[tuple[str, "Price"], ...] = ()
    """What holds instead in a service tier, by the name that the answer has it under: ``flex``, ``priority``; ``batch``
    and ``fast`` (Anthropic's ``speed``) too. Their rates are whole: none is taken from the outer price."""
    version: str = field(default="yaml", compare=False)
    """Who says so: ``catalog 2026-11-21``, or ``yaml``."""
