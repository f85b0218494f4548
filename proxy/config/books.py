"""Where the books are kept, and who is told: the sections ``state``, ``ledger`` and ``webhooks``."""

from typing import Annotated, Literal

from pydantic import WithJsonSchema

from proxy.config.scalars import BaseUrl, Deadline, Duration, PemFile, Secret, Size, Switch, Text
from proxy.config.section import Section, Short

StateUrl = Annotated[Secret, WithJsonSchema({"type": "string", "pattern": r"^(memory|rediss?://.+|unix://.+)$"})]
LedgerUrl = Annotated[Secret, WithJsonSchema({"type": "string", "pattern": r"^(off|sqlite:///.+|postgres(ql)?://.+)$"})]


class State(Short):
    """Where counters, budgets and slots are kept: "memory", a URL, or a mapping."""

    short = ((str, "url", lambda url: url),)
    short_schema = ({"type": "string", "pattern": r"^(memory|rediss?://.+|unix://.+)$|\$\{"},)

    url: StateUrl | None = None
    """memory (one worker), or redis://, rediss:// or unix:// of a Redis or Valkey. Default: memory."""
    leases: Switch = True
    """Workers lease parts of each account, so that most requests ask nobody; false: each request asks the store."""
    cluster: Switch = False
    """It is a cluster; the URL names any of its nodes."""
    ca_file: PemFile = None
    """PEM file of certificate authorities to trust beside the system's. Empty: none."""
    strict: Switch = False
    """Each reservation waits for one replica: a fail-over then loses none, and every request takes longer."""


class Ledger(Short):
    """Where every request is written down: a URL, "off", or a mapping."""

    short = ((str, "url", lambda url: url),)
    short_schema = ({"type": "string", "pattern": r"^(off|sqlite:///.+|postgres(ql)?://.+)$|\$\{"},)

    url: LedgerUrl | None = None
    """sqlite:///file.db (from this file's folder), postgresql://user:password@host/base, or off.
    Default: sqlite:///switchgear.db."""
    retention: Duration = 90 * 86400.0
    """How long rows are kept; sums of windows that are not over are kept longer. Default: 90d."""
    journal: Text | None = None
    """Folder where each worker writes first, on this machine. Default: switchgear.journal here."""
    journal_size: Size = 256 * 2**20
    """What each worker's journal may come to while the database is away. Default: 256MiB."""
    when_full: Literal["refuse", "go_on"] = "refuse"
    """refuse: no request is served that could not be written down. go_on: it is, and its row is lost."""


class Webhook(Section):
    """Who is told of events, by signed POST requests."""

    url: BaseUrl
    """Where to."""
    secret: Secret
    """What requests are signed with (HMAC-SHA256); 24 characters or more."""
    events: list[Text] = ["*"]
    """Patterns of their names, e.g. budget.*. Default: all."""
    timeout: Deadline = 10.0
    """How long an answer may take. Default: 10s."""
