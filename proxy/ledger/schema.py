"""The ledger's tables. Whole numbers for time and money, so that SQLite and PostgreSQL agree; no prompts.

Requests and attempts are keyed by time first: rows then come in and go at the two ends of a table, and a span of time
is one stretch of it. A random key alone would dirty a page of its own for every row.

Of nearly all requests there is one attempt, which succeeded, and all that can be said of it is in the request's row. So
it has none of its own: ``tries`` has the others, and ``attempts`` is a view of all. That halves the work and the room.
"""

from sqlalchemy import BigInteger, Column, Integer, MetaData, SmallInteger, Table, Text

HEAD = "0001"
"""The newest revision in ``migrations``."""

metadata = MetaData()
_views = MetaData()
_Count = BigInteger


def _tokens() -> list[Column[int]]:
    """Tokens by bucket, inclusive as in :class:`translators.facts.Usage`."""
    names = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
    return [Column(name, _Count) for name in names]


requests = Table(
    "requests",
    metadata,
    Column("created", BigInteger, primary_key=True, doc="when it came in, in microseconds since 1970"),
    Column("uid", Text, primary_key=True),
    Column("id", Text, doc="x-request-id; clients may choose it"),
    Column("key", Text),
    Column("team", Text),
    Column("org", Text),
    Column("end_user", Text),
    Column("session", Text),
    Column("tags", Text, doc="JSON list"),
    Column("model", Text, doc="as the client named it"),
    Column("endpoint", Text),
    Column("stream", SmallInteger),
    Column("chain", Text),
    Column("config", Text),
    Column("outcome", Text, doc="ok, denied, failed, broken, cancelled; crashed: the gateway died under it"),
    Column("status", Integer),
    Column("target", Text, doc="of the last attempt"),
    Column("attempts", Integer),
    *_tokens(),
    Column("source", Text, doc="of the tokens: provider, estimated, held"),
    Column("cost", BigInteger, doc="pico-dollars, all attempts; null: nobody knows the price"),
    Column("price", Text, doc="version of the prices"),
    Column("duration", BigInteger, doc="microseconds"),
    Column("first_byte", BigInteger, doc="microseconds after it came in"),
    Column("overhead", BigInteger, doc="microseconds spent here"),
    Column("denied_by", Text, doc="policy"),
    Column("failure", Text, doc="kind"),
    Column("holds", Text, doc="ids of what it was charged to, separated by blanks"),
    Column("upstream_key", Text, doc="of its only attempt, as the next two: label of the upstream's key"),
    Column("started", BigInteger, doc="microseconds after it came in"),
    Column("ended", BigInteger, doc="null: its attempts are in ``tries``, if there are any"),
    sqlite_with_rowid=False,
)


def _attempts(name: str, where: MetaData) -> Table:
    return Table(
        name,
        where,
        Column("created", BigInteger, primary_key=True, doc="the request's"),
        Column("uid", Text, primary_key=True),
        Column("ordinal", Integer, primary_key=True, doc="1, 2, ..."),
        Column("target", Text),
        Column("key", Text, doc="label of the upstream's key"),
        Column("started", BigInteger, doc="microseconds after the request came in, as the next two"),
        Column("first_byte", BigInteger),
        Column("ended", BigInteger),
        Column("waited", BigInteger, doc="microseconds of back-off before it"),
        Column("failure", Text),
        Column("status", Integer, doc="the upstream's, of a failure"),
        *_tokens(),
        Column("source", Text),
        Column("cost", BigInteger, doc="pico-dollars"),
        sqlite_with_rowid=False,
    )


tries = _attempts("tries", metadata)
"""Attempts of requests that had several, or one that failed or was waited for."""
attempts = _attempts("attempts", _views)
"""A view of all attempts; nothing is ever written to it."""

postings = Table(
    "postings",
    metadata,
    Column("account", Text, primary_key=True),
    Column("window_id", Text, primary_key=True),
    Column("journal", Text, primary_key=True, doc="whose sum it is: no two workers ever change one row"),
    Column("amount", BigInteger, nullable=False, doc="in the account's unit"),
    Column("closes", BigInteger, doc="when the window is over, in microseconds since 1970; null: never"),
    Column("at", BigInteger, nullable=False, doc="of the last posting"),
    sqlite_with_rowid=False,
)

adjustments = Table(
    "adjustments",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("window_id", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("closes", BigInteger),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
)

journals = Table(
    "journals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("consumed", BigInteger, nullable=False, doc="all before this place is in these tables"),
)

standings = Table(
    "standings",
    metadata,
    Column("account", Text, primary_key=True),
    Column("window_id", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("cap", BigInteger, nullable=False),
    Column("resets", BigInteger, doc="microseconds since 1970"),
    Column("at", BigInteger, nullable=False),
)
