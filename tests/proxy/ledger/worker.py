"""A worker without a server: serves made-up requests through journal and writer until it is killed; says what it did.

Each line of its output is true once it is there: ``sent`` and ``over`` with a request's id.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from proxy.config.schema import LedgerConfig
from proxy.ledger import landing, recovery
from proxy.ledger.journal import Journal
from proxy.ledger.writer import Writer
from tests.proxy.ledger.stories import Desk

SIZE = 2 * 2**20
PAUSE = 0.002
POINTS = ("sent", "over", "inserted", "committed", "consumed", "taken_over")
"""Where it kills itself: after the journal has a dispatch, or an end; in the transaction; after it; after the journal
was told of it; and after a sibling's journal is in the database, before it is put away."""


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _then_die(work: Callable[..., Any], times: int) -> Callable[..., Any]:
    """The same work, and after so many times the end."""
    left = [times]

    def doomed(*given: Any, **named: Any) -> Any:
        result = work(*given, **named)
        left[0] -= 1
        if left[0] == 0:
            _die()
        return result

    return doomed


def _arm(point: str) -> None:
    if point == "sent":
        Journal.dispatch = _then_die(Journal.dispatch, 7)  # type: ignore[method-assign]
    elif point == "over":
        Journal.settle = _then_die(Journal.settle, 7)  # type: ignore[method-assign]
    elif point == "inserted":
        landing.Landing.__call__ = _then_die(landing.Landing.__call__, 3)  # type: ignore[method-assign]
    elif point == "committed":
        Journal.consumed = _die  # type: ignore[method-assign]
    elif point == "consumed":
        Journal.consumed = _then_die(Journal.consumed, 2)  # type: ignore[method-assign]
    elif point == "taken_over":
        recovery.forget = _die  # type: ignore[assignment]


def _say(what: str, uid: str) -> None:
    os.write(1, f"{what} {uid}\n".encode())


def _heard(found: Sequence[recovery.Recovered]) -> None:
    for one in found:
        _say("recovered", one.hold)


async def _serve(folder: Path, url: str) -> None:
    journal = Journal(folder, SIZE)
    writer, desk = (
        Writer(LedgerConfig(SecretStr(url), journal=str(folder)), journal, _heard),
        Desk(journal, shared=True),
    )
    writer.start()
    while True:
        begun = desk.send()
        _say("sent", begun.uid)
        await asyncio.sleep(PAUSE)
        desk.settle(begun)
        _say("over", begun.uid)


if __name__ == "__main__":
    _arm(sys.argv[3] if len(sys.argv) > 3 else "")
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2]))
