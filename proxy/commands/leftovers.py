"""What workers that are gone have left in their journals and nobody has brought into the ledger yet."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from proxy.ledger.database import Database
from proxy.ledger.frames import frames
from proxy.ledger.recovery import Remains
from proxy.ledger.schema import journals
from proxy.ledger.segments import Holder, orphans


class Leftover(NamedTuple):
    """A journal of a worker that is gone."""

    journal: str
    rows: int
    """Requests that are over and not in the ledger."""
    crashed: int
    """Requests that were under way; they will be charged as they were held."""


async def leftovers(folder: Path, database: Database) -> list[Leftover]:
    """Journals that are not consumed, on this machine. A server that runs takes them over by itself.

    Args:
        folder: of all journals.
        database: the ledger.
    """

    def places(connection: Connection) -> dict[str, int]:
        return {name: int(place) for name, place in connection.execute(select(journals.c.id, journals.c.consumed))}

    consumed = await database.run(places)
    found = []
    for holder in orphans(folder):
        try:
            found.append(_left(holder, consumed))
        finally:
            holder.release(remove=False)
    return [each for each in found if each.rows or each.crashed]


def _left(holder: Holder, consumed: Mapping[str, int]) -> Leftover:
    place, remains, rows = consumed.get(holder.id, 0), Remains(), 0
    for number, data in holder.segments():
        for kind, payload, at in frames(data):
            if remains.note(kind, payload) and (number << 32 | at) > place:
                rows += 1
    return Leftover(holder.id, rows, len(remains.crashed()))
