"""The shape of the file, key by key: what may be written, and in which short forms. Not yet checked against itself.

Each field's docstring is what an editor shows: it goes into the JSON Schema.
"""

from typing import Annotated, Any, get_args

from pydantic import Field, WithJsonSchema

from proxy.config.books import Ledger, State, Webhook
from proxy.config.scalars import (
    BaseUrl,
    Count,
    Deadline,
    Duration,
    HeaderName,
    HeaderValue,
    HttpsUrl,
    ModelName,
    Name,
    Number,
    Patterns,
    PemFile,
    Project,
    ProviderName,
    ProxyUrl,
    Region,
    Secret,
    SecretText,
    Size,
    Switch,
    Text,
    TokenPrice,
    Whole,
)
from proxy.config.schema import AuthName, TransportName
from proxy.config.section import Section, Short
from translators.parameters import PARAMETERS, Wish


class Server(Section):
    """Where and how to listen."""

    host: Text = "127.0.0.1"
    """Address to bind. Any but a loopback address needs `keys`."""
    port: Annotated[Whole, Field(ge=0, le=65535)] = 4000
    """Port to bind; 0 takes a free one."""
    workers: Annotated[Whole, Field(ge=1, le=1024)] = 1
    """Number of processes."""
    drain: Duration = 300.0
    """How long running requests get to end after SIGTERM. Default: 300s."""
    grace: Duration = 1.0
    """Time between the fall of readiness and the closing of the port, for load balancers to notice. Default: 1s."""
    keep_alive: Deadline = 15.0
    """Silence in a stream after which the client gets a comment. Default: 15s."""
    max_body: Size = 20 * 2**20
    """Largest request body. Default: 20MiB."""


class Deadlines(Section):
    """Deadlines of a request; what is not written here is inherited."""

    connect: Deadline | None = None
    """Until the connection stands, TLS included. Default: 5s."""
    headers: Deadline | None = None
    """From the request's last byte to the answer's head. Default: 60s."""
    first_token: Deadline | None = None
    """From the answer's head to the first content. Default: 60s."""
    gap: Deadline | None = None
    """Between two events of a stream. Default: 30s."""
    total: Deadline | None = None
    """From the request's arrival to its end, over all attempts. Default: 10m."""


class Transport(Short):
    """How requests get to an upstream: the name of a transport, or a mapping. Files are looked for beside this one."""

    short = ((str, "use", lambda name: name),)
    short_schema = ({"enum": list(get_args(TransportName))},)

    use: TransportName = "fast"
    """fast, or httpx for what only that can do: HTTP/2 and proxies."""
    http2: Switch = False
    """Speak HTTP/2 where the upstream does; httpx only, and needs the extra switchgear[http2]."""
    proxy: ProxyUrl = None
    """URL of an HTTP proxy on the way there, a user and a password may be in it; httpx only. Empty: none."""
    ca_file: PemFile = None
    """PEM file of certificate authorities to trust beside the system's. Empty: none."""
    cert_file: PemFile = None
    """PEM file of the client certificate to show. Empty: none."""
    key_file: PemFile = None
    """PEM file of its private key, without a password. Default: it is in `cert_file`."""
    verify: Switch = True
    """false: trust whoever answers, and whoever is on the way there."""


class Auth(Short):
    """How an upstream is told who asks: a name, or a mapping with what is not to be taken from the surroundings."""

    short = ((str, "use", lambda name: name),)
    short_schema = ({"enum": list(get_args(AuthName))},)

    use: AuthName
    """default (by api_key), aws (signed requests), google (service account) or entra (Microsoft's tokens)."""
    access_key_id: Secret | None = None
    """aws; empty: the upstream is off. Default, with the next two: what botocore finds in the surroundings."""
    secret_access_key: Secret | None = None
    """aws; best as "${NAME:-}" or file:/run/secrets/name."""
    session_token: Secret | None = None
    """aws; of temporary keys. Empty: none."""
    credentials: SecretText | None = None
    """google: a service account's key, as file:/run/secrets/x.json. Default: Application Default Credentials."""
    tenant_id: Secret | None = None
    """entra; empty: the upstream is off. Default, with the next two: what DefaultAzureCredential finds."""
    client_id: Secret | None = None
    """entra; the application's."""
    client_secret: Secret | None = None
    """entra; best as "${NAME:-}" or file:/run/secrets/name."""
    authority: HttpsUrl | None = None
    """entra; where tokens come from in another cloud. Default: https://login.microsoftonline.com."""
    scope: Text | None = None
    """entra; what tokens are for. Default: https://ai.azure.com/.default; with api_version Cognitive Services."""


