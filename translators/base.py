"""The seams of translation: what a dialect (client side) and a translator (upstream side) promise each other.

OpenAI's JSON *is* the canonical form, so dialects and providers are N + M files and not N x M. A canonical stream is
a run of OpenAI ``chat.completion.chunk`` objects framed as server-sent events (``data: {...}\\n\\n``), no ``[DONE]``.

Everything here is pure and never waits. What comes from an upstream is hostile: a translator answers it with a
:class:`Failure`, never with an exception.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, ClassVar, Literal, Protocol, TypeVar

from translators.facts import Endpoint, Failure, Usage
from translators.value import value

JsonObject = dict[str, Any]


class Malformed(Exception):
    """A client's request that cannot be served as it stands. Rendered as OpenAI's error envelope.

    Args:
        message: what is wrong, for a person; holds at most 64 characters of the client's input.
        code: OpenAI's machine-readable code, or ours where OpenAI has none (RELIABILITY.md (d)).
        param: path of the field at fault, e.g. ``messages[0].content``.
        status: HTTP status of the answer.
    """

    def __init__(self, message: str, code: str, param: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.code, self.param, self.status = message, code, param, status


@value
class ChatRequest:
    """One chat completion as the client asked for it, checked by the dialect."""

    id: str
    """Ours, ``chatcmpl-...``; the id of the answer where the provider gives none."""
    created: int
    """Unix seconds at which the request came in; ``created`` of the answer where the provider gives none."""
    raw: bytes
    """The body as it came."""
    body: JsonObject
    """The body as parsed, without our own ``switchgear`` object. Not to be changed: retries read it again."""
    model: str
    """The model name the client asked for; a target's own name for it is in the target."""
    stream: bool
    include_usage: bool
    """Whether the client asked for the usage chunk at the end of its stream."""
    hints: JsonObject = field(default_factory=dict)
    """The body's own ``switchgear`` object, unread: wishes for the gateway, never for an upstream."""
    plain: bool = False
    """Each message is a role and a text and nothing else, as the dialect has seen: there is no need to look again."""
    uses: tuple[str, ...] = ()
    """What it asks for beyond the defaults, by the names of ``translators.parameters``."""


@value
class EmbeddingsRequest:
    """Vectors for texts as the client asked for them, checked by the dialect."""

    id: str
    """Ours."""
    created: int
    """Unix seconds at which the request came in."""
    raw: bytes
    """The body as it came."""
    body: JsonObject
    """The body as parsed, without our own ``switchgear`` object. Not to be changed: retries read it again."""
    model: str
    """The model name the client asked for."""
    inputs: tuple[str, ...] | tuple[tuple[int, ...], ...]
    """One or more texts, or as many runs of tokens."""
    encoding: Literal["float", "base64"] = "float"
    """How the client wants each vector: numbers, or base64 of little-endian 32-bit floats."""
    dimensions: int | None = None
    """Length of each vector; None: the model's own."""
    hints: JsonObject = field(default_factory=dict)
    """The body's own ``switchgear`` object."""
    uses: tuple[str, ...] = ()
    """``dimensions``, ``user``, ``input.tokens`` (token arrays), and fields that OpenAI does not have."""
    stream: ClassVar[bool] = False
    """There is no such thing."""


Request = ChatRequest | EmbeddingsRequest
"""What a client may ask for."""
Ask = TypeVar("Ask", ChatRequest, EmbeddingsRequest, contravariant=True)
"""One kind of request, to be translated."""
Asked = TypeVar("Asked", ChatRequest, EmbeddingsRequest)
"""One kind of request, to be read and answered."""


class Destination(Protocol):
    """What a translator may know of where a request goes. ``policies.base.Target`` is one."""

    @property
    def provider(self) -> str:
        """Row of the vendors' table, or name of the wire format."""

    @property
    def model(self) -> str:
        """The model's name as this upstream spells it."""

    @property
    def api_version(self) -> str | None:
        """Version of the upstream's API where the operator pinned one (Azure's ``api-version``)."""

    @property
    def parameters(self) -> Mapping[str, Literal["drop", "refuse", "pass"]]:
        """What the operator, or the model's known capabilities, say of single parameters. What is to be dropped or
        refused has been before a translator sees the request; ``pass`` is for upstreams that speak OpenAI's wire."""


