"""Reads the ledger for a server that is serving: on connections of its own, in threads, never on the path of requests.

Nothing of the database is imported before somebody asks: that takes a third of a second, in a thread.
"""

import asyncio
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog

from policies.base import Principal
from proxy.config.schema import LedgerConfig

if TYPE_CHECKING:
    from proxy.ledger.database import Database

SECONDS = 10.0
"""After which whoever asks is told to come back."""
WAITING = 16
"""Questions at a time; one more is told so at once."""

_log = structlog.get_logger("switchgear")


class Unreadable(Exception):
    """The database does not answer, or nothing is in it yet."""


class Unknown(Exception):
    """Nothing is summed up by what its argument names."""


class Reader:
    """Answers questions about what was used.

    Args:
        config: where the database is.
    """

    def __init__(self, config: LedgerConfig) -> None:
        assert config.url is not None, "with ledger: off there is nothing to read"
        self._url = config.url
        self._database: Database | None = None
        self._opening = asyncio.Lock()
        self._asking = 0

    async def usage(
        self, by: Sequence[str], since: float, until: float, tenant: Principal | None
    ) -> list[dict[str, Any]]:
        """What was used, money as text: see :func:`proxy.ledger.figures.figures`.

        Raises:
            Unknown: nothing is summed up by that.
            Unreadable: not now.
        """
        if self._asking >= WAITING:
            raise Unreadable("too many are asking")
        self._asking += 1
        try:
            async with asyncio.timeout(SECONDS):
                return await self._usage(by, since, until, tenant)
        except Unknown:
            raise
        except Exception as fault:
            _log.warning("ledger_unreadable", error=repr(fault)[:500])
            raise Unreadable(type(fault).__name__) from fault
        finally:
            self._asking -= 1

    async def close(self) -> None:
        """Close its connections."""
        if self._database is not None:
            await self._database.close()

    async def _usage(
        self, by: Sequence[str], since: float, until: float, tenant: Principal | None
    ) -> list[dict[str, Any]]:
        module = await asyncio.to_thread(importlib.import_module, "proxy.ledger.figures")
        unknown = module.unknown(by)
        if unknown:
            raise Unknown(unknown[0])
        database = await self._open()
        return await database.run(
            lambda connection: [module.in_dollars(row) for row in module.figures(connection, by, since, until, tenant)]
        )

    async def _open(self) -> "Database":
        async with self._opening:
            if self._database is None:
                module = await asyncio.to_thread(importlib.import_module, "proxy.ledger.database")
                self._database = module.Database(self._url.get_secret_value(), read_only=True)
            return self._database