Parameters = Annotated[
    dict[str, Wish],
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"anyOf": [{"enum": list(PARAMETERS)}, {"pattern": "^[A-Za-z0-9_-]+$"}]},
            "additionalProperties": {"enum": list(get_args(Wish))},
        }
    ),
]


class Upstream(Section):
    """An account where requests can go."""

    provider: ProviderName
    """Who runs it, or whose wire format it speaks."""
    api_key: Secret | None = None
    """Its key, best as "${NAME:-}" or file:/run/secrets/name. Empty: the upstream is off."""
    api_keys: list[Secret] | None = None
    """Several keys, used in turn; empty ones are skipped."""
    base_url: BaseUrl | None = None
    """Where it is, as its official SDK's base URL; trusted as written. Default: the provider's own."""
    api: Text | None = None
    """Which of the provider's APIs, where it has several. Default: the first."""
    region: Region | None = None
    """Region to ask in (Bedrock, Vertex; also for `auth: aws`)."""
    project: Project | None = None
    """Project to ask in (Vertex)."""
    auth: Auth | None = None
    """How it is told who asks. Default: by api_key."""
    api_version: Text | None = None
    """Version of its API to pin (Azure)."""
    timeouts: Deadlines = Deadlines()
    """Its own deadlines."""
    parameters: Parameters = {}
    """What becomes of parameters: drop (left out, and named), refuse (ask another upstream), pass (sent as it is)."""
    headers: dict[HeaderName, HeaderValue] = {}
    """Headers to send with each request."""
    public_only: Switch = False
    """Refuse to connect to a private address, though `base_url` was written here."""
    connections: Annotated[Whole, Field(ge=1, le=100_000)] = 1000
    """Size of the connection pool."""
    transport: Transport = Transport()
    """How requests get there. Default: fast."""


class Abilities(Section):
    """What a model can do; what is not written here is as the built-in catalogue has it, if it knows the model."""

    context_window: Count | None = None
    """Tokens of input at most, e.g. 128k."""
    max_output: Count | None = None
    """Tokens of output at most, e.g. 8k. A request that asks for more is refused."""
    tools: Switch | None = None
    """It calls tools."""
    tool_choice: Switch | None = None
    """It can be told which tool to call, or that it has to call one."""
    parallel_tool_calls: Switch | None = None
    """It can be told to make one call at a time."""
    response_schema: Switch | None = None
    """It answers in JSON by a schema."""
    vision: Switch | None = None
    """It reads images."""
    pdf: Switch | None = None
    """It reads files."""
    audio_input: Switch | None = None
    """It hears."""
    audio_output: Switch | None = None
    """It speaks."""
    reasoning: Switch | None = None
    """It takes reasoning_effort."""
    prompt_caching: Switch | None = None
    """Its provider keeps prompts."""
    web_search: Switch | None = None
    """Its provider searches the web for it."""
    sampling: Switch | None = None
    """It takes temperature and top_p."""


class TierRates(Section):
    """What a model's tokens cost in one service tier."""

    input: TokenPrice
    """Per tokens read, e.g. $1.25/M."""
    output: TokenPrice
    """Per tokens written; $0/M where nothing is (embeddings)."""
    cached: TokenPrice | None = None
    """Per tokens read from the provider's prompt cache. Default: as `input`."""
    cache_write: TokenPrice | None = None
    """Per tokens written to the provider's prompt cache. Default: as `input`."""
    cache_write_1h: TokenPrice | None = None
    """Per tokens written to it for an hour. Default: as `cache_write`."""
    input_audio: TokenPrice | None = None
    """Per tokens of sound read. Default: as `input`."""
    cached_audio: TokenPrice | None = None
    """Per tokens of sound read from the cache. Default: as `input_audio`."""
    input_image: TokenPrice | None = None
    """Per tokens of pictures read. Default: as `input`."""
    output_audio: TokenPrice | None = None
    """Per tokens of sound made. Default: as `output`."""
    output_image: TokenPrice | None = None
    """Per tokens of pictures made. Default: as `output`."""
    output_reasoning: TokenPrice | None = None
    """Per tokens of thinking. Default: as `output`."""


