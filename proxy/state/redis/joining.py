"""Finding and joining the server that holds the books: redis-py connects, says hello, authenticates and encrypts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis.asyncio.connection import Connection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import RedisError

from proxy.config.schema import StateConfig
from proxy.state.redis.scripts import KEYS

PATIENCE = 1.0
"""Seconds that joining may take; whoever waits for it waits no longer than the deadline of its own."""
FAULTS = (RedisError, OSError, TimeoutError)
"""What joining may fail with."""


class Unfit(RedisError):
    """There is a server, but money cannot be kept on it. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A connection, and what the server says of itself."""

    connection: Any
    identity: tuple[str, str]
    """Another one after a restart or a fail-over: something may be lost."""
    epoch: str
    """Of the books; empty: there are none."""
    sequence: int
    durable: bool
    """Every write goes to its disk within a second."""


class Server:
    """Where the server is.

    Args:
        config: with a URL.
    """

    def __init__(self, config: StateConfig) -> None:
        url = config.url.get_secret_value() if config.url is not None else ""
        options: dict[str, Any] = dict(parse_url(url))
        self._kind = options.pop("connection_class", Connection)
        if config.ca is not None and "ssl" in self._kind.__name__.lower():
            options["ssl_ca_data"] = config.ca.get_secret_value()
        options |= {"protocol": 2, "retry": Retry(NoBackoff(), 0), "driver_info": None}
        self._options = options | {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
        self._cluster = config.cluster
        self._nodes: list[dict[str, Any]] = [{}]
        """Where to ask, the one that was right last first: what differs from the options."""

    async def connect(self) -> Any:
        """A connection to the server that holds the books.

        Raises:
            RedisError, OSError, TimeoutError: there is none.
        """
        fault: Exception = ConnectionError("no node")
        for node in list(self._nodes):
            try:
                return await self._connect(node)
            except FAULTS as error:
                fault = error
        raise fault

    async def join(self) -> Joined:
        """A connection to it, and what it says of itself.

        Raises:
            RedisError, OSError, TimeoutError: there is none, or it is not fit for money.
        """
        connection = await self.connect()
        try:
            facts = _facts(await ask(connection, "INFO"))
            _check(facts)
            epoch, sequence = await ask(connection, "HMGET", KEYS[0], "#epoch", "#seq")
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return Joined(
            connection,
            (facts.get("run_id", ""), facts.get("master_replid", "")),
            (epoch or b"").decode(),
            int(sequence or 0),
            facts.get("aof_enabled") == "1",
        )

    async def _connect(self, node: dict[str, Any]) -> Any:
        connection = self._kind(**self._options | node)
        try:
            await connection.connect()
            if not self._cluster:
                return connection
            owner = await self._owner(connection)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        await connection.disconnect(nowait=True)
        connection = self._kind(**self._options | owner)
        try:
            await connection.connect()
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return connection

    async def _owner(self, connection: Any) -> dict[str, Any]:
        """Which node of the cluster has the books' slot; notes all nodes."""
        slot, owner = key_slot(KEYS[0].encode()), None
        nodes: list[dict[str, Any]] = [{}]
        for first, last, *replicas in await ask(connection, "CLUSTER", "SLOTS"):
            for position, (host, port, *_) in enumerate(replicas):
                node = {"host": host.decode() or connection.host, "port": port} if host else {"port": port}
                nodes.append(node)
                if position == 0 and first <= slot <= last:
                    owner = node
        self._nodes = nodes
        if owner is None:
            raise Unfit("CLUSTERDOWN no node serves the slot of the books")
        return owner


async def ask(connection: Any, *command: str | int) -> Any:
    """One command on a connection that nobody else uses.

    Raises:
        RedisError, OSError, TimeoutError: as it answers, or does not.
    """
    await connection.send_command(*command, check_health=False)
    return await connection.read_response()


def _facts(info: Any) -> dict[str, str]:
    lines = [line.partition(":") for line in info.decode(errors="replace").splitlines()]
    return {name: value for name, colon, value in lines if colon}


def _check(facts: Mapping[str, str]) -> None:
    policy = facts.get("maxmemory_policy", "noeviction")
    if facts.get("maxmemory", "0") != "0" and policy != "noeviction":
        raise Unfit(f"maxmemory-policy is {policy}, which would forget what was spent: set it to noeviction")
    if facts.get("loading", "0") != "0":
        raise Unfit("LOADING its data is being read")
    if facts.get("role", "master") != "master":
        raise Unfit("READONLY it is a replica")
