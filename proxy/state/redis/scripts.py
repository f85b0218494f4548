"""The scripts that the server runs, and the keys they work on.

All keys share one hash tag, for a request draws on a key's, a team's, an organisation's and the global account in one
step, and a script of a cluster sees one slot alone. A slot carries some 20,000 reservations a second (measured), which
is more than the workers of one server ask for.
"""

from hashlib import sha1
from importlib.resources import files

TAG = "sg:{all}:"
KEYS = (f"{TAG}b", f"{TAG}h", f"{TAG}x")
"""Books, holds, ends."""
LOCK = f"{TAG}k"
"""Who rebuilds the books."""


class Script:
    """A script, and the beginning of the command that runs it.

    Args:
        text: in Lua, its first line included.
        keys: that it works on.
    """

    def __init__(self, text: str, keys: tuple[str, ...]) -> None:
        digest = sha1(text.encode(), usedforsecurity=False).hexdigest()
        self.by_digest: tuple[str | int, ...] = ("EVALSHA", digest, len(keys), *keys)
        self.whole: tuple[str | int, ...] = ("EVAL", text, len(keys), *keys)
        """For a server that does not know it; after that it does. SCRIPT LOAD would be a round trip more (F25)."""


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text()


RESERVE = Script("#!lua\n" + _read("accounts.lua"), KEYS)
"""Refused whole by a server that is full: https://redis.io/docs/latest/develop/programmability/eval-intro/, 2026-11."""
SETTLE = Script("#!lua flags=allow-oom\n" + _read("accounts.lua"), KEYS)
"""The same for what gives back or charges: it is done even then (F24)."""
REBUILD = Script("#!lua\n" + _read("rebuild.lua"), (*KEYS, LOCK))