class Rates(TierRates):
    """What a model's tokens cost, instead of what the built-in catalogue has."""

    request: TokenPrice | None = None
    """Per requests, beside their tokens, e.g. $5/k. Default: nothing."""
    flex: TierRates | None = None
    """What holds where the answer's service tier is flex. Default: the same."""
    priority: TierRates | None = None
    """What holds where it is priority. Default: the same."""


class Target(Short):
    """One place that can serve a model: "upstream/model", or a mapping."""

    short = ((str, "to", lambda target: target),)
    short_schema = ({"type": "string", "pattern": "^[^/]+/.+|\\$\\{"},)

    to: Text
    """ "upstream/model"."""
    weight: Annotated[Number, Field(gt=0, le=1_000_000)] = 1.0
    """Share of the traffic under `strategy: weighted` and `least_busy`."""
    tier: Annotated[Whole, Field(ge=0, le=1000)] = 0
    """Lower tiers are used up before a higher one is looked at."""
    timeouts: Deadlines = Deadlines()
    """Its own deadlines."""
    capabilities: Abilities = Abilities()
    """What its model can do, where the built-in catalogue does not know, or knows it wrong."""
    price: Rates | None = None
    """What its model costs. Default: as the built-in catalogue has it."""


class Model(Short):
    """What a model name stands for: a target, a list of targets, or a mapping."""

    short = ((str, "targets", lambda target: [target]), (list, "targets", lambda targets: targets))
    short_schema = (
        {"type": "string", "pattern": "^[^/]+/.+|\\$\\{"},
        {"type": "array", "items": {"x-ref": "Target"}, "minItems": 1},
    )

    targets: Annotated[list[Target], Field(min_length=1)]
    """Where it can be served, in order."""
    chain: Text | None = None
    """The named chain its requests use."""
    timeouts: Deadlines = Deadlines()
    """Its own deadlines."""


class Key(Section):
    """Who may ask."""

    id: Text
    """Its name in records and metrics."""
    secret: Secret
    """What the client sends; 24 characters or more unless only this machine can reach the server."""
    team: Text | None = None
    user: Text | None = None
    org: Text | None = None
    models: Patterns = ["*"]
    """Patterns of the model names it may ask for. Default: all."""
    chain: Text | None = None
    """The named chain its requests use, unless the model names one."""
    priority: Annotated[Whole, Field(ge=-1000, le=1000)] = 0
    """Where requests wait for a slot, those of a higher one go first. Default: 0."""


class WhenSection(Section):
    """Which requests a policy applies to; all conditions that are written must hold."""

    model: Patterns = []
    """Patterns of the model asked for."""
    key: Patterns = []
    """Patterns of the key's id."""
    team: Patterns = []
    """Patterns of the key's team."""
    tag: Patterns = []
    """Patterns; one of the request's tags must match."""
    stream: Switch | None = None
    """Streams only, or all but streams."""


class Common(Section):
    """What every policy takes beside its own options."""

    when: WhenSection | None = None
    """Which requests it applies to. Default: all."""
    shadow: Switch = False
    """Observe and record, without acting."""


Chain = Annotated[list[Any], WithJsonSchema({"type": "array", "items": {"x-ref": "Policy"}})]


class Document(Section):
    """Configuration of the proxy."""

    server: Server = Server()
    """Where and how to listen."""
    state: State = State()
    """Where counters, budgets and slots are kept: memory, or redis://host:6379/0. Default: memory."""
    ledger: Ledger = Ledger()
    """Where every request is written down: sqlite:///file.db, postgresql://..., or off. Default: switchgear.db here."""
    webhooks: list[Webhook] = []
    """Who is told of events: budgets near their end, breakers that open, keys that are refused."""
    timeouts: Deadlines = Deadlines()
    """Default deadlines; an upstream, a model or a target may set its own."""
    upstreams: dict[Name, Upstream]
    """Accounts where requests can go, by a name of yours."""
    models: dict[ModelName, Model]
    """Names that clients may ask for; one that ends in * passes names through."""
    keys: list[Key] = []
    """Who may ask. None: everybody on this machine."""
    chain: Chain = []
    """The default chain of policies. Default: [breaker, strategy: priority, retry: {attempts: 3}]."""
    chains: dict[Name, Chain] = {}
    """Named chains, chosen by a model or a key."""