@value
class WireRequest:
    """A request in an upstream's own words. Host and credentials are added by ``proxy.upstream``."""

    path: str
    """Joined to the upstream's base URL; begins with ``/``; may carry a query."""
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Facts of the wire format, such as ``anthropic-version``. Content type is always JSON and not repeated here."""
    dropped: tuple[str, ...] = ()
    """Advisory parameters that this upstream has no place for, left out: named in ``x-switchgear-dropped``."""
    method: str = "POST"


@value
class WireResponse:
    """A whole answer in an upstream's own words."""

    status: int
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes


@value
class Memento:
    """What a provider wants to see again in the next turn, beside the tool calls that came with it.

    Clients that know OpenAI's fields alone send the calls back and not this, so it is kept for them.
    """

    calls: tuple[str, ...]
    """Ids of the tool calls, as the client has them."""
    fields: JsonObject
    """Fields of the assistant's message: ``reasoning_details``, ``reasoning_content``."""


@value
class ChatResponse:
    """A whole answer in canonical form."""

    body: bytes
    """OpenAI's ``chat.completion`` as JSON."""
    usage: Usage | None
    """None where the provider does not say."""
    memento: Memento | None = None


@value
class EmbeddingsResponse:
    """Vectors in canonical form."""

    body: bytes
    """OpenAI's list of embeddings as JSON, each in the encoding that was asked for."""
    usage: Usage | None
    """None where the provider does not say. There is no output to count."""
    memento: ClassVar[None] = None
    """There is no next turn."""


Response = ChatResponse | EmbeddingsResponse
"""A whole answer."""


class Decoder(Protocol):
    """One upstream stream of one attempt: its bytes in, in any split; canonical events out. Never raises.

    After a call, the attributes say where the stream stands. Once ``failure`` or ``finished`` is set nothing more comes
    out. The pump reads them after each call, so they are plain attributes.
    """

    started: bool
    """Content has come out: text, reasoning, refusal, a tool call, or a finish. Before that fail-over is free."""
    finished: bool
    """The provider's own terminal event was seen, or every choice has its finish and the body has ended."""
    failure: Failure | None
    """The stream is broken: an error event, invalid framing, or an end that came too early."""
    usage: Usage | None
    """What the provider has reported so far; final once ``finished``."""
    memento: Memento | None
    """What has to be kept for the next turn; complete once ``finished``."""

    @property
    def produced(self) -> int:
        """Bytes of what the model has said so far, about: text, thinking, tool calls. For estimates of tokens."""

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes as they came; return the canonical events that are complete by now (maybe none)."""

    def close(self) -> bytes:
        """The upstream's body has ended: return what is left, and set ``finished`` or ``failure``."""


class Translator(Protocol[Ask]):
    """One wire format of upstreams, for one kind of request. Pure; holds no state between calls."""

    def unsupported(self, ask: Ask, target: Destination) -> tuple[str, ...]:
        """Binding parameters of the request that this target cannot honour; if any, it is no candidate."""

    def request(self, ask: Ask, target: Destination) -> WireRequest:
        """Say the request in the upstream's words. Idempotent: retries call it again."""

    def response(self, ask: Ask, wire: WireResponse, target: Destination) -> Response | Failure:
        """Read a whole 2xx answer; a :class:`Failure` of kind ``garbled`` where it is none."""

    def decoder(self, ask: Ask, target: Destination) -> Decoder:
        """A fresh decoder for one 2xx stream. A fault to ask for where there are no streams."""

    def failure(self, wire: WireResponse) -> Failure:
        """Read an answer that is not 2xx (or an HTML page, or nothing at all): always a :class:`Failure`."""


class Encoder(Protocol):
    """One stream to one client: canonical events in, the client's own framing out."""

    def feed(self, events: bytes) -> bytes:
        """Whole canonical events in, bytes for the client out."""

    def close(self) -> bytes:
        """The stream succeeded: its terminal event (``data: [DONE]`` for chat)."""

    def fail(self, error: JsonObject) -> bytes:
        """The stream broke: one error frame, last. ``error`` is OpenAI's four-field error object."""

    def ping(self) -> bytes:
        """Something every client skips, to keep the connection from being called idle."""


class Dialect(Protocol[Asked]):
    """One client-side API."""

    endpoint: Endpoint
    prompt: str
    """The field that holds what the model reads; named where it is too long."""

    def parse(self, raw: bytes, *, request_id: str, created: int) -> Asked:
        """Check a body and read it.

        Raises:
            Malformed: it is not a legal request of this dialect; the message names the field.
        """

    def render(self, ask: Asked, response: Response) -> bytes:
        """A whole answer as the client expects it."""

    def encoder(self, ask: Asked) -> Encoder:
        """A fresh encoder for one stream."""
