"""What a config file comes to: frozen values, checked against each other, ready for the composition root.

Seconds are floats, sizes bytes. Secrets are ``SecretStr``: they show as stars wherever they are printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import SecretStr

from policies.base import Policy, Timeouts
from policies.when import When
from proxy.config.problems import Problem
from translators.facts import Capabilities, Price
from translators.parameters import Wish


def revealed(secret: SecretStr | None) -> str | None:
    """What a secret is, for whoever needs it; None where there is none."""
    return None if secret is None else secret.get_secret_value()


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where and how to listen."""

    host: str = "127.0.0.1"
    port: int = 4000
    """0 takes a free one."""
    workers: int = 1
    """Processes."""
    drain: float = 300.0
    """Seconds that running requests get to end after SIGTERM."""
    grace: float = 1.0
    """Seconds between the fall of readiness and the closing of the port."""
    keep_alive: float = 15.0
    """Seconds of silence in a stream after which the client gets a comment."""
    max_body: int = 20 * 2**20
    """Bytes of the largest request body."""


TransportName = Literal["fast", "httpx"]


@dataclass(frozen=True, slots=True)
class TransportConfig:
    """How an upstream is reached. Certificates are text, not paths: a changed file is a changed configuration."""

    use: TransportName = "fast"
    http2: bool = False
    """``httpx`` only, as is ``proxy``."""
    proxy: SecretStr | None = None
    """URL of an HTTP proxy; a password may be in it."""
    ca: SecretStr | None = None
    """PEM of authorities that are trusted beside the system's."""
    cert: SecretStr | None = None
    """PEM of the certificate we show."""
    key: SecretStr | None = None
    """PEM of its private key; None: it is in ``cert``."""
    verify: bool = True


AuthName = Literal["default", "aws", "google", "entra"]


@dataclass(frozen=True, slots=True)
class AuthConfig:
    """How an upstream is told who asks. Where nothing else is set, ``use`` means what the surroundings say."""

    use: AuthName = "default"
    """``default``: by a key, as its provider has it."""
    access_key_id: SecretStr | None = None
    """``aws``, as are the next two."""
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None
    credentials: SecretStr | None = None
    """``google``: JSON of a service account's key."""
    tenant_id: SecretStr | None = None
    """``entra``, as are the rest."""
    client_id: SecretStr | None = None
    client_secret: SecretStr | None = None
    authority: str | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class UpstreamConfig:
    """One account where requests can go."""

    name: str
    provider: str
    base_url: str | None = None
    """As written, without a slash at its end; None: the provider's own."""
    api: str | None = None
    """Which of the provider's APIs; None: the first one."""
    region: str | None = None
    project: str | None = None
    auth: AuthConfig = AuthConfig()
    secrets: tuple[SecretStr, ...] = ()
    """Empty where the upstream needs none."""
    api_version: str | None = None
    parameters: tuple[tuple[str, Wish], ...] = ()
    """What becomes of single parameters of requests."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Sent with each request; their values may be secret."""
    public_only: bool = False
    """A written ``base_url``, too, may not lead to a private address."""
    connections: int = 1000
    """Size of the pool."""
    transport: TransportConfig = TransportConfig()
    off: str | None = None
    """Why it is out of service; None: it is in service."""


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """One place that can serve a model."""

    to: str
    """``upstream/model`` as written; ends in ``*`` where names pass through."""
    upstream: str
    model: str
    tier: int
    weight: float
    timeouts: Timeouts
    """The defaults, overlaid by the upstream's, the model's and the target's own."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    """What is written of them."""
    price: Price | None = None
    """None: nothing is written."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A name that clients may ask for. Targets of upstreams that are off are not in it."""

    name: str
    targets: tuple[TargetConfig, ...]
    chain: str | None = None


@dataclass(frozen=True, slots=True)
class KeyConfig:
    """Who may ask."""

    id: str
    secret: SecretStr
    team: str | None = None
    user: str | None = None
    org: str | None = None
    models: tuple[str, ...] = ("*",)
    chain: str | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """One entry of a chain."""

    name: str
    """As written: a built-in name, or the dotted path of a third party's class."""
    cls: type[Policy]
    options: Any
    """An instance of ``cls.Options``."""
    when: When | None = None
    shadow: bool = False
    position: tuple[int, int] = field(default=(1, 1), compare=False)
    """Line and column."""


@dataclass(frozen=True, slots=True)
class StateConfig:
    """Where accounts are kept."""

    url: SecretStr | None = None
    """None: in this process's memory."""
    leases: bool = True
    cluster: bool = False
    ca: SecretStr | None = None
    """PEM of authorities that are trusted beside the system's."""
    strict: bool = False


@dataclass(frozen=True, slots=True)
class LedgerConfig:
    """Where every request is written down."""

    url: SecretStr | None = None
    """For SQLAlchemy, a file's path made absolute; None: nowhere."""
    retention: float = 90 * 86400.0
    """Seconds."""
    journal: str = "switchgear.journal"
    """Path of the folder, absolute."""
    journal_size: int = 256 * 2**20
    """Bytes of each worker's journal at most."""
    when_full: Literal["refuse", "go_on"] = "refuse"


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """Who is told of events."""

    url: str
    secret: SecretStr
    events: tuple[str, ...] = ("*",)
    timeout: float = 10.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Config:
    """A file without a mistake in it."""

    server: ServerConfig
    timeouts: Timeouts
    """The defaults; those of a target are in the target."""
    upstreams: Mapping[str, UpstreamConfig]
    models: Mapping[str, ModelConfig]
    """Without those that have no target in service."""
    keys: tuple[KeyConfig, ...]
    chains: Mapping[str, tuple[PolicyConfig, ...]]
    """The default chain is ``default``. ``access`` is not in any: it is in front of all."""
    state: StateConfig = StateConfig()
    ledger: LedgerConfig = LedgerConfig()
    webhooks: tuple[WebhookConfig, ...] = ()
    warnings: tuple[Problem, ...] = ()
    version: str = ""
    """12 hex digits that change with the meaning of the file, secrets included, and with nothing else."""
